package clients

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cognate.dev/cognate/test/conformance/oidc"
	"cognate.dev/cognate/test/started"
)

const (
	rpCallback = "https://app.example.com/callback"
	rpSecret   = "only_for_tests_only_for_000"
	rpPool     = "us-east-1_Parties01"
)

// provider is a server with TLS that relying parties use.
type provider struct {
	*server
	domain, ca string
	roots      *x509.CertPool
}

// provide starts a server whose domain is strict or not. Apache and page are where relying parties are, if there are any.
func provide(t *testing.T, strict bool, apache, page string) *provider {
	t.Helper()
	dir := openFolder(t)
	raw, err := os.ReadFile("testdata/rp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seeds := filepath.Join(dir, "seeds.yaml")
	text := strings.NewReplacer("STRICT", fmt.Sprint(strict), "APACHE", orElse(apache, "https://apache.example.com"),
		"PAGE", orElse(page, "https://page.example.com")).Replace(string(raw))
	if err := os.WriteFile(seeds, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	p := &provider{server: launch(t, exec.Command(binary, "dev", "--tls", "--data", data, "--seeds", seeds, "--listen", "127.0.0.1:0",
		"--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "off")), ca: filepath.Join(dir, "ca.pem"), roots: x509.NewCertPool()}
	ca, err := os.ReadFile(filepath.Join(data, "dev-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.ca, ca, 0o644); err != nil { // where apache's workers can read it
		t.Fatal(err)
	}
	p.roots.AppendCertsFromPEM(ca)
	p.domain = "https://parties.auth.localhost:" + p.cognito[strings.LastIndexByte(p.cognito, ':')+1:]
	return p
}

// openFolder is a temporary folder that programs with fewer rights can enter.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

// issuers are both of the pool's.
func (p *provider) issuers() map[string]string {
	return map[string]string{"the pool's issuer": p.cognito + "/" + rpPool, "the strict issuer": p.domain}
}

var alice = map[string]string{"username": "alice", "password": "Correct-Horse1"}

func TestGoOIDC(t *testing.T) {
	t.Parallel()
	p := provide(t, true, "", "")
	transport := oidc.Transport(p.roots)
	for name, issuer := range p.issuers() {
		ctx := gooidc.ClientContext(t.Context(), &http.Client{Transport: transport})
		found, err := gooidc.NewProvider(ctx, issuer)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		config := oauth2.Config{
			ClientID: "webclient", ClientSecret: rpSecret, Endpoint: found.Endpoint(), RedirectURL: rpCallback, Scopes: []string{"openid", "email"},
		}
		verifier := oauth2.GenerateVerifier()
		back, err := oidc.Arrive(transport, "https://app.example.com/", alice,
			config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), gooidc.Nonce("nonce")))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tokens, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		raw, _ := tokens.Extra("id_token").(string)
		id, err := found.Verifier(&gooidc.Config{ClientID: "webclient"}).Verify(ctx, raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := id.VerifyAccessToken(tokens.AccessToken); err != nil || id.Nonce != "nonce" {
			t.Errorf("%s: %v, nonce %q", name, err, id.Nonce)
		}
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil || info.Subject != id.Subject || info.Email != "alice@example.com" || !info.EmailVerified {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		tokens.Expiry = time.Now().Add(-time.Hour)
		again, err := config.TokenSource(ctx, tokens).Token()
		if err != nil || again.AccessToken == tokens.AccessToken {
			t.Errorf("%s: refresh: %v", name, err)
		}
	}
}

func TestOpenIDClient(t *testing.T) {
	t.Parallel()
	needNode(t)
	p := provide(t, true, "", "")
	for name, c := range map[string]struct{ issuer, mode, kind string }{
		"the pool's issuer":  {p.cognito + "/" + rpPool, "", "bearer"},
		"the strict issuer":  {p.domain, "", "bearer"},
		"PAR, DPoP, RFC9207": {p.domain, "dpop", "dpop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("node", "rp.mjs")
			cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+p.ca, "RP_ISSUER="+c.issuer, "RP_CLIENT=webclient", "RP_SECRET="+rpSecret,
				"RP_CALLBACK="+rpCallback, "RP_MODE="+c.mode)
			cmd.Stderr = os.Stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				in.Close()
				_ = cmd.Wait()
			}()
			lines := bufio.NewScanner(out)
			if !lines.Scan() {
				t.Fatal("it does not say where to go")
			}
			back, err := oidc.Arrive(oidc.Transport(p.roots), "https://app.example.com/", alice, lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(in, back)
			var got struct {
				Iss, Email, Type string
				Again            bool
			}
			if !lines.Scan() || json.Unmarshal(lines.Bytes(), &got) != nil {
				t.Fatalf("it says %q", lines.Text())
			}
			if got.Iss != c.issuer || got.Email != "alice@example.com" || !got.Again || got.Type != c.kind {
				t.Errorf("learned %+v", got)
			}
		})
	}
}

func TestSinglePageAppsInChromium(t *testing.T) {
	t.Parallel()
	needNode(t)
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	for app, strict := range map[string]bool{"oidc-client-ts": true, "amplify": false} {
		t.Run(app, func(t *testing.T) {
			port := started.Port(t)
			p := provide(t, strict, "", "http://localhost:"+port)
			ctx, cancel := context.WithTimeout(t.Context(), 4*started.Patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, "node", "page.mjs")
			cmd.Env = append(os.Environ(), "CHROMIUM="+path, "PAGE_ISSUER="+p.domain, "PAGE_CLIENT=spaclient", "PAGE_POOL="+rpPool,
				"PAGE_DOMAIN="+strings.TrimPrefix(p.domain, "https://"), "PAGE_PORT="+port, "PAGE_APP="+app, "PAGE_ENDPOINT="+p.cognito)
			var complaints strings.Builder
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			var got struct {
				Email  string
				Secure bool
			}
			if err != nil || json.Unmarshal(out, &got) != nil || got.Email != "alice@example.com" || !got.Secure {
				t.Errorf("%v: %s\n%s", err, out, complaints.String())
			}
		})
	}
}

func TestModAuthOpenIDC(t *testing.T) {
	t.Parallel()
	const modules = "/usr/lib/apache2/modules/"
	apache, err := exec.LookPath("apache2") // in /usr/sbin
	if _, odd := os.Stat(modules + "mod_auth_openidc.so"); err != nil || odd != nil {
		missing(t, "apache2 or libapache2-mod-auth-openidc is not installed")
	}
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
			dir := openFolder(t)
			if err := os.MkdirAll(filepath.Join(dir, "www/protected"), 0o755); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"www/protected/index.html", "www/bye"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte("<p>"+file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			conf := strings.NewReplacer("DIR", dir, "PORT", port, "MODULES", modules, "ISSUER", issuer, "SECRET", rpSecret, "CAFILE", p.ca, "HOME", home).Replace(apacheConf)
			file := filepath.Join(dir, "apache.conf")
			if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(apache, "-d", dir, "-f", file, "-D", "FOREGROUND")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Signal(os.Interrupt)
				_ = cmd.Wait()
				if t.Failed() {
					raw, _ := os.ReadFile(filepath.Join(dir, "error.log"))
					t.Logf("apache said\n%s", raw)
				}
			})
			answers(t, "127.0.0.1:"+port)
			roots := &tls.Config{RootCAs: p.roots}
			b := oidc.NewVisitor(roots, alice)
			status, body, at, err := b.Visit(home + "/protected/")
			if err != nil || status != http.StatusOK || !strings.Contains(body, "www/protected") {
				t.Fatalf("%v: %d at %s\n%.500s", err, status, at, body)
			}
			status, body, at, err = b.Visit(home + "/protected/redirect_uri?info=json")
			if err != nil || status != http.StatusOK || !strings.Contains(body, "alice@example.com") || !strings.Contains(body, `"iss": "`+issuer) {
				t.Errorf("%v: %d at %s\n%.900s", err, status, at, body)
			}
			if !strict {
				return // the module signs out by the standard, which the pool's issuer does not know
			}
			status, _, at, err = b.Visit(home + "/protected/redirect_uri?logout=" + home + "/bye")
			if err != nil || status != http.StatusOK || !strings.HasPrefix(at, home+"/bye") {
				t.Errorf("%v: after signing out %d at %s", err, status, at)
			}
			before := b.Asked()
			if _, _, _, err := b.Visit(home + "/protected/"); err != nil || b.Asked() == before {
				t.Errorf("%v: nobody was asked after signing out", err)
			}
		})
	}
}

// answers waits until somebody listens.
func answers(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nobody listens on %s", address)
}

const apacheConf = `
ServerRoot "DIR"
ServerName localhost
Listen 127.0.0.1:PORT
PidFile DIR/pid
ErrorLog DIR/error.log
Mutex file:DIR default
User www-data
Group www-data
LoadModule mpm_event_module MODULESmod_mpm_event.so
LoadModule authn_core_module MODULESmod_authn_core.so
LoadModule authz_core_module MODULESmod_authz_core.so
LoadModule authz_user_module MODULESmod_authz_user.so
LoadModule dir_module MODULESmod_dir.so
LoadModule auth_openidc_module MODULESmod_auth_openidc.so
DocumentRoot "DIR/www"
DirectoryIndex index.html
OIDCProviderMetadataURL ISSUER/.well-known/openid-configuration
OIDCCABundlePath CAFILE
OIDCClientID webclient
OIDCClientSecret SECRET
OIDCRedirectURI HOME/protected/redirect_uri
OIDCCryptoPassphrase only-for-tests
OIDCScope "openid email"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCDefaultURL HOME/protected/
OIDCInfoHook iat id_token userinfo
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /bye>
  Require all granted
</Location>
`
