package pdp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// contacts decides with the policies that the project ships.
func contacts(t testing.TB) policy.Decider {
	t.Helper()
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	set := policy.New(policy.Local(policy.Config{Dir: "../../../examples/policies"}), engine, nil, clock.System)
	if err := set.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return set
}

// exchange is a file of testdata/cerbos: a request as sent to Cerbos' own server (release 0.51, over the policies that
// the project ships), and after a line of dashes what it answered.
type exchange struct {
	request *http.Request
	status  string
	headers map[string]string
	body    string
}

func readExchange(t testing.TB, file string) exchange {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sent, got, ok := strings.Cut(string(raw), "\n--- ")
	if !ok {
		t.Fatalf("%s: no answer", file)
	}
	head, body, _ := strings.Cut(sent, "\n\n")
	line, headers, _ := strings.Cut(head, "\n")
	method, target, _ := strings.Cut(line, " ")
	x := exchange{request: httptest.NewRequest(method, target, strings.NewReader(body)), headers: map[string]string{}}
	for name, value := range fields(headers) {
		x.request.Header.Set(name, value)
	}
	head, x.body, _ = strings.Cut(got, "\n\n")
	x.status, headers, _ = strings.Cut(head, "\n")
	x.headers = fields(headers)
	return x
}

func fields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out[name] = value
		}
	}
	return out
}

// newer words: release 0.55, whose engine is ours, validates by a newer library than the recorded one.
var newer = strings.NewReplacer("value length must be", "must be", "value must contain no", "must contain no", "value does not match", "does not match")

// plain is a JSON body as Go values, without what differs from call to call. Protobuf's JSON writer puts a
// non-breaking space into its errors now and then, so that nobody relies on them.
func plain(t *testing.T, body string) any {
	t.Helper()
	if strings.TrimSpace(body) == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, "\u00a0", " ")), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, body)
	}
	if m, ok := v.(map[string]any); ok && m["cerbosCallId"] != nil {
		m["cerbosCallId"] = "CALL"
	}
	return v
}

func TestRawRequestsAreAnsweredAsCerbosAnswersThem(t *testing.T) {
	t.Parallel()
	server := pdp.New(pdp.Config{CORS: pdp.CORS{Origins: []string{"*"}}}, pdp.Parts{Decider: contacts(t)})
	files, err := filepath.Glob("testdata/cerbos/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			x := readExchange(t, file)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, x.request)
			got := w.Result()
			body, err := io.ReadAll(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			if status := strings.Fields(got.Status)[0]; status != x.status {
				t.Errorf("status %s, want %s", status, x.status)
			}
			for _, name := range []string{"Content-Type", "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods"} {
				if got.Header.Get(name) != x.headers[name] {
					t.Errorf("%s: %q, want %q", name, got.Header.Get(name), x.headers[name])
				}
			}
			if diff := cmp.Diff(plain(t, newer.Replace(x.body)), plain(t, string(body))); diff != "" {
				t.Errorf("body (-cerbos +ours):\n%s", diff)
			}
		})
	}
}
