package portal

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace"
)

// Where the two applications lie, below a workspace's site. Each is its own redirect URI.
const (
	Path     = "/portal"
	DemoPath = "/demo"
)

// The kinds of clients that every workspace has.
const (
	portalKind = "portal"
	demoKind   = "demo"
)

// House is what a workspace has of the two applications.
type House struct {
	Workspace    *workspace.Workspace
	Portal, Demo bool
}

// Open tells which of the two applications a workspace has. A site without either is a fault Missing.
func (p *Portal) Open(ctx context.Context, site authorize.Site) (*House, error) {
	if site.Workspace == "" || site.Workspace == workspace.System {
		return nil, fault.Missingf("There is no portal here.")
	}
	w, err := p.parts.Workspaces.Get(ctx, site.Workspace)
	if err != nil {
		return nil, err
	}
	h := &House{w, on(w.UserPortal, p.parts.Development), on(w.DemoApp, p.parts.Development)}
	if !h.Portal && !h.Demo {
		return nil, fault.Missingf("There is no portal here.")
	}
	return h, nil
}

func on(setting *bool, otherwise bool) bool {
	if setting == nil {
		return otherwise
	}
	return *setting
}

// clientID is the client of an application in a workspace. Ids of workspaces have hyphens and ids of clients underscores, so no two
// workspaces share one.
func clientID(kind, workspaceID string) string {
	return kind + "_" + strings.ReplaceAll(workspaceID, "-", "_")
}

// Demo gives the client of the demo application: a public one that proves itself by PKCE, trusted no more than any.
func (p *Portal) Demo(ctx context.Context, site authorize.Site) (*workspace.App, error) {
	return p.client(ctx, site, workspace.ClientSpec{
		ID: clientID(demoKind, site.Workspace), Name: "Demo application", RedirectURIs: []string{site.Base + DemoPath},
		OpenID: directory.OpenID{PostLogoutURIs: []string{site.Base + DemoPath}},
	})
}

// Names are what people call the connections that the workspace shows, by their ids.
func (p *Portal) Names(ctx context.Context, site authorize.Site) (map[string]string, error) {
	list, err := p.parts.Connections.List(ctx, site.Workspace)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range list {
		if !c.Hidden && !c.Disabled {
			out[c.ID] = c.Name
		}
	}
	return out, nil
}

// client finds a client of the house, and makes it where it is missing. One that an operator has changed stays as it is.
func (p *Portal) client(ctx context.Context, site authorize.Site, spec workspace.ClientSpec) (*workspace.App, error) {
	app, err := p.parts.Clients.Get(ctx, spec.ID)
	if !fault.Is(err, fault.Missing, "") {
		if err == nil && app.About.WorkspaceID != site.Workspace {
			return nil, fault.NoClient(spec.ID) // made under this name in another workspace
		}
		return app, err
	}
	spec.Public, spec.WorkspaceID, spec.GrantTypes = true, site.Workspace, []string{"authorization_code", "refresh_token"}
	app, err = p.parts.Clients.Create(ctx, spec)
	if fault.Is(err, fault.Exists, "") { // another request was first
		return p.parts.Clients.Get(ctx, spec.ID)
	}
	return app, err
}
