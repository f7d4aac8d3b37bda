package oidc

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/test/started"
)

const (
	callback = "https://app.example.com/callback"
	farewell = "https://app.example.com/bye"
)

func all() []Module { return slices.Concat(Basic(), Config(), PKCE(), RPLogout(), Backchannel()) }

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("the conformance modules are run by make test, not by the fast gate")
		return
	}
	os.Exit(m.Run())
}

// missing skips a test for want of something that the machine does not have: loudly, and never in CI.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: install it (tools/test-deps.sh)", what)
	}
	t.Skipf("NOT RUN: %s; run tools/test-deps.sh", what)
}

// listener hears of sign-outs.
func listener(t *testing.T) (uri string, heard chan string) {
	t.Helper()
	heard = make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.PostFormValue("logout_token") }))
	t.Cleanup(s.Close)
	return s.URL + "/backchannel", heard
}

// start runs a program until the test ends and gives the lines that it prints, up to the one that begins with last.
func start(t *testing.T, last string, cmd *exec.Cmd) (said map[string]string) {
	t.Helper()
	p, err := started.Start(cmd, last, started.Patience)
	if err != nil {
		t.Fatalf("%s: %v", cmd.Path, err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p.Said
}

// TestACertifiedProviderPasses proves the modules: what they ask for is what the specifications do, not what we do.
func TestACertifiedProviderPasses(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat("../../clients/node_modules/oidc-provider"); err != nil {
		if out, err := exec.Command("npm", "ci", "--prefix", "../../clients", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput(); err != nil {
			missing(t, fmt.Sprintf("npm ci: %v\n%s", err, out))
		}
	}
	uri, heard := listener(t)
	client := map[string]any{
		"client_id": "basic", "client_secret": "only-for-tests-only-for-tests-000", "redirect_uris": []string{callback},
		"post_logout_redirect_uris": []string{farewell}, "grant_types": []string{"authorization_code", "refresh_token"},
		"backchannel_logout_uri": uri, "backchannel_logout_session_required": true,
	}
	post := map[string]any{
		"client_id": "post", "client_secret": "only-for-tests-only-for-tests-001", "redirect_uris": []string{callback},
		"grant_types": []string{"authorization_code", "refresh_token"}, "token_endpoint_auth_method": "client_secret_post",
	}
	clients, err := json.Marshal([]any{client, post})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "../../clients/op.mjs")
	cmd.Env = append(os.Environ(), "OP_CLIENTS="+string(clients))
	said := start(t, "issuer", cmd)
	judge(t, &Provider{
		Issuer: said["issuer"], Transport: loopback(nil), Callback: callback, Farewell: farewell, Plain: true, Heard: heard,
		Basic: Client{"basic", "only-for-tests-only-for-tests-000"}, Post: Client{"post", "only-for-tests-only-for-tests-001"},
		User: map[string]string{"login": "alice", "password": "anything"},
	}, nil)
}

// cognate starts the server with TLS and a domain that is a strict provider beside one that is not.
func cognate(t *testing.T) (*Provider, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "cognate")
	build := exec.Command("go", "build", "-o", binary, "cognate.dev/cognate/cmd/cognate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	uri, heard := listener(t)
	seeds, err := os.ReadFile("testdata/seeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "seeds.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(seeds), "BACKCHANNEL", uri)), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	said := start(t, "ready", exec.Command(binary, "dev", "--tls", "--data", data, "--seeds", file, "--listen", "127.0.0.1:0",
		"--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "off"))
	ca, err := os.ReadFile(filepath.Join(data, "dev-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &Provider{
		Issuer: said["domain"], Transport: loopback(&tls.Config{RootCAs: roots}), Callback: callback, Farewell: farewell, Heard: heard,
		Basic: Client{"basicclient", "only_for_tests_only_for_000"}, Post: Client{"postclient", "only_for_tests_only_for_001"},
		User: map[string]string{"username": "alice", "password": "Correct-Horse1"},
	}, said
}

// judge runs every module; those that are expected to fail must.
func judge(t *testing.T, p *Provider, contradictions map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range all() {
		if seen[m.Name] {
			continue
		}
		seen[m.Name] = true
		t.Run(m.Name, func(t *testing.T) {
			err := m.Run(p)
			why, expected := contradictions[m.Name]
			switch {
			case expected && err == nil:
				t.Errorf("it passes, although %s", why)
			case !expected && err != nil:
				t.Error(err)
			}
		})
	}
	for name := range contradictions {
		if !seen[name] {
			t.Errorf("there is no module %s", name)
		}
	}
}

func TestOurStrictIssuerPasses(t *testing.T) {
	t.Parallel()
	p, _ := cognate(t)
	judge(t, p, nil)
}

// TestThePoolsIssuerFailsWhereCognitoDoes lists what contradicts Cognito. A module that begins to pass has to leave the list.
func TestThePoolsIssuerFailsWhereCognitoDoes(t *testing.T) {
	t.Parallel()
	p, said := cognate(t)
	p.Issuer = said["cognito"] + "/us-east-1_Conform01"
	judge(t, p, contradictions)
}

// TestClientsHearOfAGlobalSignOut fails when a client of a strict domain goes on with somebody whom an administrator has signed
// out everywhere.
func TestClientsHearOfAGlobalSignOut(t *testing.T) {
	t.Parallel()
	p, said := cognate(t)
	err := Module{"global sign-out", func(r *run) {
		in := r.signIn(r.Basic)
		body := strings.NewReader(`{"UserPoolId":"us-east-1_Conform01","Username":"alice"}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, said["cognito"]+"/", body)
		r.no(err)
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminUserGlobalSignOut")
		req.Header.Set("X-Amz-Date", "20260101T000000Z") // any signature is accepted in development
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0")
		got := r.do(req)
		r.must(got.status == http.StatusOK, "%d %s", got.status, got.body)
		r.must(r.heard(in.claims["sid"])["sub"] == in.claims["sub"], "somebody else is signed out")
	}}.Run(p)
	if err != nil {
		t.Error(err)
	}
}
