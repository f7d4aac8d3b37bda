// Package preview shows operators what policies will see of a principal and a resource, field by field: the value, the
// source, the outcome and the age. It leaves looking up to enrich, and who is an operator to its user.
package preview

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/telemetry"
)

// Path is where the preview answers.
const Path = "/enrichment/preview"

// Enricher looks up as for a decision. enrich.Enricher is one.
type Enricher interface {
	Preview(ctx context.Context, p *enginev1.Principal, r *enginev1.Resource) (*enrich.Preview, error)
}

// answer is the body. Ages are in milliseconds.
type answer struct {
	Principal *entity  `json:"principal"`
	Resource  *entity  `json:"resource,omitempty"`
	Denied    bool     `json:"denied,omitempty"`  // everything is denied, before any policy is asked
	Refused   string   `json:"refused,omitempty"` // there is no decision at all, and this is why
	Sources   []source `json:"sources"`
	Fields    []seen   `json:"fields"`
}

type entity struct {
	Kind  string         `json:"kind,omitempty"`
	ID    string         `json:"id"`
	Roles []string       `json:"roles,omitempty"`
	Attr  map[string]any `json:"attr"`
}

type source struct {
	Source    string   `json:"source"`
	Outcome   string   `json:"outcome"`
	AgeMS     int64    `json:"age_ms"`
	Found     bool     `json:"found"`
	Roles     []string `json:"roles,omitempty"` // that the principal has of it
	Resources int      `json:"resources,omitempty"`
	Error     string   `json:"error,omitempty"`
}

type seen struct {
	Field   string `json:"field"`
	Value   any    `json:"value"`
	Source  string `json:"source"`
	Outcome string `json:"outcome"`
	AgeMS   int64  `json:"age_ms"`
	Secret  bool   `json:"secret,omitempty"`
}

// Handler answers GET /enrichment/preview?principal=ID, with role=R any number of times for the roles that the request
// would bring, and kind=K&resource=ID for a resource. Operator refuses who is none, with an error that may be shown.
func Handler(e Enricher, operator func(*http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "EnrichmentPreview")
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			say(w, http.StatusMethodNotAllowed, map[string]string{"message": "Use GET."})
			return
		}
		if err := operator(r); err != nil {
			telemetry.Fail(r.Context(), err)
			say(w, http.StatusForbidden, map[string]string{"message": fault.As(err).Text})
			return
		}
		q := r.URL.Query()
		if q.Get("principal") == "" || q.Has("kind") != q.Has("resource") {
			say(w, http.StatusBadRequest, map[string]string{"message": "Name a principal, and kind and resource together or neither."})
			return
		}
		p := &enginev1.Principal{Id: q.Get("principal"), Roles: q["role"]}
		var about *enginev1.Resource
		if q.Has("kind") {
			about = &enginev1.Resource{Kind: q.Get("kind"), Id: q.Get("resource")}
		}
		shown, err := e.Preview(r.Context(), p, about)
		a := read(shown)
		if err != nil {
			telemetry.Fail(r.Context(), err)
			a.Refused = fault.As(err).Text
		}
		say(w, http.StatusOK, a)
	})
}

func read(p *enrich.Preview) *answer {
	a := &answer{
		Principal: &entity{ID: p.Principal.GetId(), Roles: p.Principal.GetRoles(), Attr: map[string]any{}},
		Denied:    p.Denied, Sources: make([]source, len(p.Trace)), Fields: make([]seen, len(p.Fields)),
	}
	for name, v := range p.Principal.GetAttr() {
		a.Principal.Attr[name] = v.AsInterface()
	}
	if r := p.Resource; r != nil {
		a.Resource = &entity{Kind: r.GetKind(), ID: r.GetId(), Attr: map[string]any{}}
		for name, v := range r.GetAttr() {
			a.Resource.Attr[name] = v.AsInterface()
		}
	}
	for i, s := range p.Trace {
		a.Sources[i] = source{Source: s.Source, Outcome: string(s.Outcome), AgeMS: ms(s.Age), Found: s.Found, Roles: s.Roles, Resources: s.Resources}
		if s.Err != nil {
			a.Sources[i].Error = s.Err.Error()
		}
	}
	for i, f := range p.Fields {
		a.Fields[i] = seen{Field: f.Field, Source: f.Source, Outcome: string(f.Outcome), AgeMS: ms(f.Age), Secret: f.Value == nil}
		if f.Value != nil {
			a.Fields[i].Value = f.Value.AsInterface()
		}
	}
	return a
}

func ms(d time.Duration) int64 { return d.Milliseconds() }

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(body) // the asker may be gone; there is nobody to tell
}
