package workspace

import (
	"net/http"

	room "cognate.dev/cognate/internal/workspace"
)

// wireServer is a workspace. Issuer and Type are told and not taken.
type wireServer struct {
	room.Workspace
	Issuer string `json:"issuer_url,omitempty"`
	Type   string `json:"type,omitempty"`
}

func (a *api) server(w *room.Workspace) wireServer {
	kind := "regular"
	if w.ID == room.System {
		kind = "system"
	}
	return wireServer{*w, a.Base(w.ID), kind}
}

func (a *api) servers() []Route {
	return []Route{
		{Pattern: "GET /servers", Operation: "ListServers", Scopes: Reads("servers"), Handle: a.listServers},
		{Pattern: "POST /servers", Operation: "CreateServer", Scopes: Changes("servers"), Handle: a.createServer},
		{Pattern: "GET /servers/{wid}", Operation: "GetServer", Scopes: Reads("servers"), Handle: a.getServer},
		{Pattern: "PUT /servers/{wid}", Operation: "UpdateServer", Scopes: Changes("servers"), Handle: a.updateServer},
		{Pattern: "DELETE /servers/{wid}", Operation: "DeleteServer", Scopes: Changes("servers"), Handle: a.deleteServer},
	}
}

func (a *api) listServers(w http.ResponseWriter, r *http.Request, _ *Call) error {
	list, err := a.Room.Workspaces.List(r.Context())
	if err != nil {
		return err
	}
	out := make([]wireServer, 0, len(list))
	for _, x := range list {
		out = append(out, a.server(x))
	}
	return Say(w, http.StatusOK, map[string]any{"servers": out})
}

func (a *api) createServer(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireServer
	if err := c.Read(&in); err != nil {
		return err
	}
	noteIn(r, in.ID)
	made, err := a.Room.Workspaces.Create(r.Context(), &in.Workspace)
	if err != nil {
		return err
	}
	noteResource(r, "workspace/"+made.ID)
	return Say(w, http.StatusCreated, a.server(made))
}

func (a *api) getServer(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, a.server(x))
}

func (a *api) updateServer(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireServer
	if err := c.Read(&in); err != nil {
		return err
	}
	x, err := a.Room.Workspaces.Update(r.Context(), r.PathValue("wid"), func(x *room.Workspace) error {
		in.Claims, in.Services, in.Extra = x.Claims, x.Services, x.Extra
		if in.Context.Attributes == nil {
			in.Context = x.Context
		}
		*x = in.Workspace
		return nil
	})
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, a.server(x))
}

func (a *api) deleteServer(w http.ResponseWriter, r *http.Request, _ *Call) error {
	if err := a.Room.Workspaces.Delete(r.Context(), r.PathValue("wid")); err != nil {
		return err
	}
	return done(w)
}
