package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of enough bytes"

func at() time.Time { return time.Unix(1772366400, 0) }

// serve runs a receiver and a hook that leads to it.
func serve(t *testing.T, h http.HandlerFunc) *webhook.Hook {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	hook, err := webhook.New(webhook.Config{URL: server.URL + "/hook", Secret: secret}, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hook.Close() })
	return hook
}

func TestReceiverCanTellThatAnEventIsOursAndNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	hook := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(id + "." + stamp + "." + string(body)))
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if r.Header.Get("webhook-signature") != want || stamp != "1772366400" || seen[id] || r.Method != http.MethodPost ||
			r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Cognate-Function-Arn") != "arn:a" {
			t.Errorf("%s %s %q", r.Method, body, r.Header)
		}
		seen[id] = true
		_, _ = w.Write(body)
	})
	for range 3 {
		out, err := hook.Invoke(t.Context(), "arn:a", []byte(`{"a":1}`))
		if err != nil || string(out) != `{"a":1}` {
			t.Errorf("%s %v", out, err)
		}
	}
}

func TestAnswersOfAReceiverMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		thrown  string
		failed  string
	}{
		"throws": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"errorType":"TooShort","errorMessage":"too short"}`))
		}, "too short", ""},
		"throws nothing": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"errorMessage":""}`))
		}, "", ""},
		"is down": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "", "HTTP503"},
		"redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "", "HTTP307"},
		"has no content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "", "HTTP204"},
		"hangs up":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", "ServiceUnavailableException"},
		"says 6 MB": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, function.MaxPayload+1)) },
			"Response payload size exceeded maximum allowed payload size (6291556 bytes).", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, c.handler).Invoke(t.Context(), "arn:a", []byte(`{}`))
			var thrown *function.Thrown
			var failed *function.Failure
			switch {
			case errors.As(err, &thrown):
				if thrown.Message != c.thrown || c.failed != "" {
					t.Errorf("thrown %q", thrown.Message)
				}
			case errors.As(err, &failed):
				if failed.Name != c.failed {
					t.Errorf("failed %q", failed.Name)
				}
			default:
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAReceiverThatHangsIsLeftAtTheDeadline(t *testing.T) {
	t.Parallel()
	hook := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush() // the head of the answer is there, its body never comes
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := hook.Invoke(ctx, "arn:a", []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestUnsafeConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("whsec_"+base64.StdEncoding.EncodeToString([]byte(secret))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config webhook.Config
		ok     bool
	}{
		{webhook.Config{URL: "https://hooks.example.com/a", Secret: secret}, true},
		{webhook.Config{URL: "https://hooks.example.com/a", SecretFile: file}, true},
		{webhook.Config{URL: "http://127.0.0.1:8080/", Secret: secret}, true},
		{webhook.Config{URL: "http://[::1]:8080/", Secret: secret}, true},
		{webhook.Config{URL: "http://hooks:8080/", Secret: secret, Plain: true}, true},
		{webhook.Config{URL: "http://hooks:8080/", Secret: secret}, false},
		{webhook.Config{URL: "http://127.0.0.1.example.com/", Secret: secret}, false},
		{webhook.Config{URL: "https://user@hooks.example.com/", Secret: secret}, false},
		{webhook.Config{URL: "ftp://hooks.example.com/", Secret: secret}, false},
		{webhook.Config{URL: "https://hooks.example.com/"}, false},
		{webhook.Config{URL: "https://hooks.example.com/", Secret: secret, SecretFile: file}, false},
		{webhook.Config{URL: "https://hooks.example.com/", Secret: "short"}, false},
		{webhook.Config{URL: "https://hooks.example.com/", Secret: "whsec_" + strings.Repeat("!", 40)}, false},
		{webhook.Config{URL: "https://hooks.example.com/", SecretFile: file + "x"}, false},
	} {
		_, err := webhook.New(c.config, at)
		if (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

// TestASecretCanBeChangedUnderARunningServer fails when a hook signs with what a file held when the server started.
func TestASecretCanBeChangedUnderARunningServer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := "the first secret of enough bytes"
	put(want)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(want))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("the event is not signed with %q", want)
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	for name, c := range map[string]webhook.Config{"secret": {URL: server.URL, Secret: "file:" + file}, "secret_file": {URL: server.URL, SecretFile: file}} {
		want = "the first secret of enough bytes"
		put(want)
		hook, err := webhook.New(c, at)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Cleanup(func() { _ = hook.Close() })
		for range 2 {
			if _, err := hook.Invoke(t.Context(), "arn:a", []byte(`{}`)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			want = "the second secret of enough bytes"
			put(want)
		}
		put("short")
		if _, err := hook.Invoke(t.Context(), "arn:a", []byte(`{}`)); err == nil {
			t.Errorf("%s: an event was sent with a secret that is too short", name)
		}
	}
}
