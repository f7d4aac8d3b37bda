package rest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/upstream"
)

// serve answers with a handler and keeps what it was asked.
func serve(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s
}

func source(t *testing.T, c rest.Config) *rest.Source {
	t.Helper()
	s, err := rest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestAnEndpointIsAskedByATemplate(t *testing.T) {
	t.Parallel()
	var uri, method, body, key string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		uri, method, body, key = r.RequestURI, r.Method, string(raw), r.Header.Get("X-Key")
		io.WriteString(w, `{"data":[{"department":"hr","n":12}]}`)
	})
	file := filepath.Join(t.TempDir(), "key")
	write := func(v string) {
		if err := os.WriteFile(file, []byte(v+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	server := upstream.Config{Headers: []upstream.Header{{Name: "X-Key", File: file, Prefix: "Key "}}}
	get := source(t, rest.Config{URL: s.URL + "/of/{kind}/{id}?who={id}", Root: "data/0", Server: server})
	doc, err := get.Find(t.Context(), "a b", `x/y?z&"ü`)
	if err != nil || doc["department"] != "hr" {
		t.Errorf("%v, %v", doc, err)
	}
	if want := `/of/a%20b/x%2Fy%3Fz&%22%C3%BC?who=x%2Fy%3Fz%26%22%C3%BC`; uri != want || method != "GET" || key != "Key one" {
		t.Errorf("asked %s %s with %q, want %s", method, uri, key, want)
	}
	write("two") // a secret is renewed without a restart
	post := source(t, rest.Config{URL: s.URL + "/q", Body: `{"user":{"id":"{id}","in":"{kind}"}}`, Root: "data/0", Server: server})
	if _, err := post.Find(t.Context(), "k", `",{id}{kind}\`); err != nil {
		t.Error(err)
	}
	if want := `{"user":{"id":"\",{id}{kind}\\","in":"k"}}`; body != want || method != "POST" || key != "Key two" {
		t.Errorf("asked %s with %s and %q, want %s", method, body, key, want)
	}
}

// An id is chosen by callers: it must not lead to another path, nor to another host.
func TestAnIDDoesNotChooseWhatIsAsked(t *testing.T) {
	t.Parallel()
	asked := 0
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked++; io.WriteString(w, `{"admin":true}`) })
	get := source(t, rest.Config{URL: s.URL + "/users/{id}"})
	for _, id := range []string{"..", ".", "../admin", `..\admin`, "a/../b", "/.."} {
		if doc, err := get.Find(t.Context(), "", id); doc != nil || err != nil {
			t.Errorf("%q: %v, %v", id, doc, err)
		}
	}
	if asked != 0 {
		t.Errorf("%d of them were asked about", asked)
	}
	if doc, err := get.Find(t.Context(), "", "a..b"); doc == nil || err != nil {
		t.Errorf("a name with dots: %v, %v", doc, err)
	}
	if _, err := rest.New(rest.Config{URL: "https://example.com?who={id}"}); err != nil {
		t.Errorf("a URL without a path: %v", err)
	}
	for _, c := range []rest.Config{
		{URL: "https://{id}.example.com/"}, {URL: "https://example.com:{id}/"}, {URL: "https://{id}"}, {URL: "https://a{id}?x={id}"}, {URL: "https://example.com/"}, {URL: "http://example.com/{id}"}, {URL: "ftp://localhost/{id}"},
		{URL: "https://user:pw@example.com/{id}"}, {URL: "https://example.com/{id}", Method: "DELETE"}, {URL: "https://example.com/{id}", Root: "a/*"},
		{URL: "https://example.com/", Body: `{"id": {id}}`},
		{URL: "https://example.com/{id}", Server: upstream.Config{CAFile: "/nowhere"}},
		{URL: "https://example.com/{id}", Server: upstream.Config{Headers: []upstream.Header{{Name: "A"}}}},
		{URL: "https://example.com/{id}", Server: upstream.Config{Headers: []upstream.Header{{Name: "A", Env: "COGNATE_TEST_UNSET"}}}},
	} {
		if _, err := rest.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestStatusesAndBodiesAreUnderstood(t *testing.T) {
	t.Parallel()
	var status int
	var body string
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
	get := source(t, rest.Config{URL: s.URL + "/{id}?key=s3cret", Root: "user"})
	for _, c := range []struct {
		status      int
		body        string
		found, ofID bool
		fails       bool
	}{
		{200, `{"user":{"a":1}}`, true, false, false},
		{200, `{"user":null}`, false, false, false},
		{200, `{}`, false, false, false},
		{404, `{"user":{"a":1}}`, false, false, false},
		{410, ``, false, false, false},
		{204, ``, false, false, false},
		{200, `{"user":["a"]}`, false, false, true},
		{200, `{"user":{"a":1}`, false, false, true},
		{200, `<html>`, false, false, true},
		{200, `{"user":{"a":1}} {}`, false, false, true},
		{200, `{"user":{"a":"` + strings.Repeat("x", upstream.MaxBody) + `"}}`, false, false, true},
		{302, `{"user":{"a":1}}`, false, false, true},
		{401, ``, false, false, true},
		{403, ``, false, false, true},
		{429, ``, false, false, true},
		{500, `{"user":{"a":1}}`, false, false, true},
		{503, ``, false, false, true},
		{400, ``, false, true, true},
		{422, ``, false, true, true},
	} {
		status, body = c.status, c.body
		doc, err := get.Find(t.Context(), "", "alice")
		if (doc != nil) != c.found || (err != nil) != c.fails || upstream.IsAboutQuestion(err) != c.ofID {
			t.Errorf("%d %.40s: %v, %v", c.status, c.body, doc, err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "xxx")) {
			t.Errorf("the error says too much: %.200v", err)
		}
	}
}

func TestAServerThatCannotBeReachedIsAnErrorWithoutItsURL(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	get := source(t, rest.Config{URL: s.URL + "/{id}?key=s3cret"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := get.Find(ctx, "", "a"); !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("slow: %v", err)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	strange := source(t, rest.Config{URL: tls.URL + "/{id}?key=s3cret"})
	if _, err := strange.Find(t.Context(), "", "a"); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	pem := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(pem, certificate(tls), 0o600); err != nil {
		t.Fatal(err)
	}
	trusted := source(t, rest.Config{URL: tls.URL + "/{id}", Server: upstream.Config{CAFile: pem}})
	if doc, err := trusted.Find(t.Context(), "", "a"); doc != nil || err != nil {
		t.Errorf("with ca_file: %v, %v", doc, err)
	}
}

func TestTheAnswerIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"a":{"b":[1,null]},"c":"d"}`) })
	doc, err := source(t, rest.Config{URL: s.URL + "/{id}"}).Find(t.Context(), "", "a")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := doc["a"].(map[string]any); !ok || cmp.Diff(doc["c"], "d") != "" || len(got) != 1 {
		t.Errorf("%v", doc)
	}
}
