package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/lambda"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gohandler")
	if err == nil {
		goHandler = dir
		var out []byte
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), "./testdata/gohandler")
		if out, err = build.CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the Go handler:", err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

var goHandler string

const arn = "arn:aws:lambda:eu-west-1:123456789012:function:claims"

// configs are the same function in each language.
func configs() map[string]lambda.Config {
	return map[string]lambda.Config{
		"go":     {Runtime: "provided.al2023", Folder: goHandler, Handler: "bootstrap"},
		"nodejs": {Runtime: "nodejs20.x", Folder: "testdata/node", Handler: "index.handler"},
		"python": {Runtime: "python3.11", Folder: "testdata/python", Handler: "app.handler"},
	}
}

// needs skips a test of a language that is not here; under CI that is a failure.
func needs(t testing.TB, language string) {
	t.Helper()
	program := map[string]string{"nodejs": "node", "python": "python3"}[language]
	if program == "" {
		return
	}
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("SKIPPED: %s is not installed, so functions in %s are not tested", program, language)
	}
}

// journal keeps what functions print.
type journal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.String()
}

// world is a host with one function.
type world struct {
	t        testing.TB
	host     *lambda.Host
	function *lambda.Function
	log      *journal
}

func newWorld(t testing.TB, c lambda.Config) *world {
	t.Helper()
	w := &world{t: t, log: &journal{}}
	w.host = lambda.NewHost(lambda.Options{Log: slog.New(slog.NewTextHandler(w.log, nil)), Region: "eu-west-1", Env: map[string]string{"OURS": "1"}})
	t.Cleanup(func() { _ = w.host.Close() })
	var err error
	w.function, err = w.host.Function("claims", c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const enough = 5 * time.Minute // for a cold start on a busy machine

// do calls the function.
func (w *world) do(what string, within time.Duration) (map[string]any, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	return w.doIn(ctx, what)
}

func (w *world) doIn(ctx context.Context, what string) (map[string]any, error) {
	w.t.Helper()
	event := fmt.Sprintf(`{"version":"2","triggerSource":"TokenGeneration_Authentication","region":"eu-west-1","userPoolId":"eu-west-1_a",
		"userName":"alice","callerContext":{"awsSdkVersion":"x","clientId":"c"},"request":{"userAttributes":{},"clientMetadata":{"do":%q},"scopes":[]},
		"response":{"claimsAndScopeOverrideDetails":null}}`, what)
	out, err := w.function.Invoke(ctx, arn, []byte(event))
	if err != nil {
		return nil, err
	}
	var e map[string]any
	if err := json.Unmarshal(out, &e); err != nil {
		w.t.Errorf("%s answered %q", what, out)
	}
	return e, nil
}

// works fails unless the function does what it should.
func (w *world) works() (calls, pid float64) {
	w.t.Helper()
	e, err := w.do("claims", enough)
	if err != nil {
		w.t.Fatal(err)
	}
	claims := e["response"].(map[string]any)["claimsAndScopeOverrideDetails"].(map[string]any)["accessTokenGeneration"].(map[string]any)["claimsToAddOrOverride"].(map[string]any)
	return claims["calls"].(float64), claims["pid"].(float64)
}

func TestHandlersRunUnmodifiedAndStayWarm(t *testing.T) {
	t.Parallel()
	for language, c := range configs() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			needs(t, language)
			w := newWorld(t, c)
			_, first := w.works()
			calls, second := w.works()
			if first != second || calls != 2 {
				t.Errorf("the second call was the %v. of process %v, the first ran in %v", calls, second, first)
			}
		})
	}
}

// outcome is how a call fails.
type outcome struct{ thrown, failed string }

func outcomeOf(err error) outcome {
	var thrown *function.Thrown
	var failed *function.Failure
	switch {
	case errors.As(err, &thrown):
		return outcome{thrown: thrown.Type + ": " + thrown.Message}
	case errors.As(err, &failed):
		return outcome{failed: failed.Name}
	case errors.Is(err, context.DeadlineExceeded):
		return outcome{failed: "deadline"}
	}
	return outcome{failed: fmt.Sprint(err)}
}

func TestFailuresAreNamedAndTheNextCallWorks(t *testing.T) {
	t.Parallel()
	const large = "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size (6291556 bytes)."
	table := map[string]map[string]outcome{
		"throws": {
			"go":     {thrown: "errorString: names have more letters"},
			"nodejs": {thrown: "RangeError: names have more letters"},
			"python": {thrown: "ValueError: names have more letters"},
		},
		"throwsText":     {"nodejs": {thrown: "string: a text"}},
		"throwsEmpty":    {"nodejs": {thrown: "Error: "}},
		"rejectsNothing": {"nodejs": {thrown: "Error: null"}},
		"later":          {"nodejs": {thrown: "TypeError: too late"}},
		"unhandled":      {"nodejs": {thrown: "Runtime.UnhandledPromiseRejection: nobody listens"}},
		"callbackFails":  {"nodejs": {thrown: "Error: called back"}},
		"fail":           {"nodejs": {thrown: "Error: failed"}},
		"panics":         {"go": {thrown: "string: it went wrong"}},
		"unserializable": {"python": {thrown: "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable"}},
		"big":            {"go": {thrown: large}, "nodejs": {thrown: large}, "python": {thrown: large}},
		"crash":          {"go": {failed: "Runtime.ExitError"}, "nodejs": {failed: "Runtime.ExitError"}, "python": {failed: "Runtime.ExitError"}},
		"abort":          {"go": {failed: "Runtime.ExitError"}, "nodejs": {failed: "Runtime.ExitError"}, "python": {failed: "Runtime.ExitError"}},
		"hang":           {"go": {failed: "deadline"}, "nodejs": {failed: "deadline"}, "python": {failed: "deadline"}},
		"fork":           {"go": {failed: "deadline"}, "nodejs": {failed: "deadline"}, "python": {failed: "deadline"}},
	}
	for what, languages := range table {
		for language, want := range languages {
			t.Run(what+" in "+language, func(t *testing.T) {
				t.Parallel()
				needs(t, language)
				c := configs()[language]
				c.Concurrency = 1
				w := newWorld(t, c)
				w.works()
				within := enough
				if want.failed == "deadline" {
					within = 3 * time.Second
				}
				_, err := w.do(what, within)
				if got := outcomeOf(err); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				w.works()
			})
		}
	}
}

func TestAnswersOfEveryStyleArrive(t *testing.T) {
	t.Parallel()
	needs(t, "nodejs")
	w := newWorld(t, configs()["nodejs"])
	for _, what := range []string{"callback", "callbackLater", "callbackAtOnce", "done", "succeed"} {
		if e, err := w.do(what, enough); err != nil || e["userName"] != "alice" {
			t.Errorf("%s: %v %v", what, e, err)
		}
	}
	w = newWorld(t, configs()["nodejs"]) // callbackAtOnce left a timer behind
	for _, what := range []string{"null", "nothing", "never"} {
		if e, err := w.do(what, enough); err != nil || e != nil {
			t.Errorf("%s: %v %v", what, e, err)
		}
	}
}

func TestHandlersAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, handler, want string
	}{
		{"nodejs", "index.inner.handler", ""},
		{"nodejs", "module.handler", ""},
		{"nodejs", "module.other", ""},
		{"nodejs", "../node/index.handler", ""},
		{"nodejs", "index.missing", "Runtime.HandlerNotFound: index.missing is undefined or not exported"},
		{"nodejs", "missing.handler", "Runtime.ImportModuleError: Error: Cannot find module 'missing'"},
		{"nodejs", "index", "Runtime.MalformedHandlerName: Bad handler index"},
		{"nodejs", "broken.handler", "Error: cannot even load"},
		{"python", "app.missing", "Runtime.HandlerNotFound: Handler 'missing' missing on module 'app'"},
		{"python", "missing.handler", "Runtime.ImportModuleError: Unable to import module 'missing': No module named 'missing'"},
		{"python", "broken.handler", "Runtime.ImportModuleError: Unable to import module 'broken': No module named 'nothing_of_this_name'"},
	} {
		t.Run(c.language+" "+c.handler, func(t *testing.T) {
			t.Parallel()
			needs(t, c.language)
			config := configs()[c.language]
			config.Handler, config.Warm = c.handler, -1
			what := "callback"
			if c.language == "python" {
				what = "log"
			}
			_, err := newWorld(t, config).do(what, enough)
			if got := outcomeOf(err); c.want == "" && err != nil || c.want != "" && got.thrown != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWhatCannotBeStartedIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]lambda.Config{
		"no executable": {Runtime: "go", Folder: "testdata", Handler: "missing"},
		"no folder":     {Runtime: "nodejs", Folder: "testdata/missing", Handler: "index.handler"},
		"a file":        {Runtime: "nodejs", Folder: "testdata/node/index.js", Handler: "index.handler"},
	} {
		w := newWorld(t, c)
		_, err := w.do("claims", enough)
		if got := outcomeOf(err); got.failed != "Runtime.InvalidEntrypoint" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, lambda.Config{Folder: "testdata", Command: []string{"false"}})
	if _, err := w.do("claims", enough); outcomeOf(err).failed != "Runtime.ExitError" {
		t.Errorf("a program that ends at once: %v", err)
	}
}

func TestFunctionsSeeTheirOwnSurroundingsOnly(t *testing.T) {
	t.Setenv("COGNATE_SECRET", "ours alone")
	for _, language := range []string{"nodejs", "python"} {
		needs(t, language)
		c := configs()[language]
		c.Env = map[string]string{"TABLE": "roles"}
		w := newWorld(t, c)
		e, err := w.do("env", enough)
		if err != nil {
			t.Fatal(err)
		}
		env := e["seen"].(map[string]any)
		if env["COGNATE_SECRET"] != nil || env["TABLE"] != "roles" || env["OURS"] != "1" || env["AWS_REGION"] != "eu-west-1" || env["AWS_LAMBDA_FUNCTION_NAME"] != "claims" {
			t.Errorf("%s: %v", language, env)
		}
	}
}

func TestHandlersKnowTheirCall(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"go", "python"} {
		needs(t, language)
		e, err := newWorld(t, configs()[language]).do("context", enough)
		if err != nil {
			t.Fatal(err)
		}
		seen := e["seen"].(map[string]any)
		if left := seen["left"].(float64); seen["arn"] != arn || seen["name"] != "claims" || len(seen["id"].(string)) != 36 || left <= 0 || left > float64(enough.Milliseconds()) {
			t.Errorf("%s: %v", language, seen)
		}
	}
}

func TestWhatFunctionsPrintIsLogged(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"nodejs", "python"} {
		needs(t, language)
		w := newWorld(t, configs()[language])
		if _, err := w.do("log", enough); err != nil {
			t.Fatal(err)
		}
		_ = w.host.Close()
		log := w.log.String()
		for _, want := range []string{"line=one", "two", "stream=stderr", "function=claims", "request_id="} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: %s is missing in\n%s", language, want, log)
			}
		}
		for _, line := range strings.Split(log, "\n") {
			if len(line) > 9<<10 {
				t.Errorf("%s: a line of %d bytes", language, len(line))
			}
		}
	}
}
