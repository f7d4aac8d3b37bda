package workspace

import (
	"net/http"

	"cognate.dev/cognate/internal/fault"
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

// sayServer answers with a workspace.
func (a *api) sayServer(w http.ResponseWriter, status int, x *room.Workspace) error {
	out := a.server(x)
	return SayTagged(w, status, Tag(out), out)
}

func (a *api) servers() []Route {
	return []Route{
		{Pattern: "GET /servers", Operation: "ListServers", Scopes: Reads("servers"), Handle: a.listServers},
		{Pattern: "POST /servers", Operation: "CreateServer", Scopes: Changes("servers"), Handle: a.createServer},
		{Pattern: "GET /servers/{wid}", Operation: "GetServer", Scopes: Reads("servers"), Handle: a.getServer},
		{Pattern: "PUT /servers/{wid}", Operation: "UpdateServer", Scopes: Changes("servers"), Tagged: true, Handle: a.updateServer},
		{Pattern: "DELETE /servers/{wid}", Operation: "DeleteServer", Scopes: Changes("servers"), Tagged: true, Handle: a.deleteServer},
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
	return a.sayServer(w, http.StatusCreated, made)
}

func (a *api) getServer(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return a.sayServer(w, http.StatusOK, x)
}

func (a *api) updateServer(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in wireServer
	if err := c.Read(&in); err != nil {
		return err
	}
	x, err := a.Room.Workspaces.Update(r.Context(), r.PathValue("wid"), func(x *room.Workspace) error {
		if err := c.Match(Tag(a.server(x))); err != nil {
			return err
		}
		if in.PoolID != "" && in.PoolID != x.PoolID {
			return fault.Invalidf("user_pool_id: a workspace stays with its pool.")
		}
		in := in // this may run more than once
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
	return a.sayServer(w, http.StatusOK, x)
}

func (a *api) deleteServer(w http.ResponseWriter, r *http.Request, c *Call) error {
	allow := func(x *room.Workspace) error { return c.Match(Tag(a.server(x))) }
	if err := a.Room.Workspaces.Delete(r.Context(), r.PathValue("wid"), allow); err != nil {
		return err
	}
	return done(w)
}
