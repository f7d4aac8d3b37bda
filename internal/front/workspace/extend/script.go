// Package extend is the operations of the administration API for what workspaces add: scripts, their secrets and points, custom
// applications, the page that asks for consent; and those of the system API with which such pages answer.
package extend

import (
	"net/http"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/workspace"
)

// Rooms are what is asked. All are needed.
type Rooms struct {
	Scripts  *extension.Scripts
	Apps     *extension.Apps
	Consents *consent.Consents
}

// Routes lists the operations.
func Routes(r Rooms) []workspace.Route {
	return append(append(r.scripts(), r.apps()...), r.logins()...)
}

func (h Rooms) scripts() []workspace.Route {
	reads, changes, secrets := workspace.Reads("scripts"), workspace.Changes("scripts"), workspace.Changes("secrets")
	return []workspace.Route{
		{Pattern: "GET /servers/{wid}/scripts", Operation: "ListScripts", Scopes: reads, Handle: h.listScripts},
		{Pattern: "POST /servers/{wid}/scripts", Operation: "CreateScript", Scopes: changes, Handle: h.saveScript},
		{Pattern: "POST /servers/{wid}/scripts/test", Operation: "TestScript", Scopes: changes, Handle: h.testScript},
		{Pattern: "GET /servers/{wid}/scripts/{script}", Operation: "GetScript", Scopes: reads, Handle: h.getScript},
		{Pattern: "PUT /servers/{wid}/scripts/{script}", Operation: "UpdateScript", Scopes: changes, Tagged: true, Handle: h.saveScript},
		{Pattern: "DELETE /servers/{wid}/scripts/{script}", Operation: "DeleteScript", Scopes: changes, Tagged: true, Handle: h.deleteScript},
		{Pattern: "PUT /servers/{wid}/scripts/{script}/debug", Operation: "EnableScriptDebug", Scopes: changes, Handle: h.debugScript},
		{Pattern: "GET /servers/{wid}/scripts/{script}/debug", Operation: "GetScriptDebug", Scopes: changes, Handle: h.scriptRuns},
		{Pattern: "DELETE /servers/{wid}/scripts/{script}/debug", Operation: "DisableScriptDebug", Scopes: changes, Handle: h.debugScript},
		{Pattern: "GET /servers/{wid}/script-execution-points", Operation: "ListScriptExecutionPoints", Scopes: reads, Handle: h.listPoints},
		{Pattern: "PUT /servers/{wid}/script-execution-points", Operation: "SetScriptExecutionPoints", Scopes: changes, Tagged: true, Handle: h.setPoints},
		{Pattern: "GET /servers/{wid}/secrets", Operation: "ListSecrets", Scopes: secrets, Handle: h.listSecrets},
		{Pattern: "POST /servers/{wid}/secrets", Operation: "CreateSecret", Scopes: secrets, Handle: h.saveSecret},
		{Pattern: "PUT /servers/{wid}/secrets/{secret}", Operation: "UpdateSecret", Scopes: secrets, Handle: h.saveSecret},
		{Pattern: "DELETE /servers/{wid}/secrets/{secret}", Operation: "DeleteSecret", Scopes: secrets, Handle: h.deleteSecret},
	}
}

// about names what an operation is about.
func about(r *http.Request, kind, id string) {
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Resource = "workspace/" + r.PathValue("wid") + "/" + kind + "/" + id })
}

// status is that of an answer to what may have made something.
func status(r *http.Request) int {
	if r.Method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (h Rooms) listScripts(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	list, err := h.Scripts.List(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	if list == nil {
		list = []*extension.Script{}
	}
	return workspace.Say(w, http.StatusOK, map[string]any{"scripts": list})
}

func (h Rooms) saveScript(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in extension.Script
	if err := c.Read(&in); err != nil {
		return err
	}
	in.WorkspaceID, in.ID = r.PathValue("wid"), r.PathValue("script")
	x, err := h.Scripts.Save(r.Context(), &in, func(x *extension.Script) error { return c.Match(workspace.Tag(x)) })
	if err != nil {
		return err
	}
	about(r, "script", x.ID)
	return workspace.SayTagged(w, status(r), workspace.Tag(x), x)
}

func (h Rooms) getScript(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.Scripts.Get(r.Context(), r.PathValue("wid"), r.PathValue("script"))
	if err != nil {
		return err
	}
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(x), x)
}

func (h Rooms) deleteScript(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	about(r, "script", r.PathValue("script"))
	return done(w, h.Scripts.Delete(r.Context(), r.PathValue("wid"), r.PathValue("script"), func(x *extension.Script) error {
		return c.Match(workspace.Tag(x))
	}))
}

func (h Rooms) testScript(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in extension.Trial
	if err := c.Read(&in); err != nil {
		return err
	}
	tried, err := h.Scripts.Test(r.Context(), r.PathValue("wid"), in)
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, tried)
}

// debugging is for how long runs are kept, and what was.
type debugging struct {
	Until time.Time          `json:"until,omitzero"`
	Runs  []extension.Logged `json:"runs,omitempty"`
}

func (h Rooms) debugScript(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in struct {
		Duration string `json:"duration"` // as Go writes it; empty: a minute
	}
	if len(c.Body) > 0 {
		if err := c.Read(&in); err != nil {
			return err
		}
	}
	window := time.Duration(0)
	switch {
	case r.Method == http.MethodDelete:
		window = -1
	case in.Duration != "":
		var err error
		if window, err = time.ParseDuration(in.Duration); err != nil || window <= 0 {
			return fault.Invalidf("duration: %q is no duration such as 5m.", in.Duration)
		}
	}
	about(r, "script", r.PathValue("script"))
	x, err := h.Scripts.Debug(r.Context(), r.PathValue("wid"), r.PathValue("script"), window)
	if err != nil {
		return err
	}
	if window < 0 {
		return done(w, nil)
	}
	return workspace.Say(w, http.StatusOK, debugging{Until: x.DebugUntil})
}

// scriptRuns shows what scripts were told of people: who may change a script may see it, as a script could send it away.
func (h Rooms) scriptRuns(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.Scripts.Get(r.Context(), r.PathValue("wid"), r.PathValue("script"))
	if err != nil {
		return err
	}
	runs, err := h.Scripts.Logs(r.Context(), x.WorkspaceID, x.ID)
	if err != nil {
		return err
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation = "GetScriptDebug" }) // it shows what is people's
	about(r, "script", x.ID)
	return workspace.Say(w, http.StatusOK, debugging{Until: x.DebugUntil, Runs: runs})
}

// points is where scripts run.
type points struct {
	Points []*extension.Point `json:"script_execution_points"`
}

func (h Rooms) listPoints(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	list, err := h.Scripts.Points(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(pointsOf(list)), pointsOf(list))
}

func pointsOf(list []*extension.Point) points {
	if list == nil {
		list = []*extension.Point{}
	}
	return points{list}
}

func (h Rooms) setPoints(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in points
	if err := c.Read(&in); err != nil {
		return err
	}
	for _, p := range in.Points {
		if p == nil {
			return fault.Invalidf("script_execution_points: one is null.")
		}
	}
	err := h.Scripts.Assign(r.Context(), r.PathValue("wid"), in.Points, func(list []*extension.Point) error {
		return c.Match(workspace.Tag(pointsOf(list)))
	})
	if err != nil {
		return err
	}
	return h.listPoints(w, r, c)
}

func (h Rooms) listSecrets(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	list, err := h.Scripts.ListSecrets(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	if list == nil {
		list = []*extension.Secret{}
	}
	return workspace.Say(w, http.StatusOK, map[string]any{"secrets": list})
}

func (h Rooms) saveSecret(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in struct {
		ID     string `json:"id"`
		Secret string `json:"secret"`
	}
	if err := c.Read(&in); err != nil {
		return err
	}
	if id := r.PathValue("secret"); id != "" {
		in.ID = id
	}
	about(r, "secret", in.ID)
	x, err := h.Scripts.SetSecret(r.Context(), r.PathValue("wid"), in.ID, in.Secret)
	if err != nil {
		return err
	}
	return workspace.Say(w, status(r), x)
}

func (h Rooms) deleteSecret(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	about(r, "secret", r.PathValue("secret"))
	return done(w, h.Scripts.DeleteSecret(r.Context(), r.PathValue("wid"), r.PathValue("secret")))
}
