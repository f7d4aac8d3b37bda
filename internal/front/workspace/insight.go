package workspace

import (
	"net/http"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	room "cognate.dev/cognate/internal/workspace"
)

// insight is what tells administrators how things hang together, and why a sign-in came out as it did.
func (a *api) insight() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/data-lineage", Operation: "GetDataLineage", Scopes: Reads("servers"), Handle: a.lineage},
		{Pattern: "GET /servers/{wid}/login-traces", Operation: "ListLoginTraces", Scopes: Reads("login_traces"), Handle: a.listTraces},
		{Pattern: "GET /servers/{wid}/login-traces/{trace}", Operation: "GetLoginTrace", Scopes: Reads("login_traces"), Handle: a.getTrace},
	}
}

// lineage answers with nodes and edges: of the workspace, or with client_id of what one client gets; with dead_ends=true, of all that could
// get there, too.
func (a *api) lineage(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	connections, err := a.Room.Connections.List(r.Context(), x.ID)
	if err != nil {
		return err
	}
	apps, err := a.Room.Clients.List(r.Context(), x.ID)
	if err != nil {
		return err
	}
	id := r.URL.Query().Get("client_id")
	if id == "" {
		return Say(w, http.StatusOK, room.Lineage(x, connections, apps))
	}
	for _, app := range apps {
		if app.ID == id {
			g := room.Lineage(x, connections, []*room.App{app})
			if r.URL.Query().Get("dead_ends") != "true" {
				g = g.Behind("client:" + id)
			}
			return Say(w, http.StatusOK, g)
		}
	}
	return fault.NoClient(id)
}

const maxTraces = 100

func (a *api) listTraces(w http.ResponseWriter, r *http.Request, _ *Call) error {
	if _, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid")); err != nil {
		return err
	}
	q, limit, before := r.URL.Query(), maxTraces, time.Time{}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxTraces {
			return fault.Invalidf("limit: it is a number from 1 to %d.", maxTraces)
		}
		limit = n
	}
	if text := q.Get("before"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fault.Invalidf("before: it is a time such as 2026-01-31T12:00:00Z.")
		}
		before = at
	}
	list, err := a.Traces.List(r.Context(), r.PathValue("wid"), before, limit)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return Say(w, http.StatusOK, map[string]any{"traces": []any{}})
	}
	return Say(w, http.StatusOK, map[string]any{"traces": list})
}

// getTrace shows what a provider has said of a person; whoever looks is recorded.
func (a *api) getTrace(w http.ResponseWriter, r *http.Request, _ *Call) error {
	audit.Note(r.Context(), func(rec *audit.Record) {
		rec.Operation, rec.Resource = "GetLoginTrace", "workspace/"+r.PathValue("wid")+"/trace/"+r.PathValue("trace")
	})
	t, err := a.Traces.Get(r.Context(), r.PathValue("wid"), r.PathValue("trace"))
	if err != nil {
		return err
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.User = t.UserID })
	return Say(w, http.StatusOK, t)
}
