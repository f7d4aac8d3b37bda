package workspace

import (
	"context"
	"net/url"
	"slices"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Clients makes and finds app clients of pools; *directory.Clients does.
type Clients interface {
	Create(ctx context.Context, spec directory.ClientSpec) (*directory.Client, error)
	Get(ctx context.Context, poolID, id string) (*directory.Client, error)    // from memory where it can
	Stored(ctx context.Context, poolID, id string) (*directory.Client, error) // in the transaction of ctx
	Change(ctx context.Context, poolID, id string, change func(*directory.Client) error) (*directory.Client, error)
	Delete(ctx context.Context, poolID, id string) error
	// Together runs changes of a pool's clients in one transaction, which is faster than each by itself.
	Together(ctx context.Context, poolID string, fn func(context.Context) error) error
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
	Public       bool   // it has no secret; what a client is in this it stays
	Name         string
	RedirectURIs []string
	GrantTypes   []string // authorization_code, refresh_token or client_credentials alone
	Scopes       []string // empty: all of the workspace that are not for administration
	OpenID       directory.OpenID
	Client
}

// settings are those of the client in the pool, made of those that it has: no way in but the workspace's.
func (s *ClientService) settings(w *Workspace, spec ClientSpec, out directory.ClientSettings) (directory.ClientSettings, error) {
	if spec.Name != "" {
		out.Name = spec.Name
	}
	out.TokenRevocation, out.HideUserExistence, out.OAuthEnabled, out.CallbackURLs = true, "ENABLED", true, spec.RedirectURIs
	out.ExplicitAuthFlows, out.IdentityProviders, out.OAuthScopes = []string{"ALLOW_" + directory.FlowRefresh}, []string{}, spec.Scopes
	machine := slices.Contains(spec.GrantTypes, "client_credentials")
	for _, g := range spec.GrantTypes {
		if !slices.Contains([]string{"authorization_code", "refresh_token", "client_credentials"}, g) {
			return out, fault.Invalidf("grant_types: %q is not supported.", g)
		}
	}
	switch {
	case machine && slices.Contains(spec.GrantTypes, "authorization_code"):
		return out, fault.Invalidf("grant_types: a client acts for people or for itself, not both.")
	case machine && slices.Contains(spec.GrantTypes, "refresh_token"):
		return out, fault.Invalidf("grant_types: a client that acts for itself has no refresh tokens.")
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
	if err := spec.check(); err != nil {
		return out, err
	}
	for _, name := range out.OAuthScopes {
		if x, _ := w.Scope(name); x == nil {
			return out, fault.Newf(fault.Invalid, fault.Scope, "scopes: there is no scope %s.", name)
		}
		if machine && slices.Contains(standardScopes(), name) {
			return out, fault.Newf(fault.Invalid, fault.Scope, "scopes: %s is about people, and not for a client that acts for itself.", name)
		}
	}
	if machine && len(out.OAuthScopes) == 0 {
		return out, fault.Newf(fault.Invalid, fault.Scope, "scopes: a client that acts for itself needs one of a service of this workspace.")
	}
	return out, nil
}

// check refuses what a workspace cannot say of a client.
func (spec ClientSpec) check() error {
	for _, link := range []struct{ name, uri string }{
		{"client_uri", spec.URI}, {"logo_uri", spec.LogoURI}, {"policy_uri", spec.PolicyURI}, {"tos_uri", spec.TermsURI},
	} {
		if !leads(link.uri) {
			return fault.Invalidf("%s: it must be an https URL, or http on this machine.", link.name)
		}
	}
	if len(spec.Description) > 2000 {
		return fault.Invalidf("description: it is too long.")
	}
	return authorize.CheckOpenID(spec.OpenID, false)
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
func (s *ClientService) Create(ctx context.Context, spec ClientSpec) (made *App, err error) {
	err = s.workspaces.Alone(ctx, spec.WorkspaceID, func(ctx context.Context, w *Workspace) error {
		made, err = s.create(ctx, w, spec)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (s *ClientService) create(ctx context.Context, w *Workspace, spec ClientSpec) (*App, error) {
	settings, err := s.settings(w, spec, directory.ClientSettings{})
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
	return app, s.parts.Store.SaveWorkspaceClient(ctx, app.About)
}

// Get finds a client of any workspace by its id, as it was a moment ago.
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

// Stored is Get as the store has it now, and in the transaction of ctx.
func (s *ClientService) Stored(ctx context.Context, id string) (*App, error) {
	if !directory.IsClientID(id) {
		return nil, fault.NoClient("of this name")
	}
	c, err := s.parts.Store.WorkspaceClient(ctx, id)
	if err != nil {
		return nil, err
	}
	w, err := s.parts.Store.Workspace(ctx, c.WorkspaceID)
	if err != nil {
		return nil, err
	}
	return s.stored(ctx, w, c)
}

func (s *ClientService) stored(ctx context.Context, w *Workspace, c *Client) (*App, error) {
	client, err := s.parts.Clients.Stored(ctx, w.PoolID, c.ID)
	return &App{client, c}, err
}

// clientPage is how many clients are read at once.
const clientPage = 1000

// List gives the clients of a workspace by id, in the transaction of ctx.
func (s *ClientService) List(ctx context.Context, workspaceID string) ([]*App, error) {
	out := []*App{}
	list, err := s.all(ctx, workspaceID)
	if err != nil || len(list) == 0 {
		return out, err
	}
	w, err := s.parts.Store.Workspace(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		app, err := s.stored(ctx, w, c)
		if err != nil {
			return nil, err
		}
		out = append(out, app)
	}
	return out, nil
}

// all is what a workspace says of its clients, by id.
func (s *ClientService) all(ctx context.Context, workspaceID string) ([]*Client, error) {
	var out []*Client
	for after := ""; ; after = out[len(out)-1].ID {
		list, err := s.parts.Store.WorkspaceClients(ctx, workspaceID, after, clientPage)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); len(list) < clientPage {
			return out, nil
		}
	}
}

// Update changes what is set for a client by a function of what it is, which may run more than once. Its workspace and its secret stay:
// a spec that has another secret, or has none of one that has, is refused.
func (s *ClientService) Update(ctx context.Context, id string, change func(*App) (ClientSpec, error)) (changed *App, err error) {
	err = s.alone(ctx, id, func(ctx context.Context, w *Workspace, before *App) error {
		spec, err := change(before)
		if err == nil {
			changed, err = s.update(ctx, w, before, spec)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// alone runs fn while nobody else changes a client, with what it is now.
func (s *ClientService) alone(ctx context.Context, id string, fn func(context.Context, *Workspace, *App) error) error {
	if !directory.IsClientID(id) {
		return fault.NoClient("of this name")
	}
	about, err := s.parts.Store.WorkspaceClient(ctx, id)
	if err != nil {
		return err
	}
	return s.workspaces.Alone(ctx, about.WorkspaceID, func(ctx context.Context, w *Workspace) error {
		about, err := s.parts.Store.WorkspaceClient(ctx, id)
		if err != nil {
			return err
		}
		before, err := s.stored(ctx, w, about)
		if err != nil {
			return err
		}
		return fn(ctx, w, before)
	})
}

func (s *ClientService) update(ctx context.Context, w *Workspace, before *App, spec ClientSpec) (*App, error) {
	if err := spec.keeps(before); err != nil {
		return nil, err
	}
	app := &App{About: &spec.Client}
	app.About.ID, app.About.WorkspaceID = before.ID, w.ID
	client, err := s.parts.Clients.Change(ctx, w.PoolID, before.ID, func(c *directory.Client) error {
		settings, err := s.settings(w, spec, c.ClientSettings)
		c.ClientSettings, c.OpenID = settings, spec.OpenID
		return err
	})
	if err != nil {
		return nil, err
	}
	app.Client = client
	return app, s.parts.Store.SaveWorkspaceClient(ctx, app.About)
}

// keeps refuses what would have to change the secret of a client.
func (spec ClientSpec) keeps(before *App) error {
	switch public := len(before.Secrets) == 0; {
	case spec.Public && !public:
		return fault.Invalidf("A client that has a secret keeps it: it does not become a public one.")
	case public && spec.Secret != "":
		return fault.Invalidf("A public client gets no secret: make another client.")
	case spec.Secret != "" && before.CheckSecret(spec.Secret) != nil:
		return fault.Invalidf("client_secret: the client has another one already, which is not changed here.")
	}
	return nil
}

// Delete removes a client, unless allow refuses what it is; nil allows it.
func (s *ClientService) Delete(ctx context.Context, id string, allow func(*App) error) error {
	return s.alone(ctx, id, func(ctx context.Context, w *Workspace, before *App) error {
		if allow != nil {
			if err := allow(before); err != nil {
				return err
			}
		}
		return s.parts.Clients.Delete(ctx, w.PoolID, id)
	})
}
