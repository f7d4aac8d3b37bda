// Package clients drives the real binary with clients that nobody here wrote, and compares it with the servers that
// they were written for. It leaves our own rules to the tests beside the rooms.
package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/test/built"
	"cognate.dev/cognate/test/started"
)

// binary is the server under test, built once for the whole package.
var binary string

func TestMain(m *testing.M) {
	built.Main(m, &binary, "other people's clients are run by make test, not by the fast gate")
}

// missing skips a test for want of something that the machine does not have: loudly, and never in CI.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: install it (tools/test-deps.sh)", what)
	}
	t.Skipf("NOT RUN: %s; run tools/test-deps.sh", what)
}

// modules are installed once.
var modules = sync.OnceValues(func() (string, error) {
	const done = "node_modules/.package-lock.json"
	lock, err := os.Stat("package-lock.json")
	if err != nil {
		return "", err
	}
	if installed, err := os.Stat(done); err == nil && !installed.ModTime().Before(lock.ModTime()) {
		return "", nil
	}
	out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput()
	return string(out), err
})

// needNode makes sure that Node and the modules are there.
func needNode(t *testing.T) {
	t.Helper()
	const oldest = 20
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		missing(t, "node is not installed")
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		missing(t, "node is older than release "+strconv.Itoa(oldest))
	}
	if out, err := modules(); err != nil {
		missing(t, fmt.Sprintf("npm ci: %v\n%s", err, out))
	}
}

// server is one running cognate.
type server struct {
	cognito, pdp, grpc string
}

// serve starts cognate in development mode with the example people and policies, and ends it with the test.
func serve(t *testing.T, env ...string) *server {
	t.Helper()
	return serveOn(t, "127.0.0.1:0", "127.0.0.1:0", env...)
}

// serveOn is serve with the addresses of the decision point.
func serveOn(t *testing.T, pdp, grpc string, env ...string) *server {
	t.Helper()
	return serveWith(t, []string{"--policies", "../../examples/policies", "--pdp-listen", pdp, "--pdp-grpc-listen", grpc}, env...)
}

// serveWith is serve with flags of one's own: those for the policies, and for where the decision point is.
func serveWith(t *testing.T, flags []string, env ...string) *server {
	t.Helper()
	if !slices.Contains(flags, "--config") {
		config := filepath.Join(t.TempDir(), "patient.yaml")
		if err := os.WriteFile(config, []byte(started.PatientDecisions), 0o600); err != nil {
			t.Fatal(err)
		}
		flags = append(flags, "--config", config)
	}
	cmd := exec.Command(binary, append([]string{"dev", "--data", filepath.Join(t.TempDir(), "data"), "--seeds", "../../examples/dev/seeds.yaml",
		"--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(os.Environ(), env...)
	return launch(t, cmd)
}

// launch starts a server, waits until it is ready, and ends it with the test.
func launch(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, started.Patient...)
	p, err := started.Start(cmd, "ready", started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, p.Log)
		}
	})
	return &server{p.Said["cognito"], p.Said["decisions"], p.Said["grpc"]}
}

// post sends JSON and gives the status and the body.
func post(t testing.TB, url, body string, headers ...string) (int, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, got
}

// accessToken signs bob of the example people in.
func (s *server) accessToken(t *testing.T) string {
	t.Helper()
	status, body := post(t, s.cognito, `{"ClientId":"contactsweb0000000000000000","AuthFlow":"USER_PASSWORD_AUTH",
		"AuthParameters":{"USERNAME":"bob","PASSWORD":"Correct-Horse2"}}`,
		"X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth", "Content-Type", "application/x-amz-json-1.1")
	var got struct{ AuthenticationResult struct{ AccessToken string } }
	if err := json.Unmarshal(body, &got); err != nil || got.AuthenticationResult.AccessToken == "" {
		t.Fatalf("sign in: %d %s", status, body)
	}
	return got.AuthenticationResult.AccessToken
}
