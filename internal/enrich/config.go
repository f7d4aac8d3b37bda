package enrich

import (
	"time"

	"cognate.dev/cognate/internal/enrich/cognito"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/query"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/scim"
	"cognate.dev/cognate/internal/enrich/userinfo"
)

// Config lists the sources. Without any, the pool source with its defaults is used.
type Config struct {
	Off     bool           `yaml:"off" doc:"decide with what the caller sends, and nothing else"`
	Sources []SourceConfig `yaml:"sources" doc:"where attributes come from, asked in this order; empty means one source of type pool"`
}

// SourceConfig is one source and how far its answers are trusted. Zero durations and numbers mean the default; a
// negative duration turns the thing off.
type SourceConfig struct {
	Name       string         `yaml:"name" doc:"shown in traces, metrics and errors; empty means the type"`
	Type       string         `yaml:"type" doc:"pool (the user pools of this server), cognito, oidc-userinfo, http, sql or scim, each set in the section of its name; empty means pool"`
	For        string         `yaml:"for" doc:"principal or resource: whom the source knows; empty means principal"`
	Attribute  string         `yaml:"attribute" doc:"where policies find it: P.attr.NAME, or R.attr.NAME. What the caller sends there is thrown away. A dot means attr itself, and needs fields. Empty means cognito for pool and cognito, else the name"`
	Select     Selector       `yaml:"select"`
	Key        string         `yaml:"key" doc:"what the source is asked by: id, or attr/NAME… of the principal or resource, which earlier sources may have filled; empty means id"`
	Fields     []field.Config `yaml:"fields" doc:"which parts of the answer policies see, and under which names; empty means all of it"`
	Groups     string         `yaml:"groups" doc:"where in the answer the names of the principal's groups are, as in from of fields; empty means groups for pool and cognito, group_names for scim, else none"`
	Precedence int            `yaml:"precedence" doc:"of sources that share an attribute, each needs another one: what the higher says wins, and the lower fills the gaps"`

	TTL          time.Duration `yaml:"ttl" doc:"how long an answer is used; 0 means 10s for pool, 1m for others. A change in a pool of this server is seen at once on the node that makes it, and on others within a second"`
	NegativeTTL  time.Duration `yaml:"negative_ttl" doc:"how long nobody of that id is believed; 0 means 2s"`
	Stale        time.Duration `yaml:"stale" doc:"how long after its ttl an answer is still used while a fresh one is fetched; 0 means never"`
	RefreshAhead time.Duration `yaml:"refresh_ahead" doc:"an answer that is used this long before its end is fetched anew meanwhile, so that nobody waits; 0 means never"`
	Jitter       float64       `yaml:"jitter" doc:"0 to 1: lives are shortened by up to this share, so that answers do not expire together; 0 means 0.1"`
	Timeout      time.Duration `yaml:"timeout" doc:"of one look-up, waiting for its turn included; 0 means 1s"`
	Max          int           `yaml:"max" doc:"answers kept; 0 means 10000"`
	Concurrency  int           `yaml:"concurrency" doc:"look-ups at once; 0 means no limit for pool, 32 for others"`
	Breaker      Breaker       `yaml:"breaker"`

	OnFailure     string            `yaml:"on_failure" doc:"closed: no decision without the source (503); open: decide without it; empty means closed"`
	OnMissing     string            `yaml:"on_missing" doc:"nobody of that id. pass: decide with what the caller sent; deny: deny everything; anonymous: give the role anonymous to a principal without roles; empty means pass"`
	Roles         string            `yaml:"roles" doc:"when groups become roles: if-empty (the caller sent none), always, never; empty means if-empty"`
	GroupPrefix   string            `yaml:"group_prefix" doc:"put before each group's name when it becomes a role; {pool} is the id of its pool"`
	GroupPrefixes map[string]string `yaml:"group_prefixes" doc:"the same for single pools, by their ids"`
	DefaultRole   string            `yaml:"default_role" doc:"role of somebody whom the source knows, when neither the caller nor any source gave a role; empty means user for pool and cognito, else none; - means none (such a request is then invalid, as Cerbos has it)"`

	Pools    []string        `yaml:"pools" doc:"type pool: ids of the pools that are searched; empty means all. A name that several of them know is refused, so name the pool of an application whose ids are usernames"`
	By       string          `yaml:"by" doc:"type pool: what the key is: sub, name (username or alias), or any; empty means any"`
	Cognito  cognito.Config  `yaml:"cognito"`
	UserInfo userinfo.Config `yaml:"oidc_userinfo"`
	HTTP     rest.Config     `yaml:"http"`
	SQL      query.Config    `yaml:"sql"`
	SCIM     scim.Config     `yaml:"scim"`
}

// Selector says about whom a source is asked. All that is said must fit; of several patterns one.
type Selector struct {
	IDs   []string          `yaml:"ids" doc:"patterns of ids, in which * is any text; empty means all"`
	Roles []string          `yaml:"roles" doc:"patterns of roles that a principal has when the source's turn comes"`
	Kinds []string          `yaml:"kinds" doc:"patterns of kinds of resources"`
	Attrs map[string]string `yaml:"attrs" doc:"attributes, by names divided by /, and the patterns that they must fit"`
}

// Breaker keeps away from a source that fails.
type Breaker struct {
	Failures int           `yaml:"failures" doc:"failures in a row after which the source is left alone; 0 means 5, and never for pool; below 0 means never"`
	Pause    time.Duration `yaml:"pause" doc:"for how long, until one look-up tries again; 0 means 5s"`
}

// The types of sources.
const (
	TypePool     = "pool"
	TypeCognito  = "cognito"
	TypeUserInfo = "oidc-userinfo"
	TypeHTTP     = "http"
	TypeSQL      = "sql"
	TypeSCIM     = "scim"
)

// The words of the settings.
const (
	principal, resource    = "principal", "resource"
	closed, open           = "closed", "open"
	pass, deny, anonymous  = "pass", "deny", "anonymous"
	ifEmpty, always, never = "if-empty", "always", "never"
	bySub, byName, byAny   = "sub", "name", "any"
	attributeName          = "cognito"
	defaultRole, noRole    = "user", "-"
	wholeAttr              = "."
	keyID, keyAttr         = "id", "attr"
)
