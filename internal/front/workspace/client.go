package workspace

import (
	"net/http"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	room "cognate.dev/cognate/internal/workspace"
)

// wireClient is a client.
type wireClient struct {
	room.Client
	TenantID     string   `json:"tenant_id,omitempty"`
	Name         string   `json:"client_name"`
	Secret       string   `json:"client_secret,omitempty"`
	RedirectURIs []string `json:"redirect_uris,omitempty"`
	GrantTypes   []string `json:"grant_types,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty"` // none: it has no secret; client_secret_basic or _post: it has one, and uses it either way
	directory.OpenID
}

func (a *api) client(app *room.App, secret bool) wireClient {
	out := wireClient{
		Client: *app.About, TenantID: a.Room.Workspaces.Tenant(), Name: app.Name, RedirectURIs: app.CallbackURLs, Scopes: app.OAuthScopes,
		GrantTypes: app.GrantTypes(), AuthMethod: "client_secret_basic", OpenID: app.OpenID,
	}
	if len(app.Secrets) == 0 {
		out.AuthMethod = "none"
	} else if secret {
		out.Secret = app.Secrets[0].Value
	}
	return out
}

func (in wireClient) spec() (room.ClientSpec, error) {
	if !slices.Contains([]string{"", "none", "client_secret_basic", "client_secret_post"}, in.AuthMethod) {
		return room.ClientSpec{}, fault.Invalidf("token_endpoint_auth_method must be client_secret_basic, client_secret_post or none.")
	}
	if in.AuthMethod == "none" && in.Secret != "" {
		return room.ClientSpec{}, fault.Invalidf("client_secret: a client whose token_endpoint_auth_method is none has none.")
	}
	return room.ClientSpec{
		ID: in.ID, Secret: in.Secret, Public: in.AuthMethod == "none", Name: in.Name, RedirectURIs: in.RedirectURIs, GrantTypes: in.GrantTypes,
		Scopes: in.Scopes, OpenID: in.OpenID, Client: in.Client,
	}, nil
}

// respec is spec for a client that is there.
func (in wireClient) respec(before *room.App) (room.ClientSpec, error) {
	spec, err := in.spec()
	if public := len(before.Secrets) == 0; err == nil && public && in.AuthMethod != "none" && in.AuthMethod != "" {
		err = fault.Invalidf("token_endpoint_auth_method: a public client gets no secret. Make another client.")
	}
	return spec, err
}

// tagOf is the entity tag of a client.
func (a *api) tagOf(app *room.App) string { return Tag(a.client(app, false)) }

// sayClient answers with a client, and with its secret where it is told.
func (a *api) sayClient(w http.ResponseWriter, status int, app *room.App, secret bool) error {
	return SayTagged(w, status, a.tagOf(app), a.client(app, secret))
}

func (a *api) clients() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/clients", Operation: "ListClients", Scopes: Reads("clients"), Handle: a.listClients},
		{Pattern: "POST /clients", Operation: "CreateClient", Scopes: Changes("clients"), Handle: a.createClient},
		{Pattern: "GET /clients/{cid}", Operation: "GetClient", Scopes: Reads("clients"), Handle: a.getClient},
		{Pattern: "PUT /clients/{cid}", Operation: "UpdateClient", Scopes: Changes("clients"), Tagged: true, Handle: a.updateClient},
		{Pattern: "DELETE /clients/{cid}", Operation: "DeleteClient", Scopes: Changes("clients"), Tagged: true, Handle: a.deleteClient},
	}
}

func (a *api) listClients(w http.ResponseWriter, r *http.Request, _ *Call) error {
	if _, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid")); err != nil {
		return err
	}
	list, err := a.Room.Clients.List(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	out := make([]wireClient, 0, len(list))
	for _, app := range list {
		out = append(out, a.client(app, false))
	}
	return Say(w, http.StatusOK, map[string]any{"clients": out})
}

func (a *api) createClient(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireClient
	if err := c.Read(&in); err != nil {
		return err
	}
	noteIn(r, in.WorkspaceID)
	if err := c.gives(in.WorkspaceID, in.Scopes); err != nil {
		return err
	}
	spec, err := in.spec()
	if err != nil {
		return err
	}
	app, err := a.Room.Clients.Create(r.Context(), spec)
	if err != nil {
		return err
	}
	noteResource(r, "workspace/"+app.About.WorkspaceID+"/client/"+app.About.ID)
	return a.sayClient(w, http.StatusCreated, app, true)
}

func (a *api) getClient(w http.ResponseWriter, r *http.Request, _ *Call) error {
	app, err := a.Room.Clients.Stored(r.Context(), r.PathValue("cid"))
	if err != nil {
		return err
	}
	return a.sayClient(w, http.StatusOK, app, false)
}

func (a *api) updateClient(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireClient
	if err := c.Read(&in); err != nil {
		return err
	}
	app, err := a.Room.Clients.Update(r.Context(), r.PathValue("cid"), func(before *room.App) (room.ClientSpec, error) {
		if err := c.gives(before.About.WorkspaceID, in.Scopes); err != nil {
			return room.ClientSpec{}, err
		}
		if err := c.Match(a.tagOf(before)); err != nil {
			return room.ClientSpec{}, err
		}
		return in.respec(before)
	})
	if err != nil {
		return err
	}
	return a.sayClient(w, http.StatusOK, app, false)
}

func (a *api) deleteClient(w http.ResponseWriter, r *http.Request, c *Call) error {
	allow := func(app *room.App) error { return c.Match(a.tagOf(app)) }
	if err := a.Room.Clients.Delete(r.Context(), r.PathValue("cid"), allow); err != nil {
		return err
	}
	return done(w)
}
