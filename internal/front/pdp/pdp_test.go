package pdp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
)

// register is a source with a few people in it, one of whom cannot be looked up.
type register struct{}

func (register) Fetch(_ context.Context, q enrich.Query) (enrich.Answer, error) {
	id := q.ID
	people := map[string]struct {
		groups  []string
		enabled bool
	}{"admin": {[]string{"admin"}, true}, "alice": {[]string{"user"}, true}, "gone": {[]string{"admin"}, false}, "loner": {nil, true}}
	if id == "unlucky" {
		return enrich.Answer{}, errors.New("connection refused to 10.1.2.3")
	}
	p, ok := people[id]
	if !ok {
		return enrich.Answer{}, nil
	}
	return enrich.Answer{Doc: map[string]any{"enabled": p.enabled, "groups": p.groups}, ID: id}, nil
}

func (register) Affected(string, string) []string { return nil }

type server struct {
	*pdp.Server
	mu     sync.Mutex
	events []pdp.Event
	clock  *clock.Fake
}

func newServer(t testing.TB, cfg pdp.Config, source enrich.SourceConfig, decider policy.Decider) *server {
	t.Helper()
	s := &server{clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	source.Jitter = 1e-9
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{source}},
		func(enrich.SourceConfig) (enrich.Source, error) { return register{}, nil }, nil, s.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = pdp.New(cfg, pdp.Parts{
		Decider: decider, Enricher: e, Now: s.clock.Now,
		Info:    &responsev1.ServerInfoResponse{Version: "0.55.0+test", Commit: "abc", BuildDate: "today"},
		Observe: s.observe,
	})
	return s
}

// observe keeps the first events: a benchmark makes millions.
func (s *server) observe(_ context.Context, e pdp.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) < 100 {
		s.events = append(s.events, e)
	}
}

func (s *server) do(method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// idOnly asks as an application that knows nothing but the id.
func idOnly(id, owner string, actions ...string) string {
	list, _ := json.Marshal(actions)
	return fmt.Sprintf(`{"principal":{"id":%q},"resources":[{"actions":%s,"resource":{"kind":"contact","id":"1","attr":{"owner":%q}}}]}`, id, list, owner)
}

func effects(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var answer struct {
		Results []struct{ Actions map[string]string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s (%v)", w.Code, w.Body, err)
	}
	var allowed []string
	for action, effect := range answer.Results[0].Actions {
		if effect == "EFFECT_ALLOW" {
			allowed = append(allowed, action)
		}
	}
	slices.Sort(allowed)
	return strings.Join(allowed, " ")
}

func TestAnIDAloneIsEnoughForADecision(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	for _, c := range []struct{ id, owner, may string }{
		{"admin", "bob", "delete read"}, {"alice", "bob", "read"}, {"alice", "alice", "delete read"}, {"gone", "gone", ""}, {"loner", "loner", "delete read"},
	} {
		if got := effects(t, s.do("POST", "/api/check/resources", idOnly(c.id, c.owner, "read", "delete"))); got != c.may {
			t.Errorf("%s may %q of %s's, want %q", c.id, got, c.owner, c.may)
		}
	}
	if w := s.do("POST", "/api/check/resources", idOnly("nobody", "x", "read")); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "principal.roles: value is required") {
		t.Errorf("an unknown id without roles: %d %s", w.Code, w.Body)
	}
	plan := `{"actions":["delete"],"principal":{"id":"alice"},"resource":{"kind":"contact"}}`
	if w := s.do("POST", "/api/plan/resources", plan); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "KIND_CONDITIONAL") {
		t.Errorf("plan: %d %s", w.Code, w.Body)
	}
}

func TestADecisionSaysWhereItsAttributesCameFrom(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	timing := regexp.MustCompile(`^enrich;dur=[0-9.]+, decide;dur=[0-9.]+$`)
	for _, want := range []string{"pool;miss;age=0ms", "pool;hit;age=12ms"} {
		w := s.do("POST", "/api/check/resources", idOnly("alice", "bob", "read", "delete"))
		if got := w.Header().Get("X-Cognate-Enrichment"); got != want || !timing.MatchString(w.Header().Get("Server-Timing")) {
			t.Errorf("enrichment %q, timing %q; want %q", got, w.Header().Get("Server-Timing"), want)
		}
		s.clock.Advance(12 * time.Millisecond)
	}
	e := s.events[1]
	if e.Method != "CheckResources" || e.Principal != "alice" || e.Status != 200 || e.Resources != 1 || e.Allowed != 1 || e.Denied != 1 || len(e.CallID) != 26 || e.Err != nil {
		t.Errorf("event %+v", e)
	}
}

func TestAFailingSourceIsAnswered503AndNamesItselfOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{Name: "staff"}, contacts(t))
	for _, path := range []string{"/api/check/resources", "/api/plan/resources"} {
		body := idOnly("unlucky", "x", "read")
		if strings.Contains(path, "plan") {
			body = `{"actions":["read"],"principal":{"id":"unlucky","roles":["admin"]},"resource":{"kind":"contact"}}`
		}
		w := s.do("POST", path, body)
		var answer struct {
			Code    int
			Message string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if w.Code != 503 || answer.Code != 14 || !strings.Contains(answer.Message, `"staff"`) || strings.Contains(w.Body.String(), "10.1.2.3") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if w.Header().Get("X-Cognate-Enrichment") != "staff;failed" {
			t.Errorf("%s: header %q", path, w.Header().Get("X-Cognate-Enrichment"))
		}
	}
	if !strings.Contains(s.events[0].Err.Error(), "10.1.2.3") {
		t.Errorf("the log does not learn the cause: %v", s.events[0].Err)
	}
	open := newServer(t, pdp.Config{}, enrich.SourceConfig{OnFailure: "open"}, contacts(t))
	body := strings.Replace(idOnly("unlucky", "x", "read"), `"id":"unlucky"`, `"id":"unlucky","roles":["admin"],"attr":{"cognito":{"enabled":false}}`, 1)
	if got := effects(t, open.do("POST", "/api/check/resources", body)); got != "read" {
		t.Errorf("open: what the caller claims about the account was believed: may %q", got)
	}
}

func TestAMissingUserCanBeDeniedWithoutAskingThePolicies(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{OnMissing: "deny"}, contacts(t))
	body := `{"includeMeta":true,"principal":{"id":"nobody"},"resources":[{"actions":["read"],"resource":{"kind":"contact","id":"1"}}]}`
	w := s.do("POST", "/api/check/resources", body)
	if effects(t, w) != "" || !strings.Contains(w.Body.String(), "enrichment.missing_user") {
		t.Errorf("check: %s", w.Body)
	}
	w = s.do("POST", "/api/plan/resources", `{"actions":["read"],"principal":{"id":"nobody"},"resource":{"kind":"contact"}}`)
	if !strings.Contains(w.Body.String(), "KIND_ALWAYS_DENIED") {
		t.Errorf("plan: %s", w.Body)
	}
}

func TestARequestWithATokenIsNotDecidedWithoutIt(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	for _, aux := range []string{`{"jwt":{"token":"x"}}`, `{"jwts":{"a":{"token":"x"}}}`} {
		for path, body := range map[string]string{
			"/api/check/resources": idOnly("admin", "x", "read"),
			"/api/plan/resources":  `{"actions":["read"],"principal":{"id":"admin"},"resource":{"kind":"contact"}}`,
		} {
			w := s.do("POST", path, strings.Replace(body, "{", `{"auxData":`+aux+",", 1))
			if w.Code != 400 || !strings.Contains(w.Body.String(), "auxData") {
				t.Errorf("%s with %s: %d %s", path, aux, w.Code, w.Body)
			}
		}
	}
}

// broken is a decider that fails in one way.
type broken struct{ err error }

func (b broken) Check(context.Context, []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error) {
	return nil, b.err
}

func (b broken) Plan(context.Context, *enginev1.PlanResourcesInput) (*enginev1.PlanResourcesOutput, error) {
	return nil, b.err
}

func TestErrorsHaveCodesAndHideTheirCauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        error
		status     int
		code, text string
	}{
		{errors.New("nil pointer at 0xdead"), 500, `"code":13`, "Policy check failed"},
		{fault.New(fault.Unavailable, "", "No policies are loaded."), 503, `"code":14`, "No policies are loaded."},
		{fault.New(fault.Precondition, "", "No plan."), 400, `"code":9`, "No plan."},
		{fault.New(fault.Invalid, "", "Bad."), 400, `"code":3`, "Bad."},
		{fault.New(fault.Internal, "", "secret").Because(errors.New("0xdead")), 500, `"code":13`, "Internal error"},
		{nil, 500, `"code":13`, "Policy check failed"}, // no outputs at all
	} {
		s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, broken{c.err})
		w := s.do("POST", "/api/check/resources", idOnly("admin", "x", "read"))
		if w.Code != c.status || !strings.Contains(strings.ReplaceAll(w.Body.String(), " ", ""), c.code) ||
			!strings.Contains(w.Body.String(), c.text) || strings.Contains(w.Body.String(), "0xdead") {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
	}
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, broken{errors.New("x")})
	w := s.do("POST", "/api/plan/resources", `{"actions":["read"],"principal":{"id":"admin"},"resource":{"kind":"contact"}}`)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "Resources query plan request failed") {
		t.Errorf("plan: %d %s", w.Code, w.Body)
	}
}

func TestACallerWhoLeavesIsNotAnInternalError(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, broken{context.Canceled})
	if w := s.do("POST", "/api/check/resources", idOnly("admin", "x", "read")); w.Code != 499 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBodiesAndBatchesAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{MaxBody: 300, MaxActions: 2, MaxResources: 1}, enrich.SourceConfig{}, contacts(t))
	long := idOnly("admin", strings.Repeat("x", 300), "read")
	for name, r := range map[string]*http.Request{
		"declared": httptest.NewRequest("POST", "/api/check/resources", strings.NewReader(long)),
		"chunked":  httptest.NewRequest("POST", "/api/check/resources", struct{ *bytes.Reader }{bytes.NewReader([]byte(long))}),
	} {
		if name == "chunked" {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "grpc: received message larger than max (") || !strings.Contains(w.Body.String(), " vs. 300)") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := s.do("POST", "/api/check/resources", idOnly("admin", "x", "a", "b", "c")); w.Code != 400 {
		t.Errorf("three actions: %d", w.Code)
	}
	r := httptest.NewRequest("POST", "/api/check/resources", strings.NewReader("{"))
	r.ContentLength = 200 // more than comes
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("a body cut off: %d %s", w.Code, w.Body)
	}
	deep := `{"principal":{"id":"a","roles":["u"],"attr":{"x":` + strings.Repeat("[", 12000) + strings.Repeat("]", 12000) + `}}}`
	if w := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t)).do("POST", "/api/check/resources", deep); w.Code != 400 {
		t.Errorf("a deep body: %d %.200s", w.Code, w.Body)
	}
}

// Whatever the path and method, the answer is JSON: a multiplexer's redirect or the standard 404 would not be.
func TestNothingIsAnsweredInHTMLOrPlainText(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	for _, path := range []string{"/", "/nope", "//api/check/resources", "/api/../api/check/resources", "/api/check/resources/", "/api/check/resources"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "TRACE", "OPTIONS"} {
			w := s.do(method, path, "<script>")
			if w.Code < 400 || w.Code == 500 || w.Header().Get("Content-Type") != "application/json" || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s: %d %s %s", method, path, w.Code, w.Header().Get("Content-Type"), w.Body)
			}
		}
	}
}

func TestHealthFollowsThePolicies(t *testing.T) {
	t.Parallel()
	ready := false
	s := pdp.New(pdp.Config{}, pdp.Parts{Decider: broken{}, Ready: func() bool { return ready }})
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/_cerbos/health", nil))
		return w
	}
	if w := get(); w.Code != 503 {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	ready = true
	if w := get(); w.Code != 200 || w.Body.String() != `{"status":"SERVING"}` {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
}

func TestServerInfoIsWhatTheBinarySays(t *testing.T) {
	t.Parallel()
	w := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t)).do("GET", "/api/server_info", "")
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["version"] != "0.55.0+test" || got["commit"] != "abc" || got["buildDate"] != "today" {
		t.Errorf("%s %v", w.Body, err)
	}
}

func TestCORSCanBeNarrowedAndTurnedOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg          pdp.CORS
		origin, want string
	}{
		{pdp.CORS{}, "https://a.example.com", ""},
		{pdp.CORS{Origins: []string{"*"}}, "https://a.example.com", "*"},
		{pdp.CORS{Origins: []string{"*"}}, "", ""},
		{pdp.CORS{Origins: []string{"*"}, Off: true}, "https://a.example.com", ""},
		{pdp.CORS{Origins: []string{"https://A.example.com"}}, "https://a.example.com", "https://a.example.com"},
		{pdp.CORS{Origins: []string{"https://a.example.com"}}, "https://b.example.com", ""},
		{pdp.CORS{Off: true}, "https://a.example.com", ""},
	} {
		s := pdp.New(pdp.Config{CORS: c.cfg}, pdp.Parts{Decider: broken{}})
		for _, method := range []string{"GET", "OPTIONS"} {
			r := httptest.NewRequest(method, "/_cerbos/health", nil)
			r.Header.Set("Origin", c.origin)
			if method == "OPTIONS" {
				r.Header.Set("Access-Control-Request-Method", "GET")
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != c.want {
				t.Errorf("%+v: %s from %q: %q, want %q", c.cfg, method, c.origin, got, c.want)
			}
		}
	}
}

func TestCallIDsAreUniqueAndSortByTime(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	var ids []string
	for range 50 {
		var answer struct{ CerbosCallID string }
		w := s.do("POST", "/api/check/resources", idOnly("admin", "x", "read"))
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answer.CerbosCallID)
		s.clock.Advance(time.Millisecond)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 50 || !regexp.MustCompile(`^01[0-9A-HJKMNP-TV-Z]{24}$`).MatchString(ids[0]) {
		t.Errorf("ids %q", ids)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 100 {
				id := []string{"admin", "alice", "gone"}[(i+n)%3]
				want := map[string]string{"admin": "delete read", "alice": "read", "gone": ""}[id]
				if got := effects(t, s.do("POST", "/api/check/resources", idOnly(id, "bob", "read", "delete"))); got != want {
					t.Errorf("%s may %q, want %q", id, got, want)
				}
			}
		})
	}
	wg.Wait()
}
