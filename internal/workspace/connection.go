package workspace

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Connection is an outside provider of a workspace, and how what it says becomes an authentication context.
type Connection struct {
	ID           string              `json:"id"` // never changes; the users who came through it are named by it
	TenantID     string              `json:"tenant_id"`
	WorkspaceID  string              `json:"authorization_server_id"`
	Name         string              `json:"name"`
	Method       string              `json:"method"` // a template's; never changes
	Disabled     bool                `json:"disabled"`
	Hidden       bool                `json:"hidden"` // no page shows it; idp_hint finds it
	DisplayOrder int                 `json:"display_order"`
	LogoURI      string              `json:"logo_uri,omitempty"`
	Version      int                 `json:"version"` // of this form: 3
	Attributes   []mapping.Attribute `json:"attributes"`
	Mappings     []mapping.Mapping   `json:"mappings"`
	StaticAMR    []string            `json:"static_amr,omitempty"`
	// PostAuthnAppID is the custom application where people go after they have come through.
	PostAuthnAppID string            `json:"post_authn_app_id,omitempty"`
	Discovery      DiscoverySettings `json:"discovery_settings"`
	SSO            SSOSettings       `json:"sso_settings"`
	TokenExchange  Switch            `json:"token_exchange_settings"`
	JIT            JIT               `json:"jit"`
	Config         ConnectionConfig  `json:"config"`
	Settings       Settings          `json:"settings"`
	// Credentials are sealed at rest, and go out to nobody.
	Credentials map[string]string `json:"-"`
	// Stamp changes with everything that a context depends on: contexts of another stamp are not used again.
	Stamp int `json:"-"`
	// FirstIssuer is the one whose people came through the connection until it was given another for the first time; empty: it was not.
	FirstIssuer string    `json:"-"`
	CreatedAt   time.Time `json:"created_at"`
	ModifiedAt  time.Time `json:"updated_at"`
}

// maxLogo is the size of the address of a picture, which may hold the picture, in bytes.
const maxLogo = 64 << 10

// Switch is on or off.
type Switch struct {
	Enabled bool `json:"enabled"`
}

// SSOSettings say whether the connection takes part in the workspace's single sign-on.
type SSOSettings struct {
	Disabled bool `json:"disabled"`
}

// DiscoverySettings say who is sent to the connection by what they type.
type DiscoverySettings struct {
	Domains []string `json:"domains,omitempty"` // small letters, without @
	// InstantRedirect sends somebody whom login_hint names straight there.
	InstantRedirect bool `json:"instant_redirect,omitempty"`
	// Fallback takes everybody whose domain is no connection's.
	Fallback bool `json:"fallback_provider,omitempty"`
}

// ConnectionConfig is how a connection works, whatever its method.
type ConnectionConfig struct {
	// Cache keeps the context of a person for the browser session that it came to, for CacheTTL.
	Cache    bool     `json:"enable_stateful_ctx"`
	CacheTTL Duration `json:"stateful_ctx_duration"`
	// UserInfoFailure says what becomes of a sign-in whose user information cannot be had: fail (also when empty) or continue.
	UserInfoFailure string `json:"user_info_failure,omitempty"`
	// FormerIssuers are those with whose people the present one goes on: a subject of theirs is the same person. Without them, and of all
	// others, it is somebody else.
	FormerIssuers []string `json:"former_issuers,omitempty"`
}

// What becomes of a sign-in whose user information cannot be had.
const (
	Fail     = "fail"
	Continue = "continue"
)

// JIT is what users of the pool are made of who come through the connection.
type JIT struct {
	// Attributes write attributes of the user from the context. Nil: those that are the same by name, but for the flags that
	// say an address is verified.
	Attributes []Provision `json:"attributes_mapping,omitempty"`
}

// Provision writes one attribute of a user.
type Provision struct {
	Source string `json:"source"` // a path in the context
	Target string `json:"target"` // an attribute of the pool
	// Once leaves the attribute alone after the user was made.
	Once bool `json:"only_at_first_sign_in,omitempty"`
}

// Settings are those of all methods; which of them a method has is its template's.
type Settings struct {
	ClientID             string   `json:"client_id,omitempty"`
	PoolID               string   `json:"pool_id,omitempty"`
	Region               string   `json:"region,omitempty"`
	BaseURL              string   `json:"base_url,omitempty"` // of another Cognate, in the place of AWS
	IssuerURL            string   `json:"issuer_url,omitempty"`
	Domain               string   `json:"domain,omitempty"`
	TenantID             string   `json:"tenant_id,omitempty"`
	TeamID               string   `json:"team_id,omitempty"`
	KeyID                string   `json:"key_id,omitempty"`
	APIVersion           string   `json:"api_version,omitempty"`
	AuthorizationURL     string   `json:"authorization_url,omitempty"`
	TokenURL             string   `json:"token_url,omitempty"`
	UserInfoURL          string   `json:"userinfo_url,omitempty"`
	JWKSURL              string   `json:"jwks_url,omitempty"`
	SubjectPath          string   `json:"subject_path,omitempty"` // who somebody is in the profile of a provider without ID tokens
	FetchGroups          bool     `json:"fetch_groups,omitempty"`
	LoginURL             string   `json:"login_url,omitempty"` // of a login page of one's own
	Scopes               []string `json:"scopes,omitempty"`
	GetUserInfo          bool     `json:"get_user_info,omitempty"`
	SendLoginHint        bool     `json:"send_login_hint,omitempty"`
	UsePKCE              bool     `json:"use_pkce,omitempty"`
	OwnRedirectURL       bool     `json:"own_redirect_url,omitempty"`      // no other connection has it
	AuthenticationMethod string   `json:"authentication_method,omitempty"` // client_secret, client_secret_basic, none
	HostedDomains        []string `json:"hosted_domains,omitempty"`
	MetadataURL          string   `json:"metadata_url,omitempty"`
	MetadataXML          string   `json:"metadata_xml,omitempty"`
	EntityIssuer         string   `json:"entity_issuer,omitempty"`
}

// fields are the settings that are given, by their names on the wire.
func (s Settings) fields() []string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts, lists and booleans always encode
	}
	var given map[string]any
	if err := json.Unmarshal(raw, &given); err != nil {
		panic(err)
	}
	return slices.Sorted(maps.Keys(given))
}

// receiver is where credentials are sent, as far as settings say: the token endpoint, or what it is found by. A user pool says itself where
// its domain is, which may be anybody's.
func (s Settings) receiver() [5]string {
	return [5]string{s.TokenURL, s.IssuerURL, s.Domain, s.BaseURL, s.PoolID}
}

// methods are the names that RFC 8176 gives to ways of proving who one is, beside pop of its registry. Others are taken,
// too: providers have words of their own.
var amrForm = func(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Kept says for how long a context counts that somebody brings through the connection, and how long it may lie unused; 0: not
// at all, and as long as it counts. Two settings make it count: the connection's own cache, and the workspace's single
// sign-on; where both do, the shorter time is right.
func (c *Connection) Kept(w *Workspace, longest time.Duration) (life, idle time.Duration) {
	sso := w.SSO.Enabled && !c.SSO.Disabled
	if !c.Config.Cache && !sso {
		return 0, 0
	}
	life = longest
	shorten := func(d Duration) {
		if d > 0 {
			life = min(life, time.Duration(d))
		}
	}
	if c.Config.Cache {
		if c.Config.CacheTTL == 0 && !sso {
			return 0, 0
		}
		shorten(c.Config.CacheTTL)
	}
	if sso {
		shorten(w.SSO.MaxAge)
		idle = time.Duration(w.SSO.MaxIdle)
	}
	return life, idle
}

// check refuses what no connection can be.
func (c *Connection) check(t Template, schema []mapping.Attribute) error {
	if c.Name == "" || len(c.Name) > 128 || strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' }) {
		return fault.Invalidf("name: a connection has a name of 1 to 128 characters.")
	}
	if c.LogoURI != "" && !strings.HasPrefix(c.LogoURI, "https://") && !strings.HasPrefix(c.LogoURI, "data:image/") || len(c.LogoURI) > maxLogo {
		return fault.Invalidf("logo_uri: it must be an https URL or an image of at most %d KB.", maxLogo>>10)
	}
	for _, name := range c.StaticAMR {
		if !amrForm(name) {
			return fault.Invalidf("static_amr: %q is no name of a method.", name)
		}
	}
	if f := c.Config.UserInfoFailure; f != "" && f != Fail && f != Continue {
		return fault.Invalidf("config: user_info_failure must be fail or continue.")
	}
	if len(c.Config.FormerIssuers) > 20 || slices.ContainsFunc(c.Config.FormerIssuers, func(name string) bool {
		return name == "" || len(name) > 1024 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' })
	}) {
		return fault.Invalidf("config: former_issuers are at most 20 names of 1 to 1024 characters, without spaces.")
	}
	if c.TokenExchange.Enabled {
		return fault.Invalidf("token_exchange_settings: tokens of providers are not exchanged here.")
	}
	if err := c.checkDomains(); err != nil {
		return err
	}
	if err := t.check(c); err != nil {
		return err
	}
	if err := mapping.CheckAttributes(c.Attributes, t.Source()); err != nil {
		return err
	}
	if err := mapping.CheckMappings(c.Mappings, schema); err != nil {
		return err
	}
	return c.JIT.check()
}

func (c *Connection) checkDomains() error {
	if len(c.Discovery.Domains) > 100 {
		return fault.Invalidf("discovery_settings: a connection can have at most 100 domains.")
	}
	for i, d := range c.Discovery.Domains {
		d = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@"))
		if d == "" || len(d) > 253 || strings.ContainsAny(d, "@ /:") {
			return fault.Invalidf("discovery_settings: %q is no domain.", c.Discovery.Domains[i])
		}
		c.Discovery.Domains[i] = d
	}
	return nil
}

// guarded are attributes that nothing from outside writes: who somebody is, and what the house alone says of them.
func guarded(name string) bool {
	return name == "" || name == "sub" || name == "identities" || strings.HasPrefix(name, "dev:") || strings.HasPrefix(name, "cognito:")
}

// Rules are the attributes that a connection writes: those that it names or, when it names none, those that have the name of a
// standard attribute. Whether an address is verified it writes only when it is told to.
func (j JIT) Rules() []Provision {
	if j.Attributes != nil {
		return j.Attributes
	}
	var out []Provision
	for _, s := range standard {
		if s.kind == mapping.Text {
			out = append(out, Provision{Source: s.name, Target: s.name})
		}
	}
	return out
}

func (j JIT) check() error {
	if len(j.Attributes) > 100 {
		return fault.Invalidf("jit: at most 100 attributes can be written.")
	}
	for _, p := range j.Attributes {
		if _, err := mapping.Parse(p.Source); err != nil || p.Source == "." {
			return fault.Invalidf("jit: %q is no path of one attribute.", p.Source)
		}
		if guarded(p.Target) {
			return fault.Invalidf("jit: %q is not for connections to write.", p.Target)
		}
	}
	return nil
}
