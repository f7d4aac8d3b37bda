package pdp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// records is the policy of AuthZEN's certification scenario, in which alice may write and bob may read.
const records = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: record
  version: default
  rules:
    - {actions: [read], effect: EFFECT_ALLOW, roles: [writers, readers]}
    - actions: [write]
      effect: EFFECT_ALLOW
      roles: [writers]
      condition: {match: {expr: '!has(R.attr.status) || R.attr.status != "archived"'}}
    - actions: [write]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: 'P.attr.role == "admin"'}}
    - actions: [delete]
      effect: EFFECT_ALLOW
      roles: [writers]
      condition: {match: {expr: 'R.attr.authzen.action.soft == true'}}
    - actions: [enter]
      effect: EFFECT_ALLOW
      roles: [writers]
      condition: {match: {expr: 'R.attr.authzen.context.ip == "192.0.2.7"'}}
    - {actions: [sweep], effect: EFFECT_ALLOW, roles: [robot]}
    - {actions: [greet], effect: EFFECT_ALLOW, roles: [user]}
`

// scene are the users of the scenario, and many who may nothing.
type scene struct{}

func (scene) Fetch(_ context.Context, q enrich.Query) (enrich.Answer, error) {
	id := q.ID
	groups := map[string]string{"alice": "writers", "bob": "readers"}
	if id == "unlucky" {
		return enrich.Answer{}, errors.New("connection refused")
	}
	if groups[id] == "" && !strings.HasPrefix(id, "extra-") {
		return enrich.Answer{}, nil
	}
	doc := map[string]any{"known": true}
	if g := groups[id]; g != "" {
		doc["groups"] = g
	}
	return enrich.Answer{Doc: doc, ID: id}, nil
}

func (scene) Affected(string, string) []string { return nil }

// Users are extra-0 to extra-9, bob, extra-11 to extra-19, alice.
func (scene) Users(_ context.Context, place string, limit int) (users []pdp.Person, next string, err error) {
	from, _ := strconv.Atoi(place)
	for i := from; i < 21; i++ {
		if len(users) == limit {
			return users, strconv.Itoa(i), nil
		}
		id := fmt.Sprintf("extra-%d", i)
		switch i {
		case 10:
			id = "bob"
		case 20:
			id = "alice"
		}
		users = append(users, pdp.Person{ID: id, Username: id})
	}
	return users, "", nil
}

func newScene(t testing.TB, cfg pdp.Config, change ...func(*pdp.Parts)) *server {
	t.Helper()
	s := &server{clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{DefaultRole: "-"}}},
		func(enrich.SourceConfig) (enrich.Source, error) { return scene{}, nil }, nil, s.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	parts := pdp.Parts{Decider: compiled(t, records), Enricher: e, People: scene{}, Cursors: cursor.New(keys, s.clock.Now),
		Observe: s.observe, Now: s.clock.Now}
	for _, c := range change {
		c(&parts)
	}
	s.Server = pdp.New(cfg, parts)
	return s
}

func (s *server) json(path, body string, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	s.ServeHTTP(w, r)
	return w
}

// call is an id that differs from call to call.
var call = regexp.MustCompile(`"01[0-9A-Z]{24}"`)

// TestAuthZEN plays testdata/authzen: each file is a path, a request, a status and, but for errors, the whole answer.
// Most of them are AuthZEN's certification scenario (levels Basic, Batch and Search).
func TestAuthZEN(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	raw, err := os.ReadFile(filepath.Join("testdata", "authzen.txt"))
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for block := range strings.SplitSeq(string(raw), "\n\n") {
		lines := strings.SplitN(strings.TrimSpace(block), "\n", 4)
		if len(lines) < 3 || !strings.HasPrefix(lines[0], "# ") {
			t.Fatalf("no exchange:\n%s", block)
		}
		played++
		path, body, _ := strings.Cut(lines[1], " ")
		status, want, _ := strings.Cut(lines[2], " ")
		w := s.json("/access/v1/"+path, body)
		if strconv.Itoa(w.Code) != status || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s\n%s: %d %s, want %s", lines[0], lines[1], w.Code, w.Body, status)
			continue
		}
		var sentence string
		if w.Code != http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &sentence); err != nil || want != "" && sentence != want {
				t.Errorf("%s\n%s: %s (%v), want %q", lines[0], lines[1], w.Body, err, want)
			}
			continue
		}
		if diff := cmp.Diff(plain(t, want), plain(t, call.ReplaceAllString(w.Body.String(), `"CALL"`))); diff != "" {
			t.Errorf("%s\n%s (-want +got):\n%s", lines[0], lines[1], diff)
		}
	}
	if played < 40 {
		t.Errorf("%d exchanges", played)
	}
}

func TestAuthZENWantsJSONAndGivesTheRequestIDBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	const good = `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`
	if w := s.json("/access/v1/evaluation", good, "Content-Type", "text/plain"); w.Code != http.StatusBadRequest {
		t.Errorf("text/plain: %d", w.Code)
	}
	for _, body := range []string{good, "{"} {
		if w := s.json("/access/v1/evaluation", body, "X-Request-ID", "bfe9 \"x\""); w.Header().Get("X-Request-ID") != `bfe9 "x"` {
			t.Errorf("%s: %v", body, w.Header())
		}
	}
	if got := s.events[1]; got.RequestID != `bfe9 "x"` || got.Method != "AccessEvaluation" || got.Principal != "alice" || got.Allowed != 1 {
		t.Errorf("event %+v", got)
	}
	if w := s.do(http.MethodGet, "/access/v1/evaluation", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestAuthZENMetadataNamesWhatIsServed(t *testing.T) {
	t.Parallel()
	get := func(s *server, headers ...string) map[string]any {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://pdp.example.com/.well-known/authzen-configuration", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		s.ServeHTTP(w, r)
		return plain(t, w.Body.String()).(map[string]any)
	}
	want := func(base string) map[string]any {
		return map[string]any{
			"policy_decision_point": base, "access_evaluation_endpoint": base + "/access/v1/evaluation", "access_evaluations_endpoint": base + "/access/v1/evaluations",
			"search_subject_endpoint": base + "/access/v1/search/subject", "search_action_endpoint": base + "/access/v1/search/action",
		}
	}
	s := newScene(t, pdp.Config{})
	if diff := cmp.Diff(want("http://pdp.example.com"), get(s)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want("https://pdp.example.com"), get(s, "X-Forwarded-Proto", "https")); diff != "" {
		t.Error(diff)
	}
	s = newScene(t, pdp.Config{AuthZEN: pdp.AuthZEN{PublicURL: "https://decide.example.com/"}})
	if diff := cmp.Diff(want("https://decide.example.com"), get(s)); diff != "" {
		t.Error(diff)
	}
}

func TestASubjectSearchGoesOnWhereItsPageEnded(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	const search = `{"subject":{"type":"user"},"action":{"name":%q},"resource":{"type":"record","id":"record-1"},"page":{%s}}`
	var found []string
	pages := 0
	for page := `"limit":1`; ; {
		w := s.json("/access/v1/search/subject", fmt.Sprintf(search, "read", page))
		var got struct {
			Page    struct{ Next_token *string } //nolint:revive // the wire's name
			Results []struct{ Type, ID string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got.Page.Next_token == nil || len(got.Results) > 1 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, r := range got.Results {
			found = append(found, r.ID)
		}
		pages++
		token := *got.Page.Next_token
		if token == "" {
			break
		}
		page = fmt.Sprintf(`"token":%q`, token)
		if w := s.json("/access/v1/search/subject", fmt.Sprintf(search, "write", fmt.Sprintf(`"token":%q`, token))); w.Code != http.StatusBadRequest {
			t.Errorf("the token of another search: %d %s", w.Code, w.Body)
		}
	}
	if diff := cmp.Diff([]string{"bob", "alice"}, found); diff != "" || pages > 3 {
		t.Errorf("%v in %d pages", found, pages)
	}
	for _, page := range []string{`"token":"made up"`, `"limit":-1`, `"limit":"1"`} {
		if w := s.json("/access/v1/search/subject", fmt.Sprintf(search, "read", page)); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", page, w.Code, w.Body)
		}
	}
}

func TestASearchForgetsWhatItsContextBrought(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	w := s.json("/access/v1/search/subject", `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"1"},"context":{"cerbos.auxData":{"jwt":{"token":"x"}}}}`)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "invalid auxData") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// FuzzAuthZEN sends anything to every endpoint: nothing may panic, and an answer is JSON of one of a few statuses.
func FuzzAuthZEN(f *testing.F) {
	s := newScene(f, pdp.Config{})
	f.Add(`{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"1"},"evaluations":[{}],"context":{"cognate.resources":[{"id":"1"}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"evaluation", "evaluations", "search/subject", "search/resource", "search/action"} {
			w := s.json("/access/v1/"+path, body)
			if w.Code != 200 && w.Code != 400 && w.Code != 501 && w.Code != 503 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: %s", path, w.Body)
			}
		}
	})
}
