package clients

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/test/conformance/oidc"
	"cognate.dev/cognate/test/started"
)

// oauth2Proxy builds OAuth2 Proxy, which has no release that npm or Debian knows, from the module that pins it.
func oauth2Proxy(t *testing.T) string {
	t.Helper()
	const module = "../../tools/parties"
	if out, err := goTool(module, "mod", "download"); err != nil {
		t.Skipf("NOT RUN: the Go module proxy does not give OAuth2 Proxy: %v\n%s", err, out)
	}
	file := filepath.Join(openFolder(t), "oauth2-proxy")
	if out, err := goTool(module, "build", "-o", file, "github.com/oauth2-proxy/oauth2-proxy/v7"); err != nil {
		t.Fatalf("OAuth2 Proxy cannot be built: %v\n%s", err, out)
	}
	return file
}

func goTool(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tunnel is a proxy (CONNECT) that finds every name below localhost here, as browsers do. The standard resolver does not.
func tunnel(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, port, err := net.SplitHostPort(r.Host)
		if err != nil || r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			there.Close()
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n") // a client that is gone shows below
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(there, buffered); there.Close() })
		both.Go(func() { _, _ = io.Copy(here, there); here.Close() })
		both.Wait()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestOAuth2Proxy fails when the proxy that people put before their applications cannot sign anybody in, or does not learn who
// it is.
func TestOAuth2Proxy(t *testing.T) {
	t.Parallel()
	file := oauth2Proxy(t)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "the application knows %s, %s", r.Header.Get("X-Forwarded-Email"), r.Header.Get("X-Forwarded-Access-Token"))
	}))
	t.Cleanup(app.Close)
	for name, strict := range map[string]bool{"the pool's issuer": false, "the strict issuer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := started.Port(t)
			home := "http://127.0.0.1:" + port
			p := provide(t, strict, home, "")
			issuer := p.cognito + "/" + rpPool
			if strict {
				issuer = p.domain
			}
			cmd := exec.Command(file, "--provider=oidc", "--oidc-issuer-url="+issuer, "--provider-ca-file="+p.ca, "--client-id=webclient",
				"--client-secret="+rpSecret, "--redirect-url="+home+"/oauth2/callback", "--http-address=127.0.0.1:"+port, "--upstream="+app.URL,
				"--email-domain=example.com", "--scope=openid email profile", "--code-challenge-method=S256", "--insecure-oidc-skip-nonce=false",
				"--cookie-secret=0123456789abcdef0123456789abcdef", "--cookie-secure=false", "--skip-provider-button", "--pass-access-token",
				"--cookie-refresh=1s")
			cmd.Env = append(os.Environ(), "HTTPS_PROXY="+tunnel(t))
			said := &strings.Builder{}
			cmd.Stdout, cmd.Stderr = said, said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Signal(os.Interrupt)
				_ = cmd.Wait()
				if t.Failed() {
					t.Logf("OAuth2 Proxy said\n%s", said)
				}
			})
			answers(t, "127.0.0.1:"+port)
			b := oidc.NewVisitor(&tls.Config{RootCAs: p.roots}, alice)
			knows := func(when string) string {
				t.Helper()
				status, body, at, err := b.Visit(home + "/")
				if err != nil || status != http.StatusOK || !strings.HasPrefix(body, "the application knows alice@example.com, ey") {
					t.Fatalf("%s: %v: %d at %s\n%.500s", when, err, status, at, body)
				}
				return body
			}
			first := knows("signed in")
			deadline := time.Now().Add(started.Patience)
			for knows("refreshed") == first { // the proxy asks for new tokens when its cookie is older than a second
				if time.Now().After(deadline) {
					t.Fatal("the proxy does not get new tokens")
				}
				time.Sleep(100 * time.Millisecond)
			}
			before := b.Asked()
			status, _, at, err := b.Visit(home + "/oauth2/sign_out")
			if err != nil || status >= http.StatusInternalServerError {
				t.Errorf("%v: signing out: %d at %s", err, status, at)
			}
			knows("signed in again, without a question: the browser is")
			if b.Asked() != before {
				t.Error("the session of the browser ended with that of the proxy")
			}
		})
	}
}
