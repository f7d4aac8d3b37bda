package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines is a log that several goroutines may write.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) events(t *testing.T) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []map[string]any
	for decoder := json.NewDecoder(bytes.NewReader(l.buf.Bytes())); ; {
		var event map[string]any
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, event)
	}
}

func start(t testing.TB, c telemetry.Config) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return tel
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func scrape(t *testing.T, tel *telemetry.Telemetry) string {
	t.Helper()
	w := get(tel.Metrics.Handler(), "/_cognate/metrics")
	if w.Code != http.StatusOK {
		t.Fatalf("metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func has(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestEachRequestIsOneEventAndOneCount(t *testing.T) {
	t.Parallel()
	var log lines
	tel := start(t, telemetry.Config{Output: &log})
	h := tel.Watch("aws", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "SignUp")
		telemetry.Add(r.Context(), slog.String("pool_id", "us-east-1_EXAMPLE01"), slog.String("password", "hunter2"))
		telemetry.Fail(r.Context(), errors.New("first cause"))
		telemetry.Fail(r.Context(), errors.New("second cause"))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "12345")
	}))
	get(h, "/?code=123456")
	events := log.events(t)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	for key, want := range map[string]any{
		"msg": "request", "level": "INFO", "front": "aws", "method": "GET", "operation": "SignUp", "status": 400.0,
		"bytes": 5.0, "remote": "192.0.2.1", "pool_id": "us-east-1_EXAMPLE01", "password": telemetry.Redacted, "cause": "first cause",
	} {
		if events[0][key] != want {
			t.Errorf("%s: %v, want %v", key, events[0][key], want)
		}
	}
	if took, ok := events[0]["us"].(float64); !ok || took < 0 {
		t.Errorf("us: %v", events[0]["us"])
	}
	has(t, scrape(t, tel), `cognate_http_requests_total{front="aws",operation="SignUp",status="400"} 1`,
		`cognate_http_request_duration_seconds_count{front="aws",operation="SignUp"} 1`, `cognate_http_requests_running{front="aws"} 0`)
}

func TestTheQueryIsNeverLogged(t *testing.T) {
	t.Parallel()
	var log lines
	tel := start(t, telemetry.Config{Output: &log})
	get(tel.Watch("pages", http.NotFoundHandler()), "/confirmuser?confirmation_code=424242")
	event := log.events(t)[0]
	if event["path"] != "/confirmuser" || event["status"] != 404.0 || strings.Contains(log.buf.String(), "424242") {
		t.Errorf("%v", event)
	}
}

func TestTheLevelFollowsTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		quiet  bool
		status int
		level  string
	}{{"good", false, 200, "INFO"}, {"refused", false, 403, "INFO"}, {"broken", false, 500, "ERROR"}, {"quiet", true, 200, ""}, {"quiet and broken", true, 503, "ERROR"}} {
		var log lines
		tel := start(t, telemetry.Config{Output: &log})
		get(tel.Watch("x", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c.quiet {
				telemetry.Quiet(r.Context())
			}
			w.WriteHeader(c.status)
		})), "/")
		level := ""
		if events := log.events(t); len(events) == 1 {
			level, _ = events[0]["level"].(string)
		}
		if level != c.level {
			t.Errorf("%s: level %q, want %q", c.name, level, c.level)
		}
	}
}

func TestAPanicIsAnAnswerAndAnEvent(t *testing.T) {
	t.Parallel()
	var log lines
	tel := start(t, telemetry.Config{Output: &log})
	w := get(tel.Watch("x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("lost") })), "/")
	if w.Code != 500 || strings.Contains(w.Body.String(), "lost") {
		t.Errorf("answer %d %s", w.Code, w.Body)
	}
	event := log.events(t)[0]
	if event["cause"] != "panic: lost" || !strings.Contains(event["stack"].(string), "watch_test.go") {
		t.Errorf("event %v", event)
	}
	has(t, scrape(t, tel), `status="500"} 1`)
}

func TestAnAbortedAnswerStaysAborted(t *testing.T) {
	t.Parallel()
	var log lines
	tel := start(t, telemetry.Config{Output: &log})
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
		if len(log.events(t)) != 1 {
			t.Error("no event")
		}
	}()
	get(tel.Watch("x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), "/")
}

func TestHandlersCanStillFlush(t *testing.T) {
	t.Parallel()
	tel := start(t, telemetry.Config{})
	w := get(tel.Watch("x", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "a")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		w.(http.Flusher).Flush()
	})), "/")
	if !w.Flushed {
		t.Error("not flushed")
	}
	has(t, scrape(t, tel), `status="200"} 1`)
}

func TestWithoutARequestNothingHappens(t *testing.T) {
	t.Parallel()
	telemetry.Operation(context.Background(), "x")
	telemetry.Add(context.Background(), slog.Int("n", 1))
	telemetry.Fail(context.Background(), errors.New("x"))
	telemetry.Quiet(context.Background())
}

func TestTheOtherMetrics(t *testing.T) {
	t.Parallel()
	tel := start(t, telemetry.Config{Version: "1.2.3"})
	m := tel.Metrics
	m.WatchHashing(func() (int, int, int) { return 1, 7, 2 })
	m.Lookup("pool", "hit", 3*time.Second)
	m.Lookup("pool", "miss", 0)
	m.Commit(5, 2, 3*time.Millisecond)
	m.Message("EMAIL", "SignUp", nil)
	m.Message("SMS", "SignUp", errors.New("x"))
	m.PoliciesLoaded(time.Unix(1700000000, 0), nil)
	m.PoliciesLoaded(time.Time{}, errors.New("x"))
	has(t, scrape(t, tel),
		"cognate_password_hashes_running 1", "cognate_password_hashes_waiting 7", "cognate_password_hashes_slots 2",
		`cognate_cache_lookups_total{cache="pool",outcome="hit"} 1`, `cognate_cache_lookups_total{cache="pool",outcome="miss"} 1`,
		`cognate_cache_age_seconds_count{cache="pool"} 1`, "cognate_store_commit_writes_sum 5", "cognate_store_commit_waiting 2",
		"cognate_store_commit_duration_seconds_count 1", `cognate_messages_total{medium="EMAIL",outcome="sent",purpose="SignUp"} 1`,
		`cognate_messages_total{medium="SMS",outcome="failed",purpose="SignUp"} 1`, `cognate_policy_loads_total{outcome="loaded"} 1`,
		`cognate_policy_loads_total{outcome="refused"} 1`, "cognate_policy_loaded_timestamp_seconds 1.7e+09",
		`version="1.2.3"} 1`, "go_goroutines", "process_resident_memory_bytes")
}

func BenchmarkWatch(b *testing.B) {
	tel := start(b, telemetry.Config{Output: io.Discard})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "AdminGetUser")
		telemetry.Add(r.Context(), slog.String("request_id", "00000000-0000-4000-8000-000000000001"), slog.String("pool_id", "us-east-1_EXAMPLE01"))
	})
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil)
	for name, h := range map[string]http.Handler{"watched": tel.Watch("aws", handler), "alone": handler} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
