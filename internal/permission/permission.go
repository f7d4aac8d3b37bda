// Package permission is the room of Amazon Verified Permissions: policy stores, the policies, templates, schema and identity
// source in each, and decisions by them, for principals that are named or that a token stands for. It leaves Cedar to
// policy/cedar, the SQL to store, and the verifying of tokens to whoever knows the keys.
package permission

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/policy/cedar"
)

// Config is how policy stores behave. The zero value does what AWS does.
type Config struct {
	RequireLiveTokens bool `yaml:"require_live_tokens" doc:"IsAuthorizedWithToken refuses tokens of our own pools that were revoked, or whose session, user or client is gone or disabled. AWS takes them until they expire"`
	ValidateRequests  bool `yaml:"validate_requests" doc:"requests that do not fit the schema of a policy store in STRICT mode are refused. AWS validates policies only"`
	MaxStores         int  `yaml:"max_stores" doc:"how many policy stores there may be; 0 means 30000"`
	MaxPolicies       int  `yaml:"max_policies" doc:"how many policies a policy store may have; 0 means 20000"`
	MaxTemplates      int  `yaml:"max_templates" doc:"how many templates a policy store may have; 0 means 1000. AWS has 40"`
}

// Check refuses what means nothing.
func (c Config) Check() error {
	if c.MaxStores < 0 || c.MaxPolicies < 0 || c.MaxTemplates < 0 {
		return errors.New("permissions: max_stores, max_policies and max_templates must not be negative")
	}
	return nil
}

// What the service bounds for good.
// https://docs.aws.amazon.com/verifiedpermissions/latest/userguide/quotas.html
const (
	maxPolicySize = 10_000 // bytes
	maxSchemaSize = 100_000
	maxNamespaces = 100
	maxAliases    = 10 // of a policy store
	maxTags       = 50
)

// Parts is what the room is built from.
type Parts struct {
	Config  Config
	Stores  StoreStore
	Rows    RowStore
	Aliases AliasStore
	Repeats RepeatStore
	Pools   Pools
	OpenID  OpenID
	Keys    cursor.Sealer
	Now     clock.Clock
}

// Permissions holds the room's services. Safe for concurrent use.
type Permissions struct {
	Parts
	tokens   *cursor.Codec
	compiled *cache.Cache[string, *compiled]
	memory   memory
}

// The cache of compiled policy stores. A write on this node is seen at once, one on another as soon as that is told, and should
// the word be lost, when compiledTTL is over: then the revision is read again, ahead of its time where decisions are many.
const (
	compiledTTL   = 2 * time.Second
	compiledAhead = time.Second
	compiledMax   = 2000
)

// New builds the room.
func New(p Parts) *Permissions {
	out := &Permissions{Parts: p, tokens: cursor.New(p.Keys, p.Now), memory: memory{of: map[string]*compiled{}}}
	out.compiled = cache.New(cache.Config{Max: compiledMax, TTL: compiledTTL, Ahead: compiledAhead, Clock: p.Now}, out.load)
	return out
}

// Forget makes this node read a policy store or an alias anew, or all when the id is empty, because another node has changed it.
func (p *Permissions) Forget(id string) {
	if id == "" {
		p.compiled.InvalidateAll()
		return
	}
	p.compiled.Invalidate(id)
	p.compiled.InvalidateTag(id)
}

// forgetOnCommit does that once what ctx writes is on disk.
func (p *Permissions) forgetOnCommit(ctx context.Context, id string) {
	p.Stores.OnCommit(ctx, func() { p.Forget(id) })
}

// moment is the current time in the resolution that is stored.
func (p *Permissions) moment() time.Time { return p.Now().UTC().Truncate(time.Millisecond) }

// Mode says whether policies must fit the schema.
type Mode string

// The modes.
const (
	Off    Mode = "OFF"
	Strict Mode = "STRICT"
)

// PolicyStore is a container of policies that decide together.
type PolicyStore struct {
	ID          string
	Region      string // in which it was created
	Description string
	Mode        Mode
	Protected   bool // from deletion
	Key         *Key // nil: AWS's own
	Tags        map[string]string
	Revision    int64 // grows with each change of what is in it
	CreatedAt   time.Time
	ModifiedAt  time.Time
}

// Key is the KMS key that was asked for.
type Key struct {
	ID      string
	Context map[string]string
}

// Policy is a policy of a store: static, with a text of its own, or linked to a template.
type Policy struct {
	StoreID, ID, Name   string
	TemplateID          string // empty: static
	Principal, Resource *cedar.UID
	Effect              cedar.Effect
	Actions             []cedar.UID
	Statement           string // as it was written; empty: linked
	Description         string
	CreatedAt           time.Time
	ModifiedAt          time.Time
}

// Template is a policy with slots.
type Template struct {
	StoreID, ID, Name      string
	Statement, Description string
	CreatedAt, ModifiedAt  time.Time
}

// Schema is the schema of a store, as it was written.
type Schema struct {
	StoreID, Text         string
	Namespaces            []string
	CreatedAt, ModifiedAt time.Time
}

// Alias is another name of a store.
type Alias struct {
	Name, StoreID string
	Region        string
	CreatedAt     time.Time
	DeletedAt     time.Time // zero: it is in use
}

// Source says whose tokens stand for principals: exactly one of Pool and OpenID.
type Source struct {
	StoreID, ID           string
	PrincipalType         string
	Pool                  *PoolSource
	OpenID                *OpenIDSource
	CreatedAt, ModifiedAt time.Time
}

// PoolSource are the tokens of a user pool.
type PoolSource struct {
	ARN       string
	PoolID    string
	Issuer    string // of its tokens; filled in when it is read
	ClientIDs []string
	GroupType string // entity type of its groups
}

// OpenIDSource are the tokens of another issuer.
type OpenIDSource struct {
	Issuer     string
	Prefix     string
	GroupClaim string // with GroupType: empty: groups count for nothing
	GroupType  string
	Access     bool     // access tokens; else ID tokens
	IDClaim    string   // that names the principal
	Audiences  []string // clients, for ID tokens; none: any
}
