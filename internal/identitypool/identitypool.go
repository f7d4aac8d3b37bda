// Package identitypool is which outside sign-ins are one identity, and what an identity is given for them: tokens that say who
// it is, and temporary credentials of a role. It owns pools, identities, role mappings and principal tags. It leaves roles and
// credentials to sts, tokens of user pools to auxdata, and those of other providers to whoever fills Outside.
package identitypool

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/gate"
	"cognate.dev/cognate/internal/sts"
)

// Pool is an identity pool.
type Pool struct {
	ID     string `json:"-"` // REGION:UUID
	Region string `json:"region"`
	Settings
	Roles    map[string]string  `json:"roles,omitempty"`    // ARNs, of authenticated and unauthenticated
	Mappings map[string]Mapping `json:"mappings,omitempty"` // by provider; of a user pool PROVIDER:CLIENT
	TagMaps  map[string]TagMap  `json:"tag_maps,omitempty"` // by provider
	Created  time.Time          `json:"-"`
	Modified time.Time          `json:"-"`
}

// Settings are what an administrator sets as a whole.
type Settings struct {
	Name      string            `json:"name"`
	Guests    bool              `json:"guests"`            // AllowUnauthenticatedIdentities
	Classic   *bool             `json:"classic,omitempty"` // AllowClassicFlow
	Social    map[string]string `json:"social,omitempty"`  // client ids by provider, several with ; between them
	Developer string            `json:"developer,omitempty"`
	OIDC      []string          `json:"oidc,omitempty"` // ARNs of providers
	UserPools []UserPool        `json:"user_pools,omitempty"`
	SAML      []string          `json:"saml,omitempty"` // likewise
	Tags      map[string]string `json:"tags,omitempty"`
}

// UserPool is an app client of a user pool whose ID tokens count.
type UserPool struct {
	Provider string `json:"provider"` // cognito-idp.REGION.amazonaws.com/POOL
	Client   string `json:"client"`
	Check    *bool  `json:"check,omitempty"` // ServerSideTokenCheck: tokens that were revoked do not count
}

// Mapping says how the role of an identity is found.
type Mapping struct {
	Type      string `json:"type"`      // Token or Rules
	Ambiguous string `json:"ambiguous"` // what to do when it is not found: AuthenticatedRole or Deny
	Rules     []Rule `json:"rules,omitempty"`
}

// Rule gives a role to tokens with a claim.
type Rule struct {
	Claim string `json:"claim"`
	Match string `json:"match"` // Equals, Contains, StartsWith, NotEqual
	Value string `json:"value"`
	Role  string `json:"role"`
}

// TagMap says which claims become session tags.
type TagMap struct {
	Defaults bool              `json:"defaults,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"` // claim by tag
}

// Identity is somebody, known by logins.
type Identity struct {
	ID       string  // REGION:UUID
	PoolID   string  // REGION:UUID
	Logins   []Login // by provider, then subject; none: a guest
	Disabled bool    // it was merged into another one, or lost its last login: nobody reaches it any more
	Created  time.Time
	Modified time.Time
}

// Login is somebody at a provider.
type Login struct {
	Provider string // as in a Logins map; the developer provider by its name
	Subject  string // at most 1,024 characters
}

// Transactor runs fn in one transaction; nested calls join it. An error rolls everything back.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// PoolStore keeps pools. Unknown ones are faults Missing.
type PoolStore interface {
	// InsertIdentityPool refuses more than max pools (a fault Limited).
	InsertIdentityPool(ctx context.Context, p *Pool, max int) error
	IdentityPool(ctx context.Context, id string) (*Pool, error)
	UpdateIdentityPool(ctx context.Context, id string, change func(*Pool) error) (*Pool, error)
	DeleteIdentityPool(ctx context.Context, id string) error // and its identities
	ListIdentityPools(ctx context.Context, after string, limit int) ([]*Pool, error)
}

// IdentityStore keeps identities. Unknown ones are faults Missing. In a pool a login belongs to one identity at most: a taken
// one is a fault Exists with Alias.
type IdentityStore interface {
	Transactor
	InsertIdentity(ctx context.Context, i *Identity) error
	Identity(ctx context.Context, id string) (*Identity, error)
	// ChangeIdentity replaces an identity by a function of what it was, with no writer in between.
	ChangeIdentity(ctx context.Context, id string, change func(*Identity) error) (*Identity, error)
	DeleteIdentity(ctx context.Context, id string) error
	ListIdentities(ctx context.Context, poolID, after string, limit int, hideDisabled bool) ([]*Identity, error)
	// FindIdentity gives the identity of a login; nil when nobody has it.
	FindIdentity(ctx context.Context, poolID string, l Login) (*Identity, error)
}

// UserPools verifies the ID tokens of our own user pools; *auxdata.Pools does.
type UserPools interface {
	// IDToken gives the claims of a token (JSON) and the pool that has signed it; nil: none of ours. With live, a token that
	// was revoked, or whose session, user or client has gone, is auxdata.ErrDead. A fault Unavailable says that nobody could
	// tell; any other error, that the token is none: one of another kind that a pool of ours has signed comes with the pool.
	IDToken(ctx context.Context, token string, live bool) (claims []byte, pool *directory.Pool, err error)
}

// Outside verifies the tokens of other providers.
type Outside interface {
	// VerifyIDToken gives the claims of an ID token that an issuer has made for one of the clients. A fault Denied says that
	// the token is bad; any other error, that nobody could tell.
	VerifyIDToken(ctx context.Context, issuer string, clients []string, token string) (claims map[string]any, err error)
	// VerifyAccessToken gives what a provider, by its name in Logins maps, says of an access token that was made for one of the
	// clients; sub is whose it is. The errors are likewise.
	VerifyAccessToken(ctx context.Context, provider string, clients []string, token string) (claims map[string]any, err error)
}

// Provider is an OpenID Connect provider whose tokens identity pools and roles may take: what IAM calls one.
type Provider struct {
	Issuer  string   `yaml:"issuer" doc:"URL of the issuer, as its discovery document spells it; IAM's name for it is arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH"`
	Clients []string `yaml:"clients" doc:"client ids that its tokens may be for"`
}

// Parts is what the room is built from.
type Parts struct {
	Pools      PoolStore
	Identities IdentityStore
	UserPools  UserPools
	Outside    Outside
	Providers  []Provider
	Assertions Assertions
	SAML       []SAMLProvider
	Sessions   *sts.Sessions
	Keys       *key.Ring // of the issuer
	Sealer     cursor.Sealer
	Account    string                       // AWS account id in ARNs, 12 digits
	Issuer     string                       // the iss claim of our tokens
	IssuerOf   func(*directory.Pool) string // of the tokens of a user pool
	Now        clock.Clock
	// Gate bounds how many signatures are made at once; nil: any number.
	Gate *gate.Gate
}

// Room holds the services.
type Room struct {
	Pools      *Pools
	Identities *Identities
	Tokens     *Tokens
}

// New builds the services.
func New(p Parts) *Room {
	tokens := &Tokens{Parts: p}
	pools := &Pools{store: p.Pools, tokens: cursor.New(p.Sealer, p.Now), providers: tokens, now: p.Now}
	return &Room{Pools: pools, Tokens: tokens, Identities: &Identities{
		store: p.Identities, pools: pools, tokens: tokens, sessions: p.Sessions, cursors: cursor.New(p.Sealer, p.Now), now: p.Now,
	}}
}

// moment is the current time in the resolution that is stored.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
