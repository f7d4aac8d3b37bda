// Package workspace is bring-your-own-identity: strict OpenID Connect issuers over user pools, the outside providers that
// people come through, and what is known of a person while they are signed in: the authentication context. It owns
// workspaces, connections, claims, scopes, suspended sign-ins and kept contexts. It leaves the way to providers to
// federation, requests and codes to authorize, tokens to token, people to directory and signin/arrival; journey/ puts
// them in their order. The names on the wire are those of Cloudentity's administration API.
package workspace

import (
	"context"
	"regexp"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// System is the workspace whose clients administer: login pages, consent pages, custom applications, scripts of operators.
const System = "system"

// Workspace is a strict OpenID Connect issuer of its own over a user pool, at PUBLIC_URL/TENANT/ID. People who come through its
// connections become users of that pool.
type Workspace struct {
	ID          string `json:"id"` // never changes
	TenantID    string `json:"tenant_id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	PoolID      string `json:"user_pool_id"` // never changes

	SSO       SSO            `json:"sso"`
	Context   ContextSchema  `json:"authentication_context_settings"`
	Discovery Discovery      `json:"idp_discovery"`
	Claims    []Claim        `json:"-"`
	Services  []Service      `json:"-"`
	Extra     map[string]any `json:"-"` // what other rooms keep with a workspace, by their names

	// UserPortal and DemoApp switch the house's own two applications on or off; nil: on in development, off otherwise.
	UserPortal *bool `json:"enable_user_portal,omitempty"`
	DemoApp    *bool `json:"enable_demo_app,omitempty"`

	CreatedAt  time.Time `json:"created_at"`
	ModifiedAt time.Time `json:"updated_at"`
}

// SSO is for how long what is known of a person counts for other clients of the workspace, and other requests.
type SSO struct {
	Enabled bool     `json:"enabled"`
	MaxIdle Duration `json:"max_idle,omitzero"` // 0: until MaxAge
	MaxAge  Duration `json:"max_age,omitzero"`  // 0: as long as the browser's session
}

// ContextSchema is what an authentication context can hold.
type ContextSchema struct {
	Attributes []mapping.Attribute `json:"attributes"`
}

// Discovery is whether somebody's connection is found by what they type.
type Discovery struct {
	Enabled bool   `json:"enabled"`
	Mode    string `json:"discovery_mode,omitempty"` // domain_matching
}

// DomainMatching is the mode of Discovery that goes by domains of addresses.
const DomainMatching = "domain_matching"

// Service groups scopes.
type Service struct {
	ID          string  `json:"id"`
	WorkspaceID string  `json:"authorization_server_id"`
	Name        string  `json:"name"`
	Type        string  `json:"type"` // oauth2, oidc, system
	Audience    string  `json:"custom_audience,omitempty"`
	Scopes      []Scope `json:"scopes"`
}

// Scope is one that clients can have.
type Scope struct {
	ID            string         `json:"id"`
	ServiceID     string         `json:"service_id"`
	Name          string         `json:"scope_name"`
	DisplayName   string         `json:"display_name,omitempty"`
	Description   string         `json:"description,omitempty"`
	Implicit      bool           `json:"implicit,omitempty"`       // asked for when a client asks for none
	ImplicitGrant bool           `json:"implicit_grant,omitempty"` // nobody is asked for consent
	Transient     bool           `json:"transient,omitempty"`      // consent is not remembered
	Metadata      map[string]any `json:"metadata,omitempty"`
}

// PortalScope lets a client see and end what the user portal shows. Every workspace has it, and no client has it unless its
// operator names it.
const PortalScope = "user_portal"

// Scope finds a scope by its name, and its service; nil: there is none.
func (w *Workspace) Scope(name string) (*Scope, *Service) {
	if name == PortalScope && w.ID != System {
		return &Scope{Name: PortalScope, DisplayName: "Manage your access and your sessions"}, &Service{Name: "User portal", Type: "user"}
	}
	for i := range w.Services {
		for j := range w.Services[i].Scopes {
			if w.Services[i].Scopes[j].Name == name {
				return &w.Services[i].Scopes[j], &w.Services[i]
			}
		}
	}
	return nil, nil
}

// Scopes are the names of all scopes that clients have who name none, in their order.
func (w *Workspace) Scopes() []string {
	var out []string
	for _, s := range w.Services {
		for _, x := range s.Scopes {
			out = append(out, x.Name)
		}
	}
	return out
}

// Claim is something of a context that goes out in a token.
type Claim struct {
	ID          string   `json:"id"`
	WorkspaceID string   `json:"authorization_server_id"`
	TenantID    string   `json:"tenant_id"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type"`        // id_token or access_token
	SourceType  string   `json:"source_type"` // authnCtx or client
	SourcePath  string   `json:"source_path"` // as mappings have paths
	Scopes      []string `json:"scopes"`      // any of them is enough; none: it always goes out
	Opaque      bool     `json:"opaque,omitempty"`
	Verified    bool     `json:"verified,omitempty"`
}

// The types of claims, and where they come from.
const (
	InIDToken     = "id_token"
	InAccessToken = "access_token"
	FromContext   = "authnCtx"
	FromClient    = "client"
)

// Client is what a client of a workspace has beyond what clients of the pool have.
type Client struct {
	ID          string `json:"client_id"`
	WorkspaceID string `json:"authorization_server_id"`
	Trusted     bool   `json:"trusted,omitempty"` // nobody is asked for consent
	LogoURI     string `json:"logo_uri,omitempty"`
	PolicyURI   string `json:"policy_uri,omitempty"`
	TermsURI    string `json:"tos_uri,omitempty"`
	Description string `json:"description,omitempty"`
	URI         string `json:"client_uri,omitempty"` // where people begin with it: the portal leads there
}

// Duration is a time that JSON has as Go writes it: 1h0m0s.
type Duration time.Duration

// MarshalText writes a duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads one, which cannot be negative or longer than ten years.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 || parsed > 10*365*24*time.Hour {
		return fault.Invalidf("%q is no duration such as 1h0m0s.", text)
	}
	*d = Duration(parsed)
	return nil
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// IsID says whether a text has the form of a workspace's or a tenant's id.
func IsID(id string) bool { return idForm.MatchString(id) }

// Missing is the answer for a workspace that is not there.
func Missing(id string) *fault.Fault {
	return fault.Newf(fault.Missing, "", "There is no workspace %s.", id)
}

// NoConnection is the answer for a connection that is not there.
func NoConnection() *fault.Fault {
	return fault.New(fault.Missing, fault.Provider, "There is no such connection.")
}

// Transactor runs fn in one transaction; nested calls join it.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// Store keeps workspaces, and which clients are theirs. Unknown ones are faults Missing.
type Store interface {
	Transactor
	InsertWorkspace(ctx context.Context, w *Workspace, max int) error // a taken id is a fault Exists, one more than max Limited
	Workspace(ctx context.Context, id string) (*Workspace, error)
	// HoldWorkspace reads a workspace, and has all others who change it or what is kept with it wait for the transaction of ctx.
	HoldWorkspace(ctx context.Context, id string) (*Workspace, error)
	UpdateWorkspace(ctx context.Context, id string, change func(*Workspace) error) (*Workspace, error)
	DeleteWorkspace(ctx context.Context, id string) error
	Workspaces(ctx context.Context, after string, limit int) ([]*Workspace, error) // by id

	// SaveWorkspaceClient puts a client in the place of the one of its id. An unknown client or workspace is a fault Missing.
	SaveWorkspaceClient(ctx context.Context, c *Client) error
	WorkspaceClient(ctx context.Context, id string) (*Client, error)
	WorkspaceClients(ctx context.Context, workspaceID, after string, limit int) ([]*Client, error) // by id
}

// ConnectionStore keeps connections, credentials sealed. Unknown ones are fault.Provider Missing.
type ConnectionStore interface {
	InsertConnection(ctx context.Context, c *Connection, max int) error
	Connection(ctx context.Context, workspaceID, id string) (*Connection, error)
	UpdateConnection(ctx context.Context, workspaceID, id string, change func(*Connection) error) (*Connection, error)
	DeleteConnection(ctx context.Context, workspaceID, id string) error
	Connections(ctx context.Context, workspaceID string) ([]*Connection, error) // in the order in which people see them
}

const (
	maxWorkspaces  = 1000
	maxConnections = 200
	maxClaims      = 500
	maxServices    = 100
	maxScopes      = 500
)

// moment is now as the store keeps it.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
