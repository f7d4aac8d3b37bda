package script_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/lambda"
	"cognate.dev/cognate/internal/trigger/script"
)

// TestMain is also the process of a script, as the real binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == script.Subcommand {
		fmt.Fprintln(os.Stderr, script.Run(context.Background()))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

const arn = "arn:aws:lambda:eu-west-1:123456789012:function:hook"

// journal keeps what scripts print.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

type world struct {
	t    testing.TB
	host *lambda.Host
	f    *lambda.Function
	log  journal
}

func newWorld(t testing.TB, c script.Config) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: scripts are processes, and may not have the memory that the race detector takes")
	}
	w := &world{t: t}
	w.host = lambda.NewHost(lambda.Options{Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	t.Cleanup(func() { _ = w.host.Close() })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if w.f, err = script.Function(w.host, "hook", self, c); err != nil {
		t.Fatal(err)
	}
	return w
}

const enough = 5 * time.Minute

func (w *world) do(what string, within time.Duration) (map[string]any, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	out, err := w.f.Invoke(ctx, arn, fmt.Appendf(nil, `{"userName":"alice","request":{"clientMetadata":{"do":%q}},"response":{}}`, what))
	if err != nil {
		return nil, err
	}
	var e map[string]any
	if err := json.Unmarshal(out, &e); err != nil {
		w.t.Errorf("%s answered %q", what, out)
	}
	return e, nil
}

func TestEachEventMeetsANewWorld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, script.Config{File: "testdata/hook.js", Concurrency: 1})
	for range 3 {
		e, err := w.do("claims", enough)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(e["response"])
		if string(text) != `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"calls":"1"}}}` {
			t.Errorf("got %s", text)
		}
	}
	e, err := w.do("later", enough)
	if err != nil || e["userName"] != "bob" {
		t.Errorf("a promise: %v %v", e, err)
	}
}

func TestFailuresOfScriptsAreNamedAndTheNextCallWorks(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]string{
		"throws":       "RangeError: names have more letters",
		"rejects":      "TypeError: no",
		"throwsText":   "string: a text",
		"throwsGetter": "Error: ",
		"missing":      "TypeError: ",
		"cycle":        "TypeError: ",
		"deep":         "RangeError: Maximum call stack size exceeded",
		"big":          "Function.ResponseSizeTooLarge: ",
		"hang":         "deadline",
		"memory":       "Runtime.ExitError",
		"nothing":      "",
		"never":        "",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, script.Config{File: "testdata/hook.js", Concurrency: 1})
			if _, err := w.do("claims", enough); err != nil {
				t.Fatal(err)
			}
			within := enough
			if what == "hang" {
				within = 3 * time.Second
			}
			e, err := w.do(what, within)
			var thrown *function.Thrown
			var failed *function.Failure
			got := ""
			switch {
			case errors.As(err, &thrown):
				got = thrown.Error()
			case errors.As(err, &failed):
				got = failed.Name
			case errors.Is(err, context.DeadlineExceeded):
				got = "deadline"
			}
			if !strings.HasPrefix(got, want) || want == "" && (got != "" || e != nil) {
				t.Errorf("got %v %v, want %q", e, err, want)
			}
			if _, err := w.do("claims", enough); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

func TestScriptsReachNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, script.Config{File: "testdata/hook.js"})
	e, err := w.do("escape", enough)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range e["seen"].([]any) {
		if kind != "undefined" {
			t.Errorf("got %v", e["seen"])
		}
	}
	e, err = w.do("context", enough)
	if err != nil || e["seen"].(map[string]any)["arn"] != arn || len(e["seen"].(map[string]any)["id"].(string)) != 36 {
		t.Errorf("got %v %v", e["seen"], err)
	}
	if _, err := w.do("log", enough); err != nil {
		t.Error(err)
	}
	_ = w.host.Close()
	if !strings.Contains(w.log.text.String(), "seen alice") {
		t.Errorf("not logged: %s", w.log.text.String())
	}
}

func TestScriptsThatCannotBeLoadedSayWhy(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"exports.handler = (":              "Runtime.UserCodeSyntaxError: ",
		"let a = 1":                        "Runtime.HandlerNotFound: handler is undefined or not exported",
		"throw new Error('while loading')": "Error: while loading",
		"Object.defineProperty(module, 'exports', { get() { throw new Error('sly') } })": "Error: ",
	} {
		file := filepath.Join(t.TempDir(), "hook.js")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := newWorld(t, script.Config{File: file, Warm: -1}).do("claims", enough)
		var thrown *function.Thrown
		if !errors.As(err, &thrown) || !strings.HasPrefix(thrown.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
	for _, source := range []string{"module.exports = (e) => e", "module.exports = { handler: (e) => e }", "function handler(e) { return e }", "const x = 1; exports.handler = async (e) => e"} {
		file := filepath.Join(t.TempDir(), "hook.js")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if e, err := newWorld(t, script.Config{File: file, Warm: -1}).do("claims", enough); err != nil || e["userName"] != "alice" {
			t.Errorf("%s: %v %v", source, e, err)
		}
	}
}

// What a script throws or answers is outside input to our own process.
func FuzzCall(f *testing.F) {
	f.Add(`exports.handler = (e) => e`, `{"a":1}`)
	f.Add(`exports.handler = async () => { throw null }`, `[]`)
	f.Add(`exports.handler = () => ({ toJSON() { return 1n } })`, `"`)
	f.Fuzz(func(t *testing.T, source, event string) {
		if strings.Contains(source, "for") || strings.Contains(source, "while") || strings.Contains(source, "repeat") || strings.Contains(source, "fill") {
			t.Skip("the parent process ends what does not end")
		}
		file := filepath.Join(t.TempDir(), "hook.js")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		code, err := script.Load(file, new(strings.Builder))
		if err != nil {
			return
		}
		if out, err := code.Call(script.Call{Event: event}); err == nil && !json.Valid([]byte(out)) {
			t.Errorf("answered %q", out)
		}
	})
}

func BenchmarkWarm(b *testing.B) {
	w := newWorld(b, script.Config{File: "testdata/hook.js"})
	for b.Loop() {
		if _, err := w.do("claims", enough); err != nil {
			b.Fatal(err)
		}
	}
}
