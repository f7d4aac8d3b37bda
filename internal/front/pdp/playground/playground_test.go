package playground_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/front/pdp/playground"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

func newPage(t *testing.T) http.Handler {
	t.Helper()
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := pdp.New(pdp.Config{}, pdp.Parts{}) // its own policies must not be asked: it has none
	return playground.Handler(playground.Parts{Engine: engine, Source: policy.Local(policy.Config{Dir: "../../../../examples/policies"}),
		Server: func() *pdp.Server { return server }})
}

type answer struct {
	Explanation *struct {
		Resources []struct {
			Actions []struct {
				Name, Effect string
				Steps        []struct{ Path string }
			}
		}
	}
	Findings []struct {
		File, Message string
		Line          int
	}
}

func ask(t *testing.T, h http.Handler, files map[string]string, request string) answer {
	t.Helper()
	type file struct{ Name, Text string }
	body := struct {
		Files   []file          `json:"files"`
		Request json.RawMessage `json:"request"`
	}{Request: json.RawMessage(request)}
	for name, text := range files {
		body.Files = append(body.Files, file{name, text})
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, playground.Path+"/try", bytes.NewReader(raw)))
	var got answer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return got
}

const (
	doc     = "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: doc\n  version: default\n  rules:\n    - {actions: [read], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: R.attr.owner == P.id}}}\n"
	request = `{"principal":{"id":"bob","roles":["user"]},"resources":[{"actions":["read","write"],"resource":{"kind":"doc","id":"1","attr":{"owner":"bob"}}}]}`
)

func TestATryIsDecidedWithItsOwnPolicies(t *testing.T) {
	t.Parallel()
	got := ask(t, newPage(t), map[string]string{"doc.yaml": doc}, request)
	if got.Findings != nil || got.Explanation == nil {
		t.Fatalf("%+v", got)
	}
	a := got.Explanation.Resources[0].Actions
	if a[0].Effect != "EFFECT_ALLOW" || a[1].Effect != "EFFECT_DENY" || len(a[0].Steps) == 0 {
		t.Errorf("%+v", a)
	}
}

func TestWhatIsWrongIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	h := newPage(t)
	for name, c := range map[string]struct {
		files   map[string]string
		request string
		file    string
		line    int
		message string
	}{
		"expression":  {map[string]string{"a.yaml": strings.Replace(doc, "== P.id", "==", 1)}, request, "a.yaml", 6, "Invalid expression"},
		"field":       {map[string]string{"a.yaml": doc + "bogus: 1\n"}, request, "a.yaml", 7, "unknown field"},
		"twice":       {map[string]string{"a.yaml": doc, "b.yaml": doc}, request, "b.yaml", 1, "also defined in a.yaml"},
		"import":      {map[string]string{"a.yaml": strings.Replace(doc, "  rules", "  importDerivedRoles: [none]\n  rules", 1)}, request, "a.yaml", 5, "none"},
		"known wrong": {map[string]string{"a.yaml": "apiVersion: api.cerbos.dev/v1\nrolePolicy: {role: clerk, rules: [{resource: a-b, allowActions: [x]}]}\n"}, request, "", 0, "never matches"},
		"no roles":    {map[string]string{"a.yaml": doc}, `{"principal":{"id":"bob"},"resources":[{"actions":["read"],"resource":{"kind":"doc","id":"1"}}]}`, "request", 0, "roles"},
		"no request":  {map[string]string{"a.yaml": doc}, `{"principle":{}}`, "request", 0, "unknown field"},
		"climbing":    {map[string]string{"../a.yaml": doc}, request, "../a.yaml", 0, "no name"},
		"folder":      {map[string]string{"a": doc, "a/b.yaml": doc}, request, "a", 0, "folder"},
	} {
		got := ask(t, h, c.files, c.request)
		if len(got.Findings) == 0 || got.Findings[0].File != c.file || got.Findings[0].Line != c.line || !strings.Contains(got.Findings[0].Message, c.message) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := newPage(t)
	for _, path := range []string{"", "/playground.css", "/playground.js"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, playground.Path+path, nil))
		csp := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %d, %s", path, w.Code, csp)
		}
		if body := w.Body.String(); strings.Contains(body, "://") || strings.Contains(body, "innerHTML") || strings.Contains(body, " style=") || strings.Contains(body, " onclick=") {
			t.Errorf("%q loads from elsewhere, or runs what stands in the page", path)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, playground.Path+"/files", nil))
	if !strings.Contains(w.Body.String(), `"contact.yaml"`) || strings.Contains(w.Body.String(), "contact_test") {
		t.Errorf("the server's policies: %.300s", w.Body)
	}
}
