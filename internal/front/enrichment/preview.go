// Package enrichment is for operators: it shows what policies will see of a principal and a resource, field by field, and
// forgets what sources said. It leaves looking up and keeping to enrich, and who is an operator to its user.
package enrichment

import (
	"net/http"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/telemetry"
)

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

// preview answers GET /enrichment/preview?principal=ID, with role=R any number of times for the roles that the request
// would bring, and kind=K&resource=ID for a resource.
func (p Parts) preview(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("principal") == "" || q.Has("kind") != q.Has("resource") {
		say(w, http.StatusBadRequest, message("Name a principal, and kind and resource together or neither."))
		return
	}
	who := &enginev1.Principal{Id: q.Get("principal"), Roles: q["role"]}
	var about *enginev1.Resource
	if q.Has("kind") {
		about = &enginev1.Resource{Kind: q.Get("kind"), Id: q.Get("resource")}
	}
	shown, err := p.Enricher.Preview(r.Context(), who, about)
	a := read(shown)
	if err != nil {
		telemetry.Fail(r.Context(), err)
		a.Refused = fault.As(err).Text
	}
	say(w, http.StatusOK, a)
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
