package pdp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy/cerbos"
)

const byPin = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - actions: [read]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {all: {of: [{expr: P.attr.crm.pin == "s3cret-p"}, {expr: R.attr.pin == "s3cret-r"}]}}}
    - actions: [list]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: P.attr.crm.pin == R.attr.code}}
`

// untraced answers Explain with no steps.
type untraced struct{}

func (untraced) Trace(_ context.Context, inputs []*enginev1.CheckInput) ([]cerbos.Traced, error) {
	return make([]cerbos.Traced, len(inputs)), nil
}

// Policies decide with secret fields; neither the decision log nor an explanation repeats them.
func TestSecretFieldsDecideAndAreNotWrittenDown(t *testing.T) {
	t.Parallel()
	source := func(name, whom, attribute string) enrich.SourceConfig {
		return enrich.SourceConfig{Name: name, Type: enrich.TypeHTTP, HTTP: rest.Config{URL: "https://example.com/{id}"}, For: whom, Attribute: attribute,
			Fields: []field.Config{{From: "pin", Secret: true}, {From: "tier"}}}
	}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{source("crm", "", ""), source("docs", "resource", ".")}},
		func(c enrich.SourceConfig) (enrich.Source, error) {
			return enrich.Outside(func(context.Context, enrich.Query) (map[string]any, error) {
				return map[string]any{"pin": map[string]string{"crm": "s3cret-p", "docs": "s3cret-r"}[c.Name], "tier": "gold"}, nil
			}, nil), nil
		}, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := &server{Server: pdp.New(pdp.Config{}, pdp.Parts{Decider: compiled(t, byPin), Enricher: e, Record: func(e *auditv1.DecisionLogEntry) {
		raw, err := protojson.Marshal(e)
		if err != nil {
			t.Error(err)
		}
		log.Write(raw)
	}})}
	body := `{"principal":{"id":"alice","roles":["r"]},"resources":[{"actions":["read"],"resource":{"kind":"doc","id":"1"}},{"actions":["read"],"resource":{"kind":"doc","id":"2"}}]}`
	if w := s.do(http.MethodPost, "/api/check/resources", body); strings.Count(w.Body.String(), "EFFECT_ALLOW") != 2 {
		t.Errorf("check: %d %s", w.Code, w.Body)
	}
	if w := s.do(http.MethodPost, "/api/plan/resources", `{"action":"list","principal":{"id":"alice","roles":["r"]},"resource":{"kind":"doc"}}`); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "s3cret-p") { // it is what to filter by
		t.Errorf("plan: %d %s", w.Code, w.Body)
	}
	got := log.String()
	if strings.Contains(got, "s3cret") || !strings.Contains(got, "KIND_CONDITIONAL") || strings.Count(got, enrich.Mask) != 5 || !strings.Contains(got, "gold") {
		t.Errorf("the decision log says %s", got)
	}
	w := httptest.NewRecorder()
	s.Explain(untraced{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, pdp.ExplainPath, strings.NewReader(body)))
	if said := w.Body.String(); w.Code != http.StatusOK || strings.Contains(said, "s3cret") || !strings.Contains(said, enrich.Mask) || !strings.Contains(said, "gold") {
		t.Errorf("the explanation says %d %s", w.Code, said)
	}
}
