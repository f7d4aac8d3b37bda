package app

import (
	"context"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/telemetry"
)

// operate mounts what operators ask, on both ports.
func (h *house) operate(mux *http.ServeMux) {
	mux.Handle("GET /_cognate/health/live", h.told.Watch("ops", http.HandlerFunc(live)))
	mux.Handle("GET /_cognate/health/ready", h.told.Watch("ops", http.HandlerFunc(h.ready)))
	mux.Handle("GET /_cognate/metrics", h.told.Watch("ops", door.Quietly(h.told.Metrics.Handler())))
}

// nothing answers for paths that lead nowhere.
func nothing(w http.ResponseWriter, _ *http.Request) {
	door.Say(w, http.StatusNotFound, map[string]string{"message": "There is nothing here. Cognito's APIs answer POST /."})
}

// live says that the process runs.
func live(w http.ResponseWriter, r *http.Request) {
	telemetry.Quiet(r.Context())
	door.Say(w, http.StatusOK, map[string]string{"status": "live"})
}

// ready says whether requests can be answered: the database answers and is whole, there are policies to decide with, and the
// server was not told to end. A broken policy change shows in "policies" but does not make the server unready, since the last
// good ones decide.
func (h *house) ready(w http.ResponseWriter, r *http.Request) {
	telemetry.Quiet(r.Context())
	status, body := http.StatusOK, map[string]string{"status": "ready", "store": "ok", "policies": "ok"}
	if err := h.store.Ping(r.Context()); err != nil {
		telemetry.Fail(r.Context(), err)
		status, body["status"], body["store"] = http.StatusServiceUnavailable, "not ready", "unreachable"
	}
	if h.damaged.Load() {
		status, body["status"], body["store"] = http.StatusServiceUnavailable, "not ready", "damaged; see the log"
	}
	if h.leaving.Load() {
		status, body["status"] = http.StatusServiceUnavailable, "leaving"
	}
	if s := h.policies.Status(); s.Err != nil {
		body["policies"] = "the newest files are broken and not in use; see the log"
		if !s.Ready() {
			status, body["status"], body["policies"] = http.StatusServiceUnavailable, "not ready", "none that compile; see the log"
		}
	}
	door.Say(w, status, body)
}

// inspect looks once, beside everything else, whether the database is whole. One that is not makes the server unready: what
// is read from it may be wrong, and what is written to it lost.
func (h *house) inspect(ctx context.Context) {
	began := time.Now()
	err := h.store.Check(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.damaged.Store(true)
		h.told.Log.Error("the database is not whole: end the server, keep the file, and restore a copy (cognate restore)", "error", err)
	default:
		h.told.Log.Debug("the database is whole", "took", time.Since(began))
	}
}

// reset empties a development server and sows its seeds again.
func (h *house) reset(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "reset")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		door.Say(w, http.StatusMethodNotAllowed, map[string]string{"message": "Use POST."})
		return
	}
	if !door.FromThisMachine(r) {
		door.Say(w, http.StatusForbidden, map[string]string{"message": "Only a program or page of this machine may reset the server."})
		return
	}
	if err := h.startOver(r.Context()); err != nil {
		telemetry.Fail(r.Context(), err)
		door.Say(w, http.StatusInternalServerError, map[string]string{"message": "The server could not be reset; see the log."})
		return
	}
	door.Say(w, http.StatusOK, map[string]string{"status": "reset"})
}
