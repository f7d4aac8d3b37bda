package pdp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
)

const byOwner = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - actions: [read]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: R.attr.owner == P.id}}
`

// archive knows who owns doc/1 and doc/2, and cannot say who owns doc/9.
func archive(_ context.Context, q enrich.Query) (map[string]any, error) {
	switch q.Kind + "/" + q.ID {
	case "doc/1":
		return map[string]any{"owner": "alice"}, nil
	case "doc/2":
		return map[string]any{"owner": "bob"}, nil
	case "doc/9":
		return nil, errors.New("down")
	}
	return nil, nil
}

func newArchive(t *testing.T) *server {
	t.Helper()
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{
		Name: "archive", Type: enrich.TypeHTTP, HTTP: rest.Config{URL: "https://example.com/{id}"}, For: "resource", Attribute: ".", OnMissing: "deny",
		Fields: []field.Config{{From: "owner", Required: true}}, Select: enrich.Selector{Kinds: []string{"doc"}},
	}}}, func(enrich.SourceConfig) (enrich.Source, error) { return enrich.Outside(archive, nil), nil }, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{clock: clock.NewFake(clock.System())}
	s.Server = pdp.New(pdp.Config{}, pdp.Parts{Decider: compiled(t, byOwner), Enricher: e, Observe: s.observe})
	return s
}

// What a source knows of a resource decides, whatever the request claims; and by every call there is.
func TestResourcesAreWhatTheirSourceSays(t *testing.T) {
	t.Parallel()
	s := newArchive(t)
	forged := `"attr":{"owner":"alice"}`
	entry := func(id string) string {
		return fmt.Sprintf(`{"actions":["read"],"resource":{"kind":"doc","id":%q,%s}}`, id, forged)
	}
	who := `"principal":{"id":"alice","roles":["r"]}`
	for name, c := range map[string]struct{ path, body string }{
		"CheckResources":     {"/api/check/resources", `{` + who + `,"resources":[` + entry("1") + `,` + entry("2") + `,` + entry("3") + `],"includeMeta":true}`},
		"CheckResourceSet":   {"/api/check", `{` + who + `,"actions":["read"],"resource":{"kind":"doc","instances":{"1":{` + forged + `},"2":{` + forged + `},"3":{` + forged + `}}}}`},
		"CheckResourceBatch": {"/api/check_resource_batch", `{` + who + `,"resources":[` + entry("1") + `,` + entry("2") + `,` + entry("3") + `]}`},
	} {
		w := s.do(http.MethodPost, c.path, c.body)
		body := w.Body.String()
		if w.Code != http.StatusOK || strings.Count(body, "EFFECT_ALLOW") != 1 || strings.Count(body, "EFFECT_DENY") != 2 {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
		if name == "CheckResources" && !strings.Contains(body, "enrichment.missing_resource") {
			t.Errorf("nobody says why doc 3 is denied: %s", body)
		}
		if h := w.Header().Get("X-Cognate-Enrichment"); !strings.Contains(h, "archive;") || !strings.Contains(h, "resources=") {
			t.Errorf("%s: the header says %q", name, h)
		}
	}
	for id, want := range map[string]string{"1": `true`, "2": `false`, "3": `false`} {
		r := httptest.NewRequest(http.MethodPost, "/access/v1/evaluation", strings.NewReader(fmt.Sprintf(
			`{"subject":{"type":"user","id":"alice","properties":{"cerbos.roles":["r"]}},"action":{"name":"read"},"resource":{"type":"doc","id":%q,"properties":{"owner":"alice"}}}`, id)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"decision":`+want) {
			t.Errorf("AuthZEN, doc %s: %d %s", id, w.Code, w.Body)
		}
	}
	if w := s.do(http.MethodPost, "/api/check/resources", `{`+who+`,"resources":[`+entry("1")+`,`+entry("9")+`]}`); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "EFFECT") {
		t.Errorf("a source that cannot say: %d %s", w.Code, w.Body)
	}
	// A plan is for resources that nobody has named: what the caller says of the owner is not known to be so.
	w := s.do(http.MethodPost, "/api/plan/resources", `{"action":"read",`+who+`,"resource":{"kind":"doc",`+forged+`}}`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "KIND_CONDITIONAL") {
		t.Errorf("plan: %d %s", w.Code, w.Body)
	}
}
