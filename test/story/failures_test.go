package story

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

// TestTheFailuresOfFunctions is the table of what a client reads when a function fails, in each language, by the real
// binary. Whatever happened, the next sign-in works, and no process is left behind.
func TestTheFailuresOfFunctions(t *testing.T) {
	t.Parallel()
	need(t, "node")
	need(t, "python3")
	w := newFailing(t)
	const (
		validation, unexpected, response = "UserLambdaValidationException", "UnexpectedLambdaException", "InvalidLambdaResponseException"

		exited = "PreTokenGeneration invocation failed due to error Runtime.ExitError."
		large  = "PreTokenGeneration failed with error Response payload size exceeded maximum allowed payload size (6291556 bytes).."
	)
	timeout := func(language string) string {
		return functionARN + language + " failed due to error Socket timeout while invoking Lambda function."
	}
	for _, c := range []struct {
		does, kind, text string
		languages        string
	}{
		{"throws", validation, "PreTokenGeneration failed with error names have more letters.", "go nodejs python"},
		{"panics", validation, "PreTokenGeneration failed with error it went wrong.", "go"},
		{"later", validation, "PreTokenGeneration failed with error too late.", "nodejs"},
		{"unserializable", validation, "PreTokenGeneration failed with error Unable to marshal response: Object of type set is not JSON serializable.", "python"},
		{"null", response, "Invalid lambda function output : Invalid JSON", "go nodejs python"},
		{"nothing", response, "Invalid lambda function output : Invalid JSON", "nodejs"},
		{"shape", response, "Unrecognizable lambda output", "go nodejs python"},
		{"big", validation, large, "go nodejs python"},
		{"crash", unexpected, exited, "go nodejs python"},
		{"abort", unexpected, exited, "go nodejs python"},
		{"hang", unexpected, "", "go nodejs python"},
		{"fork", unexpected, "", "go nodejs python"},
		{"forkAndAnswer", "", "", "go nodejs python"},
	} {
		for _, language := range strings.Fields(c.languages) {
			kind, text, name := c.kind, c.text, language
			if kind == unexpected && text == "" {
				name += hasty
				text = timeout(name)
			}
			w.works(t, name)
			got := w.signIn(t, name, c.does)
			switch {
			case kind == "" && got.status != http.StatusOK:
				t.Errorf("%s in %s: %s", c.does, language, got.raw)
			case kind != "" && (got.status != http.StatusBadRequest || got.body["__type"] != kind || got.body["message"] != text || got.body["AuthenticationResult"] != nil):
				t.Errorf("%s in %s: %d %s\nwant %s: %s", c.does, language, got.status, got.raw, kind, text)
			}
			w.works(t, name)
		}
	}
	if err := w.Stop(); err != nil {
		t.Error(err)
	}
	if left := w.left(t); len(left) != 0 {
		t.Errorf("processes were left behind: %v", left)
	}
}

// works fails unless somebody can sign in, at last: a busy machine may not start a process in the time of a hasty function.
func (w *failing) works(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(started.Patience); ; {
		got := w.signIn(t, name, "claims")
		if got.status == http.StatusOK {
			return
		}
		if !strings.Contains(got.raw, "Socket timeout") || time.Now().After(deadline) {
			t.Fatalf("%s: %s", name, got.raw)
		}
	}
}

// hasty are the functions that get little time; others get enough on any machine.
const hasty = "hasty"

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"

// failing is a server with a pool for each language, whose function does what the client's metadata says.
type failing struct {
	*server
	mark string
}

// newFailing serves the handlers of internal/trigger/lambda's own tests.
func newFailing(t *testing.T) *failing {
	t.Helper()
	dir := t.TempDir()
	handlers, err := filepath.Abs("../../internal/trigger/lambda/testdata")
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(soon(t), "go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), filepath.Join(handlers, "gohandler"))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w := &failing{mark: "FAILURE_TEST=" + strconv.Itoa(os.Getpid())}
	var config, seeds strings.Builder
	fmt.Fprintln(&config, "triggers:")
	fmt.Fprintln(&seeds, "pools:")
	for _, f := range []struct{ language, runtime, folder, handler string }{
		{"go", "provided.al2023", dir, "bootstrap"}, {"nodejs", "nodejs20.x", filepath.Join(handlers, "node"), "index.handler"},
		{"python", "python3.11", filepath.Join(handlers, "python"), "app.handler"},
	} {
		for name, timeout := range map[string]string{f.language: "1m", f.language + hasty: "3s"} {
			fmt.Fprintf(&config, "  - arn: %s%s\n    timeout: %s\n    lambda: {runtime: %s, folder: %s, handler: %s, concurrency: 2, env: {FAILURE_TEST: %q}}\n",
				functionARN, name, timeout, f.runtime, f.folder, f.handler, strings.TrimPrefix(w.mark, "FAILURE_TEST="))
			fmt.Fprintf(&seeds, `  - name: %[1]s
    token_version: V2_0
    triggers: {PreTokenGeneration: "%[2]s%[1]s"}
    clients: [{id: client%[1]s, name: app, auth_flows: [ALLOW_USER_PASSWORD_AUTH]}]
    users: [{username: alice, password: Correct-Horse1}]
`, name, functionARN)
		}
	}
	for name, text := range map[string]string{"cognate.yaml": config.String(), "seeds.yaml": seeds.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if w.server, err = start(dir, "dev", "--config", filepath.Join(dir, "cognate.yaml"), "--seeds", filepath.Join(dir, "seeds.yaml"), "--data", filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Stop() })
	return w
}

// signIn signs in where the function of a language does something.
func (w *failing) signIn(t *testing.T, name, does string) answer {
	t.Helper()
	got, err := w.call(soon(t), "InitiateAuth", fmt.Sprintf(`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"client%s",
		"AuthParameters":{"USERNAME":"alice","PASSWORD":"Correct-Horse1"},"ClientMetadata":{"do":%q}}`, name, does))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// left lists the processes of functions, and those that these started.
func (w *failing) left(t *testing.T) (pids []string) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(names) == 0 {
		t.Skip("SKIPPED: there is no /proc to look for leaked processes in")
	}
	for _, name := range names {
		env, _ := os.ReadFile(name)
		if bytes.Contains(env, []byte(w.mark+"\x00")) {
			pids = append(pids, filepath.Base(filepath.Dir(name)))
		}
	}
	return pids
}
