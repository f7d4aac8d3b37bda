package console

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/auxdata"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(h http.Handler, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// packed is "app" as gzip has it.
const packed = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03K,(\x00\x00\xcfpn\xc9\x03\x00\x00\x00"

func built(t *testing.T) files {
	t.Helper()
	all, err := read(fstest.MapFS{
		"index.html.br": {Data: []byte("page, by brotli")}, "index.html.gz": {Data: []byte("page, by gzip")},
		"assets/app-1.js.br": {Data: []byte("app, by brotli")}, "assets/app-1.js.gz": {Data: []byte(packed)},
		"assets/font-1.woff2": {Data: []byte("font")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFilesComeInTheFormThatTheBrowserTakes(t *testing.T) {
	t.Parallel()
	h := built(t)
	for _, c := range []struct{ path, takes, body, coding, kind, kept string }{
		{"/console/", "gzip, deflate, br", "page, by brotli", "br", "text/html; charset=utf-8", "no-cache"},
		{"/console/", "br;q=0, GZIP;q=0.5", "page, by gzip", "gzip", "text/html; charset=utf-8", "no-cache"},
		{"/console/assets/app-1.js", "br", "app, by brotli", "br", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/console/assets/app-1.js", "identity", "app", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/console/assets/font-1.woff2", "br", "font", "", "font/woff2", "public, max-age=31536000, immutable"},
	} {
		r := get(h, http.MethodGet, c.path, "Accept-Encoding", c.takes)
		got := []string{text(t, r), r.Header.Get("Content-Encoding"), r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"), r.Header.Get("Vary")}
		if diff := cmp.Diff([]string{c.body, c.coding, c.kind, c.kept, "Accept-Encoding"}, got); diff != "" {
			t.Errorf("%s for %q: %s", c.path, c.takes, diff)
		}
		again := get(h, http.MethodGet, c.path, "Accept-Encoding", c.takes, "If-None-Match", r.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || text(t, again) != "" {
			t.Errorf("%s again: %d", c.path, again.StatusCode)
		}
	}
	br, gz := get(h, http.MethodGet, "/console/", "Accept-Encoding", "br"), get(h, http.MethodGet, "/console/", "Accept-Encoding", "gzip")
	if br.Header.Get("ETag") == gz.Header.Get("ETag") {
		t.Error("two forms of a file have one ETag")
	}
}

func TestNoFileOfTheConsoleCanBeFramedOrSniffed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/console/", "/console/assets/app-1.js", "/console/nothing"} {
		h := get(built(t), http.MethodGet, path).Header
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy has no %s: %s", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", path, csp)
		}
	}
}

func TestOnlyWhatIsThereIsServed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/console/assets/", 404}, {http.MethodGet, "/console/index.html.br", 404}, {http.MethodGet, "/console/../console/assets/app-2.js", 404},
		{http.MethodPost, "/console/", 405}, {http.MethodHead, "/console/", 200},
	} {
		if r := get(built(t), c.method, c.path, "Accept-Encoding", "br"); r.StatusCode != c.want {
			t.Errorf("%s %s: %d", c.method, c.path, r.StatusCode)
		}
	}
}

func TestABinaryWithoutTheConsoleSaysSo(t *testing.T) {
	t.Parallel()
	none, err := read(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	r := get(none, http.MethodGet, "/console/")
	if body := text(t, r); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") || strings.Contains(body, "<script") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	if r := get(none, http.MethodGet, "/console/assets/app-1.js"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a file: %d", r.StatusCode)
	}
}

func TestATokensWorthIsSaidInOneWord(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		payload string
		ours    bool
		err     error
	}{
		"live":      {`{"exp":1001}`, true, nil},
		"expired":   {`{"exp":1000}`, true, nil},
		"ended":     {`{"exp":1001}`, true, auxdata.ErrDead},
		"forged":    {"", true, errors.New("another signature")},
		"foreign":   {"", false, nil},
		"malformed": {"", false, errors.New("no token")},
	} {
		if got := worth([]byte(c.payload), c.ours, c.err, time.Unix(1000, 0)); got != want {
			t.Errorf("%s is called %s", want, got)
		}
	}
	if got := worth([]byte(`{}`), true, nil, time.Unix(1000, 0)); got != "expired" {
		t.Errorf("a token without an end is called %s", got)
	}
	w := httptest.NewRecorder()
	Parts{}.token(w, httptest.NewRequest(http.MethodPost, "/console/api/token", strings.NewReader(strings.Repeat("x", maxToken+1))))
	if w.Code != http.StatusBadRequest {
		t.Errorf("too much: %d", w.Code)
	}
}

func TestTheFilterOfRecordsIsRead(t *testing.T) {
	t.Parallel()
	q, err := recordsOf(map[string][]string{"pool": {"us-east-1_Example01"}, "failed": {"true"}, "since": {"2026-01-31T12:00:00Z"}, "limit": {"7"}, "after": {"1700000000123.42.k3v"}})
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Query{Pool: "us-east-1_Example01", Failed: true, Since: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Limit: 7}
	want.Before.At, want.Before.Seq, want.Before.Chain = time.UnixMilli(1700000000123).UTC(), 42, "k3v"
	if diff := cmp.Diff(want, q); diff != "" {
		t.Error(diff)
	}
	for name, value := range map[string]string{"limit": "0", "since": "yesterday", "until": "x", "after": "nothing"} {
		if _, err := recordsOf(map[string][]string{name: {value}}); err == nil {
			t.Errorf("%s=%s was taken", name, value)
		}
	}
}
