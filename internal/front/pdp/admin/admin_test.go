package admin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/stored"
	"cognate.dev/cognate/internal/store/storetest"
)

const password = "Correct-Horse9"

// world is the API over an empty store.
type world struct {
	*httptest.Server
	reloads int
}

func newWorld(t *testing.T, readOnly bool) *world {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	parts := admin.Parts{Reload: func(context.Context) error { w.reloads++; return nil }, Log: slog.New(slog.DiscardHandler)}
	if readOnly {
		parts.Policies = cerbos.Shelf{Source: policy.Local(policy.Config{Dir: "../../../../examples/policies"})}
	} else {
		kept := stored.New(storetest.Memory(t), engine, 0, clock.System)
		parts.Policies, parts.Stored = kept, kept
	}
	s, err := admin.New(policy.AdminConfig{Username: "cerbos", PasswordHash: base64.StdEncoding.EncodeToString(append(hash, '\n'))}, parts)
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewServer(h)
	t.Cleanup(w.Close)
	return w
}

// ask gives the status and the answer.
func (w *world) ask(t *testing.T, method, path, body, authorization string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%d %s: %v", res.StatusCode, raw, err)
	}
	return res.StatusCode, got
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

const album = `{"policies":[{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"album","version":"default","rules":[{"actions":["view"],"effect":"EFFECT_ALLOW","roles":["user"]}]}}]}`

func TestWithoutThePasswordNothingIsToldAndNothingChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for _, header := range []string{"", "Basic", "Basic !", "Bearer x", basic("cerbos", ""), basic("cerbos", "wrong"), basic("", password), basic("Cerbos", password), basic("cerbos", password+"x")} {
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/admin/policies", ""}, {"GET", "/admin/policy?id=x", ""}, {"GET", "/admin/policy", ""}, {"GET", "/admin/policies/inspect", ""},
			{"POST", "/admin/policy", album}, {"PUT", "/admin/policy", `{"policies":[]}`}, {"POST", "/admin/policy/delete?id=x", ""},
			{"DELETE", "/admin/policy?id=x", ""}, {"POST", "/admin/policy/enable?id=x", ""}, {"GET", "/admin/schemas", ""}, {"GET", "/admin/schema?id=x", ""},
			{"POST", "/admin/schema", `{}`}, {"DELETE", "/admin/schema?id=x", ""}, {"GET", "/admin/store/reload?wait=true", ""}, {"DELETE", "/admin/store/revisions", ""},
		} {
			if status, got := w.ask(t, c.method, c.path, c.body, header); status != http.StatusUnauthorized || got["code"] != 16.0 {
				t.Errorf("%q %s %s: %d %v", header, c.method, c.path, status, got)
			}
		}
	}
	if _, got := w.ask(t, "GET", "/admin/policies", "", basic("cerbos", password)); len(got) != 0 || w.reloads != 0 {
		t.Errorf("%v, %d reloads", got, w.reloads)
	}
}

// The answers are Cerbos' own, as its release 0.51 with a database gives them.
func TestAnswersAreThoseOfCerbos(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	ok := map[string]any{"success": map[string]any{}}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               map[string]any
	}{
		{"GET", "/admin/policies", "", 200, map[string]any{}},
		{"POST", "/admin/policy", album, 200, ok},
		{"PUT", "/admin/policy", album, 200, ok},
		{"GET", "/admin/policies?nameRegexp=alb.*", "", 200, map[string]any{"policyIds": []any{"resource.album.vdefault"}}},
		{"GET", "/admin/policies?scopeRegexp=acme", "", 200, map[string]any{}},
		{"GET", "/admin/policy?id=resource.none.vdefault", "", 200, map[string]any{}},
		{"GET", "/admin/policies/inspect", "", 200, map[string]any{"results": map[string]any{
			"resource.album.vdefault": map[string]any{"policyId": "resource.album.vdefault", "actions": []any{"view"}}}}},
		{"POST", "/admin/policy/disable?id=resource.album.vdefault", "", 200, map[string]any{"disabledPolicies": 1.0}},
		{"GET", "/admin/policies", "", 200, map[string]any{}},
		{"GET", "/admin/policies?includeDisabled=true", "", 200, map[string]any{"policyIds": []any{"resource.album.vdefault"}}},
		{"PUT", "/admin/policy/enable", `{"id":["resource.album.vdefault"]}`, 200, map[string]any{"enabledPolicies": 1.0}},
		{"DELETE", "/admin/policy?id=resource.album.vdefault", "", 200, map[string]any{"disabledPolicies": 1.0}},
		{"POST", "/admin/policy/delete?id=resource.album.vdefault", "", 200, map[string]any{"deletedPolicies": 1.0}},
		{"POST", "/admin/schema", `{"schemas":[{"id":"a.json","definition":"eyJ0eXBlIjoib2JqZWN0In0="}]}`, 200, map[string]any{}},
		{"POST", "/admin/schema", `{"schemas":[{"id":"b.json","definition":"bnVsbGxsbGxsbGxsbA=="}]}`, 400,
			map[string]any{"code": 3.0, "message": `Invalid schema in request: schema definition with ID "b.json" is not valid`}},
		{"GET", "/admin/schemas", "", 200, map[string]any{"schemaIds": []any{"a.json"}}},
		{"GET", "/admin/schema?id=a.json", "", 200, map[string]any{"schemas": []any{map[string]any{"id": "a.json", "definition": "eyJ0eXBlIjoib2JqZWN0In0="}}}},
		{"GET", "/admin/schema?id=none.json", "", 500, map[string]any{"code": 13.0, "message": "could not get the schema with id none.json"}},
		{"DELETE", "/admin/schema?id=a.json", "", 200, map[string]any{"deletedSchemas": 1.0}},
		{"GET", "/admin/store/reload?wait=true", "", 200, map[string]any{}},
		{"PATCH", "/admin/policy", "", 501, map[string]any{"code": 12.0, "message": "Method Not Allowed"}},
	} {
		status, got := w.ask(t, c.method, c.path, c.body, basic("cerbos", password))
		if diff := cmp.Diff(c.want, got); diff != "" || status != c.status {
			t.Errorf("%s %s: %d (-want +got):\n%s", c.method, c.path, status, diff)
		}
	}
	if w.reloads != 9 {
		t.Errorf("%d reloads: each change must be in use before it is answered", w.reloads)
	}
}

func TestAFolderIsReadAndNotChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	if status, got := w.ask(t, "GET", "/admin/policies?nameRegexp=contact", "", basic("cerbos", password)); status != 200 || len(got["policyIds"].([]any)) < 2 {
		t.Errorf("%d %v", status, got)
	}
	if status, got := w.ask(t, "POST", "/admin/policy", album, basic("cerbos", password)); status != 501 || got["message"] != "Configured store is not mutable" {
		t.Errorf("%d %v", status, got)
	}
}

func TestAHashThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"", "Correct-Horse9", "Zm9v"} {
		if _, err := admin.New(policy.AdminConfig{Username: "cerbos", PasswordHash: hash}, admin.Parts{}); err == nil {
			t.Errorf("%q was accepted", hash)
		}
	}
}

func TestThePasswordAdmits(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s, err := admin.New(policy.AdminConfig{Username: "cerbos", PasswordHash: string(hash)}, admin.Parts{})
	if err != nil {
		t.Fatal(err)
	}
	for header, right := range map[string]bool{"": false, basic("cerbos", "x"): false, basic("x", password): false, basic("cerbos", password): true} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if err := s.Admit(r); (err == nil) != right || err != nil && fault.As(err).Subject != fault.Password {
			t.Errorf("%q: %v", header, err)
		}
	}
}
