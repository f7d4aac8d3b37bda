package workspace

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Clients makes and finds app clients of pools; *directory.Clients does.
type Clients interface {
	Create(ctx context.Context, spec directory.ClientSpec) (*directory.Client, error)
	Get(ctx context.Context, poolID, id string) (*directory.Client, error)
	Update(ctx context.Context, poolID, id string, s directory.ClientSettings) (*directory.Client, error)
	Delete(ctx context.Context, poolID, id string) error
}

// ClientService creates, finds, changes and deletes the clients of workspaces. Each is a client of the workspace's pool that is
// good at the workspace's issuer and nowhere else.
type ClientService struct {
	parts      Parts
	workspaces *Workspaces
}

// App is a client with what the workspace keeps of it.
type App struct {
	*directory.Client
	About *Client
}

// ClientSpec asks for a client.
type ClientSpec struct {
	ID           string // empty: a new one
	Secret       string // empty: a new one
	Public       bool   // it has no secret
	Name         string
	RedirectURIs []string
	GrantTypes   []string // authorization_code, refresh_token or client_credentials alone
	Scopes       []string // empty: all of the workspace that are not for administration
	OpenID       directory.OpenID
	Client
}

// settings are those of the client in the pool: no way in but the workspace's.
func (s *ClientService) settings(w *Workspace, spec ClientSpec) (directory.ClientSettings, error) {
	out := directory.ClientSettings{
		Name: spec.Name, TokenRevocation: true, HideUserExistence: "ENABLED", OAuthEnabled: true, CallbackURLs: spec.RedirectURIs,
		ExplicitAuthFlows: []string{"ALLOW_" + directory.FlowRefresh}, IdentityProviders: []string{}, OAuthScopes: spec.Scopes,
	}
	machine := slices.Contains(spec.GrantTypes, "client_credentials")
	for _, g := range spec.GrantTypes {
		if !slices.Contains([]string{"authorization_code", "refresh_token", "client_credentials"}, g) {
			return out, fault.Invalidf("grant_types: %q is not supported.", g)
		}
	}
	switch {
	case machine && slices.Contains(spec.GrantTypes, "authorization_code"):
		return out, fault.Invalidf("grant_types: a client acts for people or for itself, not both.")
	case machine:
		out.OAuthFlows = []string{"client_credentials"}
	default:
		out.OAuthFlows = []string{"code"}
	}
	if w.ID == System && !machine {
		return out, fault.Invalidf("grant_types: clients of the workspace %s act for themselves.", System)
	}
	if !machine && len(spec.RedirectURIs) == 0 {
		return out, fault.Invalidf("redirect_uris: at least one is needed.")
	}
	if len(out.OAuthScopes) == 0 && w.ID != System {
		out.OAuthScopes = slices.DeleteFunc(w.Scopes(), func(name string) bool { return machine && slices.Contains(standardScopes(), name) })
	}
	if !leads(spec.URI) {
		return out, fault.Invalidf("client_uri: it must be an https URL, or http on this machine.")
	}
	for _, name := range out.OAuthScopes {
		if x, _ := w.Scope(name); x == nil {
			return out, fault.Newf(fault.Invalid, fault.Scope, "scopes: there is no scope %s.", name)
		}
	}
	return out, nil
}

// leads says whether a link can lead to a URL: no script, no other scheme, nothing that pretends to be another host.
func leads(raw string) bool {
	if raw == "" {
		return true
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || len(raw) > 2048 {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}

// Create makes a client. The answer has its secret.
func (s *ClientService) Create(ctx context.Context, spec ClientSpec) (*App, error) {
	w, err := s.find(ctx, spec.WorkspaceID)
	if err != nil {
		return nil, err
	}
	settings, err := s.settings(w, spec)
	if err != nil {
		return nil, err
	}
	app := &App{About: &spec.Client}
	app.Client, err = s.parts.Clients.Create(ctx, directory.ClientSpec{
		ID: spec.ID, PoolID: w.PoolID, Workspace: w.ID, ClientSettings: settings, OpenID: spec.OpenID, Secret: spec.Secret,
		GenerateSecret: !spec.Public && spec.Secret == "",
	})
	if err != nil {
		return nil, err
	}
	app.About.ID, app.About.WorkspaceID = app.Client.ID, w.ID
	if err := s.parts.Store.SaveWorkspaceClient(ctx, app.About); err != nil {
		return nil, errors.Join(err, s.parts.Clients.Delete(ctx, w.PoolID, app.ID))
	}
	return app, nil
}

// find finds a workspace; that of the system is made where it is missing.
func (s *ClientService) find(ctx context.Context, id string) (*Workspace, error) {
	if id == System {
		return s.workspaces.System(ctx)
	}
	return s.workspaces.Get(ctx, id)
}

// Get finds a client of any workspace by its id.
func (s *ClientService) Get(ctx context.Context, id string) (*App, error) {
	if !directory.IsClientID(id) {
		return nil, fault.NoClient("of this name")
	}
	c, err := s.parts.Store.WorkspaceClient(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.app(ctx, c)
}

func (s *ClientService) app(ctx context.Context, c *Client) (*App, error) {
	w, err := s.parts.Store.Workspace(ctx, c.WorkspaceID)
	if err != nil {
		return nil, err
	}
	client, err := s.parts.Clients.Get(ctx, w.PoolID, c.ID)
	return &App{client, c}, err
}

// maxClients bounds a list.
const maxClients = 1000

// List gives the clients of a workspace by id.
func (s *ClientService) List(ctx context.Context, workspaceID string) ([]*App, error) {
	list, err := s.parts.Store.WorkspaceClients(ctx, workspaceID, "", maxClients)
	if err != nil {
		return nil, err
	}
	out := make([]*App, 0, len(list))
	for _, c := range list {
		app, err := s.app(ctx, c)
		if err != nil {
			return nil, err
		}
		out = append(out, app)
	}
	return out, nil
}

// Update replaces what is set for a client. Its secret stays.
func (s *ClientService) Update(ctx context.Context, id string, spec ClientSpec) (*App, error) {
	before, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	w, err := s.find(ctx, before.About.WorkspaceID)
	if err != nil {
		return nil, err
	}
	settings, err := s.settings(w, spec)
	if err != nil {
		return nil, err
	}
	app := &App{About: &spec.Client}
	app.About.ID, app.About.WorkspaceID = id, w.ID
	if app.Client, err = s.parts.Clients.Update(ctx, w.PoolID, id, settings); err != nil {
		return nil, err
	}
	return app, s.parts.Store.SaveWorkspaceClient(ctx, app.About)
}

// Delete removes a client.
func (s *ClientService) Delete(ctx context.Context, id string) error {
	app, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	return s.parts.Clients.Delete(ctx, app.PoolID, id)
}
