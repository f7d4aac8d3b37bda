package enrichment

import (
	"context"
	"encoding/json"
	"net/http"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/telemetry"
)

// Prefix is where all of this answers.
const Prefix = "/enrichment/"

// Enricher looks up as for a decision. enrich.Enricher is one.
type Enricher interface {
	Preview(ctx context.Context, p *enginev1.Principal, r *enginev1.Resource) (*enrich.Preview, error)
}

// Parts is what operators reach.
type Parts struct {
	Enricher Enricher
	// Forget makes every node forget what a source said of an id, or with an empty id, all that it said. When it returns,
	// this node has. An unknown source is a fault of kind Missing.
	Forget func(ctx context.Context, source, id string) error
}

// Handler answers below Prefix. It tells what is known of people, so whoever mounts it decides who may ask.
func Handler(p Parts) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Prefix+"preview", named("EnrichmentPreview", p.preview))
	mux.Handle("POST "+Prefix+"forget", named("EnrichmentForget", p.forget))
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusNotFound, message("There is GET "+Prefix+"preview and POST "+Prefix+"forget."))
	})
	return mux
}

func named(name string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), name)
		next(w, r)
	})
}

// forget answers POST /enrichment/forget?source=NAME&id=ID. Without an id, all that the source said is forgotten.
func (p Parts) forget(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("source") == "" || q.Has("id") && q.Get("id") == "" {
		say(w, http.StatusBadRequest, message("Name a source, and an id or none."))
		return
	}
	audit.Note(r.Context(), func(rec *audit.Record) {
		rec.Operation, rec.Resource = "EnrichmentForget", "source/"+q.Get("source")
	})
	err := p.Forget(r.Context(), q.Get("source"), q.Get("id"))
	switch {
	case fault.Is(err, fault.Missing, ""):
		say(w, http.StatusNotFound, message(fault.As(err).Text))
	case err != nil:
		telemetry.Fail(r.Context(), err)
		say(w, http.StatusInternalServerError, message("Not every node could be told; try again."))
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func message(text string) map[string]string { return map[string]string{"message": text} }

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(body) // the asker may be gone; there is nobody to tell
}
