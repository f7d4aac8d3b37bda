package workspace

import (
	"net/http"

	"cognate.dev/cognate/internal/audit"
	room "cognate.dev/cognate/internal/workspace"
)

// wireConnection is a connection. Credentials are taken and not told, the redirect URL is told and not taken.
type wireConnection struct {
	room.Connection
	Credentials map[string]string `json:"credentials,omitempty"`
	RedirectURL string            `json:"redirect_url,omitempty"`
}

// callbackPaths are where providers send people back to, below the site.
const (
	answerPath = "/oauth2/idpresponse"
	assertPath = "/saml2/idpresponse"
)

func (a *api) connection(c *room.Connection) wireConnection {
	url := a.Base(c.WorkspaceID) + redirectPath(c.Method)
	if c.Settings.OwnRedirectURL {
		url += "/" + c.ID
	}
	return wireConnection{Connection: *c, RedirectURL: url}
}

// tag is the entity tag of a connection, which also changes with its credentials.
func (a *api) tag(c *room.Connection) string { return Tag(a.connection(c), c.Stamp) }

// redirectPath is that of the redirect URL of a method's connections, below the issuer of their workspace.
func redirectPath(method string) string {
	if method == "saml" || method == "saml_v2" {
		return assertPath
	}
	return answerPath
}

func (a *api) idps() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/idps", Operation: "ListIDPs", Scopes: Reads("idps"), Handle: a.listIDPs},
		{Pattern: "GET /servers/{wid}/idps/{iid}", Operation: "GetIDP", Scopes: Reads("idps"), Handle: a.getIDP},
		{Pattern: "DELETE /servers/{wid}/idps/{iid}", Operation: "DeleteIDP", Scopes: Changes("idps"), Tagged: true, Handle: a.deleteIDP},
		{Pattern: "POST /servers/{wid}/idps/{method}", Operation: "CreateIDP", Scopes: Changes("idps"), Handle: a.createIDP},
		{Pattern: "GET /servers/{wid}/idps/{method}/{iid}", Operation: "GetIDP", Scopes: Reads("idps"), Handle: a.getIDP},
		{Pattern: "PUT /servers/{wid}/idps/{method}/{iid}", Operation: "UpdateIDP", Scopes: Changes("idps"), Tagged: true, Handle: a.updateIDP},
		{Pattern: "DELETE /servers/{wid}/idps/{method}/{iid}", Operation: "DeleteIDP", Scopes: Changes("idps"), Tagged: true, Handle: a.deleteIDP},
		{Pattern: "GET /idps", Operation: "ListTemplates", Scopes: Reads("idps"), Handle: a.listTemplates},
	}
}

// wireTemplate is what somebody has to know who makes a connection.
type wireTemplate struct {
	Method      string   `json:"method"`
	Title       string   `json:"title"`
	Settings    []string `json:"settings"`
	Required    []string `json:"required"`
	Credentials []string `json:"credentials"`
	// RedirectPath follows the issuer of a workspace: the redirect URL is known before there is a connection.
	RedirectPath string `json:"redirect_path"`
}

// listTemplates is ours: Cloudentity's console knows its methods by heart.
func (a *api) listTemplates(w http.ResponseWriter, _ *http.Request, _ *Call) error {
	list := func(names []string) []string { return append([]string{}, names...) } // never null
	out := []wireTemplate{}
	for _, method := range a.Room.Connections.Methods() {
		t, err := a.Room.Connections.Template(method)
		if err != nil {
			return err
		}
		out = append(out, wireTemplate{t.Method, t.Title, list(t.Fields), list(t.Required), list(t.Credentials), redirectPath(t.Method)})
	}
	return Say(w, http.StatusOK, map[string]any{"templates": out})
}

func (a *api) listIDPs(w http.ResponseWriter, r *http.Request, _ *Call) error {
	if _, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid")); err != nil {
		return err
	}
	list, err := a.Room.Connections.List(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	out := make([]wireConnection, 0, len(list))
	for _, c := range list {
		out = append(out, a.connection(c))
	}
	return Say(w, http.StatusOK, map[string]any{"idps": out})
}

func (a *api) createIDP(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireConnection
	if err := c.Read(&in); err != nil {
		return err
	}
	in.Connection.WorkspaceID, in.Connection.Method, in.Connection.Credentials = r.PathValue("wid"), r.PathValue("method"), in.Credentials
	made, err := a.Room.Connections.Create(r.Context(), &in.Connection)
	if err != nil {
		return err
	}
	noteResource(r, "workspace/"+made.WorkspaceID+"/connection/"+made.ID)
	return SayTagged(w, http.StatusCreated, a.tag(made), a.connection(made))
}

func (a *api) getIDP(w http.ResponseWriter, r *http.Request, _ *Call) error {
	c, err := a.Room.Connections.Get(r.Context(), r.PathValue("wid"), r.PathValue("method"), r.PathValue("iid"))
	if err != nil {
		return err
	}
	return SayTagged(w, http.StatusOK, a.tag(c), a.connection(c))
}

func (a *api) updateIDP(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireConnection
	if err := c.Read(&in); err != nil {
		return err
	}
	changed, err := a.Room.Connections.Update(r.Context(), r.PathValue("wid"), r.PathValue("method"), r.PathValue("iid"), func(x *room.Connection) error {
		if err := c.Match(a.tag(x)); err != nil {
			return err
		}
		stamp, created := x.Stamp, x.CreatedAt
		*x = in.Connection
		x.Credentials, x.Stamp, x.CreatedAt = in.Credentials, stamp, created
		return nil
	})
	if err != nil {
		return err
	}
	return SayTagged(w, http.StatusOK, a.tag(changed), a.connection(changed))
}

func (a *api) deleteIDP(w http.ResponseWriter, r *http.Request, c *Call) error {
	err := a.Room.Connections.Delete(r.Context(), r.PathValue("wid"), r.PathValue("method"), r.PathValue("iid"), func(x *room.Connection) error {
		return c.Match(a.tag(x))
	})
	if err != nil {
		return err
	}
	return done(w)
}

// noteResource names what an operation has made.
func noteResource(r *http.Request, name string) {
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Resource = name })
}

// noteIn names the workspace in which an operation is to make something, before it does: what is refused is somewhere, too.
func noteIn(r *http.Request, workspaceID string) {
	if room.IsID(workspaceID) {
		noteResource(r, "workspace/"+workspaceID)
	}
}
