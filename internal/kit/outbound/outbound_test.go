package outbound_test

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

	"cognate.dev/cognate/internal/kit/outbound"
)

func TestOnlySafeURLsAreCalled(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"https://example.com/x?y=z": true, "http://127.0.0.1:8080": true, "http://localhost/": true, "http://[::1]:1/": true,
		"http://example.com": false, "http://127.0.0.1.example.com": false, "ftp://example.com": false, "example.com": false,
		"https://": false, "https://user:pw@example.com": false, "https://example.com/#x": false, "": false, "http://%zz": false,
	} {
		if err := outbound.Check(raw, false); (err == nil) != want {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if err := outbound.Check("http://example.com", true); err != nil {
		t.Error(err)
	}
}

func TestSecretsComeFromOnePlace(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	empty := filepath.Join(t.TempDir(), "empty")
	for name, text := range map[string]string{file: "s\n", empty: "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		value, file, want string
		fails             bool
	}{{"v", "", "v", false}, {"", file, "s", false}, {"", "", "", false}, {"v", file, "", true}, {"", empty, "", true}, {"", file + "x", "", true}} {
		if got, err := outbound.Secret(c.value, c.file); got != c.want || (err != nil) != c.fails {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func ask(t *testing.T, ctx context.Context, target string, most int) (outbound.Answer, error) {
	t.Helper()
	client := outbound.NewClient()
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return outbound.Do(client, request, most)
}

func TestAnswersAreBoundedAndRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, "12345")
	}))
	defer server.Close()
	if a, err := ask(t, t.Context(), server.URL, 5); err != nil || string(a.Body) != "12345" {
		t.Errorf("%q, %v", a.Body, err)
	}
	if _, err := ask(t, t.Context(), server.URL, 4); !errors.Is(err, outbound.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if answer, err := ask(t, t.Context(), server.URL+"/away", 100); err != nil || answer.Status != http.StatusTemporaryRedirect {
		t.Errorf("a redirect: %v, %v", answer, err)
	}
}

func TestErrorsShowNoURL(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, err := ask(t, t.Context(), server.URL+"/?key=hidden", 5); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(t, ctx, server.URL, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}
