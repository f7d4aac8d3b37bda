package workspace

import (
	"net/http"

	"cognate.dev/cognate/internal/directory"
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
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty"` // none: it has no secret
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

func (in wireClient) spec() room.ClientSpec {
	return room.ClientSpec{
		ID: in.ID, Secret: in.Secret, Public: in.AuthMethod == "none", Name: in.Name, RedirectURIs: in.RedirectURIs, GrantTypes: in.GrantTypes,
		Scopes: in.Scopes, OpenID: in.OpenID, Client: in.Client,
	}
}

func (a *api) clients() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/clients", Operation: "ListClients", Scopes: Reads("clients"), Handle: a.listClients},
		{Pattern: "POST /clients", Operation: "CreateClient", Scopes: Changes("clients"), Handle: a.createClient},
		{Pattern: "GET /clients/{cid}", Operation: "GetClient", Scopes: Reads("clients"), Handle: a.getClient},
		{Pattern: "PUT /clients/{cid}", Operation: "UpdateClient", Scopes: Changes("clients"), Handle: a.updateClient},
		{Pattern: "DELETE /clients/{cid}", Operation: "DeleteClient", Scopes: Changes("clients"), Handle: a.deleteClient},
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
	app, err := a.Room.Clients.Create(r.Context(), in.spec())
	if err != nil {
		return err
	}
	noteResource(r, "workspace/"+app.About.WorkspaceID+"/client/"+app.About.ID)
	return Say(w, http.StatusCreated, a.client(app, true))
}

func (a *api) getClient(w http.ResponseWriter, r *http.Request, _ *Call) error {
	app, err := a.Room.Clients.Get(r.Context(), r.PathValue("cid"))
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, a.client(app, false))
}

func (a *api) updateClient(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireClient
	if err := c.Read(&in); err != nil {
		return err
	}
	app, err := a.Room.Clients.Get(r.Context(), r.PathValue("cid"))
	if err == nil {
		err = c.gives(app.About.WorkspaceID, in.Scopes)
	}
	if err != nil {
		return err
	}
	app, err = a.Room.Clients.Update(r.Context(), r.PathValue("cid"), in.spec())
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, a.client(app, false))
}

func (a *api) deleteClient(w http.ResponseWriter, r *http.Request, _ *Call) error {
	if err := a.Room.Clients.Delete(r.Context(), r.PathValue("cid")); err != nil {
		return err
	}
	return done(w)
}
