package workspace

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// Portable is a whole workspace as a document: what somebody keeps in a repository, or takes to another server. Secrets, times and
// the pool are not in it.
type Portable struct {
	Server   PortableServer             `json:"server"`
	Claims   []Claim                    `json:"claims"`
	Services []Service                  `json:"services"`
	IDPs     []PortableConnection       `json:"idps"`
	Clients  []PortableClient           `json:"clients"`
	Parts    map[string]json.RawMessage `json:"parts,omitempty"` // what other rooms keep with a workspace, by their names
}

// PortableServer is a workspace without what belongs to one server. A nil member hides one of the same name.
type PortableServer struct {
	Workspace
	TenantID   *string    `json:"tenant_id,omitempty"`
	PoolID     *string    `json:"user_pool_id,omitempty"`
	CreatedAt  *time.Time `json:"created_at,omitempty"`
	ModifiedAt *time.Time `json:"updated_at,omitempty"`
}

// PortableConnection is a connection likewise. Credentials are taken and never given.
type PortableConnection struct {
	Connection
	TenantID    *string           `json:"tenant_id,omitempty"`
	CreatedAt   *time.Time        `json:"created_at,omitempty"`
	ModifiedAt  *time.Time        `json:"updated_at,omitempty"`
	Credentials map[string]string `json:"credentials,omitempty"`
}

// PortableClient is a client likewise. A secret is taken and never given.
type PortableClient struct {
	Client
	Name         string   `json:"client_name"`
	RedirectURIs []string `json:"redirect_uris,omitempty"`
	GrantTypes   []string `json:"grant_types,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	Public       bool     `json:"public,omitempty"`
	Secret       string   `json:"client_secret,omitempty"`
	directory.OpenID
}

// Part is something that another room keeps with workspaces, and that goes along with them.
type Part interface {
	// Name is that of the part in documents, and the noun of the scopes that let a program see it (view_) and change it (manage_).
	Name() string
	// Export gives the part, without anything secret; empty: there is nothing.
	Export(ctx context.Context, workspaceID string) (json.RawMessage, error)
	// Prepare does what takes long, and is in no transaction; empty: the document does not have the part. The workspace may not be
	// there yet, and be another when the part comes in.
	Prepare(ctx context.Context, workspaceID string, part json.RawMessage) (*Incoming, error)
	// Copy makes the part one for another workspace here: names that can be there only once are new ones, with new secrets. Connections
	// have other ids there.
	Copy(part json.RawMessage, connections map[string]string) (json.RawMessage, error)
}

// Incoming is a part on its way in. Nil functions do nothing; all run in the transaction of the rest, and may run more than once.
type Incoming struct {
	// First and Last are before the connections of the document are there, and after that. Those that it does not have are gone.
	First, Last func(ctx context.Context) error
}

// Carrier takes workspaces out as documents and in again.
type Carrier struct {
	Room  *Room
	Parts []Part
}

// Reach says which parts somebody may see or change, by their names; nil: all.
type Reach func(part string) bool

func (may Reach) has(p Part) bool { return may == nil || may(p.Name()) }

// Export is a workspace as a document; the same workspace is the same document, byte for byte.
func (c Carrier) Export(ctx context.Context, id string, may Reach) (*Portable, error) {
	w, err := c.Room.Workspaces.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &Portable{Server: PortableServer{Workspace: *w}, Claims: w.Claims, Services: w.Services, IDPs: []PortableConnection{}, Clients: []PortableClient{}}
	connections, err := c.Room.Connections.List(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, x := range connections {
		out.IDPs = append(out.IDPs, PortableConnection{Connection: *x})
	}
	apps, err := c.Room.Clients.List(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		out.Clients = append(out.Clients, PortableClient{
			Client: *app.About, Name: app.Name, RedirectURIs: app.CallbackURLs, GrantTypes: app.GrantTypes(), Scopes: app.OAuthScopes,
			Public: len(app.Secrets) == 0, OpenID: app.OpenID,
		})
	}
	for _, p := range c.Parts {
		if !may.has(p) {
			continue
		}
		part, err := p.Export(ctx, id)
		if err != nil {
			return nil, err
		}
		if len(part) > 0 {
			if out.Parts == nil {
				out.Parts = map[string]json.RawMessage{}
			}
			out.Parts[p.Name()] = part
		}
	}
	return out, nil
}

// GrantTypes are what a client may ask for tokens with.
func (a *App) GrantTypes() []string {
	if slices.Equal(a.OAuthFlows, []string{"client_credentials"}) {
		return []string{"client_credentials"}
	}
	return []string{"authorization_code", "refresh_token"}
}
