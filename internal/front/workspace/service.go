package workspace

import (
	"net/http"
	"slices"

	"cognate.dev/cognate/internal/fault"
	room "cognate.dev/cognate/internal/workspace"
)

func (a *api) services() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/services", Operation: "ListServices", Scopes: Reads("services"), Handle: a.listServices},
		{Pattern: "POST /services", Operation: "CreateService", Scopes: Changes("services"), Handle: a.createService},
		{Pattern: "DELETE /servers/{wid}/services/{sid}", Operation: "DeleteService", Scopes: Changes("services"), Handle: a.deleteService},
		{Pattern: "GET /servers/{wid}/scopes", Operation: "ListScopes", Scopes: Reads("services"), Handle: a.listScopes},
		{Pattern: "POST /servers/{wid}/services/{sid}/scopes", Operation: "CreateScope", Scopes: Changes("services"), Handle: a.createScope},
		{Pattern: "DELETE /servers/{wid}/services/{sid}/scopes/{scp}", Operation: "DeleteScope", Scopes: Changes("services"), Handle: a.deleteScope},
	}
}

func (a *api) listServices(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, map[string]any{"services": x.Services})
}

func (a *api) createService(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in room.Service
	if err := c.Read(&in); err != nil {
		return err
	}
	in.ID = ""
	noteIn(r, in.WorkspaceID)
	for i := range in.Scopes {
		in.Scopes[i].ID = ""
	}
	x, err := a.change(r, in.WorkspaceID, func(x *room.Workspace) error {
		x.Services = append(x.Services, in)
		return nil
	})
	if err != nil {
		return err
	}
	made := x.Services[len(x.Services)-1]
	noteResource(r, "workspace/"+x.ID+"/service/"+made.ID)
	return Say(w, http.StatusCreated, made)
}

// change changes the services of a workspace. Those of the system are the house's own.
func (a *api) change(r *http.Request, id string, change func(*room.Workspace) error) (*room.Workspace, error) {
	if id == room.System {
		return nil, fault.Invalidf("The services of the workspace %s are fixed.", room.System)
	}
	return a.Room.Workspaces.Update(r.Context(), id, change)
}

func serviceOf(x *room.Workspace, id string) (*room.Service, error) {
	i := slices.IndexFunc(x.Services, func(s room.Service) bool { return s.ID == id })
	if i < 0 {
		return nil, fault.Missingf("There is no such service.")
	}
	return &x.Services[i], nil
}

func (a *api) deleteService(w http.ResponseWriter, r *http.Request, _ *Call) error {
	id := r.PathValue("sid")
	_, err := a.change(r, r.PathValue("wid"), func(x *room.Workspace) error {
		if _, err := serviceOf(x, id); err != nil {
			return err
		}
		x.Services = slices.DeleteFunc(x.Services, func(s room.Service) bool { return s.ID == id })
		return nil
	})
	if err != nil {
		return err
	}
	return done(w)
}

func (a *api) listScopes(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	scopes := []room.Scope{}
	for _, s := range x.Services {
		scopes = append(scopes, s.Scopes...)
	}
	return Say(w, http.StatusOK, map[string]any{"scopes": scopes})
}

func (a *api) createScope(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in room.Scope
	if err := c.Read(&in); err != nil {
		return err
	}
	in.ID = ""
	var made room.Scope
	x, err := a.change(r, r.PathValue("wid"), func(x *room.Workspace) error {
		s, err := serviceOf(x, r.PathValue("sid"))
		if err == nil {
			s.Scopes = append(s.Scopes, in)
		}
		return err
	})
	if err != nil {
		return err
	}
	if found, _ := x.Scope(in.Name); found != nil {
		made = *found
	}
	noteResource(r, "workspace/"+x.ID+"/scope/"+made.Name)
	return Say(w, http.StatusCreated, made)
}

func (a *api) deleteScope(w http.ResponseWriter, r *http.Request, _ *Call) error {
	_, err := a.change(r, r.PathValue("wid"), func(x *room.Workspace) error {
		s, err := serviceOf(x, r.PathValue("sid"))
		if err != nil {
			return err
		}
		before := len(s.Scopes)
		s.Scopes = slices.DeleteFunc(s.Scopes, func(k room.Scope) bool { return k.ID == r.PathValue("scp") || k.Name == r.PathValue("scp") })
		if len(s.Scopes) == before {
			return fault.Missingf("There is no such scope.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return done(w)
}
