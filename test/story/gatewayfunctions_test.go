package story

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate.dev/cognate/internal/kit/localca"
)

// TestFunctionsAuthorizeAndAnswer runs functions in Go and Node.js, written for AWS, as authorizers and as backends.
func TestFunctionsAuthorizeAndAnswer(t *testing.T) {
	t.Parallel()
	need(t, "node")
	folder := t.TempDir()
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(folder, "bootstrap"), "./testdata/gateway").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	examples, err := filepath.Abs("../../examples/gateway/functions")
	if err != nil {
		t.Fatal(err)
	}
	d := openDoor(t, `
apis:
  - id: rest
    type: rest
    base: /rest
    authorizers: [{name: gopher, type: lambda, function: "arn:aws:lambda:us-east-1:000000000000:function:go"}]
    routes: [{method: GET, path: "/a/{id}", authorizer: gopher, to: {function: "arn:aws:lambda:us-east-1:000000000000:function:go"}}]
  - id: http
    type: http
    base: /http
    authorizers: [{name: word, type: lambda, function: "arn:aws:lambda:us-east-1:000000000000:function:word", simple: true, sources: [$request.header.X-Word]}]
    authorizer: word
    routes: [{path: "/a/{id}", to: {status: 200, body: '{"ok":true}'}}]
`, fmt.Sprintf(`triggers:
  - {arn: "*:go", timeout: 30s, lambda: {runtime: provided.al2023, folder: %q, handler: bootstrap}}
  - {arn: "*:word", timeout: 30s, lambda: {runtime: nodejs20.x, folder: %q, handler: authorizer.handler}}`, folder, examples))
	for _, c := range []struct{ path, header, value, want string }{
		{"/rest/a/7", "Authorization", "allow", "200 gopher may GET 7"},
		{"/rest/a/8", "Authorization", "allow", `403 {"Message":"User is not authorized to access this resource"}`},
		{"/rest/a/7", "Authorization", "deny", `403 {"Message":"User is not authorized to access this resource with an explicit deny"}`},
		{"/rest/a/7", "Authorization", "unauthorized", `401 {"message":"Unauthorized"}`},
		{"/http/a/7", "X-Word", "open sesame", `200 {"ok":true}`},
		{"/http/a/7", "X-Word", "abracadabra", `403 {"message":"Forbidden"}`},
		{"/http/a/7", "X-Other", "open sesame", `401 {"message":"Unauthorized"}`},
	} {
		if got := asked(t, d.gateway+c.path, c.header, c.value); got != c.want {
			t.Errorf("%s, %s: %s, want %s\n%s", c.path, c.value, got, c.want, d.Log)
		}
	}
}

// TestThePoliciesOfThisServerHaveASay lets the policies of the example decide for a route.
func TestThePoliciesOfThisServerHaveASay(t *testing.T) {
	t.Parallel()
	d := openDoor(t, `
apis:
  - id: contacts
    type: http
    authorizers: [{name: pool, type: jwt, issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Cognate01", audience: [contactsweb0000000000000000]}]
    authorizer: pool
    routes: [{method: DELETE, path: "/contacts/{id}", decide: {kind: contact, id: "{id}", action: delete}, to: {status: 204}}]
`)
	for name, want := range map[string]int{"alice": 204, "bob": 403} {
		password := map[string]string{"alice": "Correct-Horse1", "bob": "Correct-Horse2"}[name]
		req, err := http.NewRequestWithContext(soon(t), http.MethodDelete, d.gateway+"/contacts/7", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+d.tokenOf(t, name, password, "AccessToken"))
		if status, body := got(t, req); status != want {
			t.Errorf("%s: %d %s, want %d\n%s", name, status, body, want, d.Log)
		}
	}
}

// TestTheRootKeySignsForTheGateway lets AWS's SDK sign requests with the key that the first start prints.
func TestTheRootKeySignsForTheGateway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	apis, config := filepath.Join(dir, "apis.yaml"), filepath.Join(dir, "cognate.yaml")
	for name, text := range map[string]string{
		apis:   "apis: [{id: a, type: rest, authorizers: [{name: keys, type: iam}], authorizer: keys, routes: [{path: '/x/{proxy+}', to: {status: 200, body: '{}'}}]}]\n",
		config: fmt.Sprintf("gateway: {listen: \"127.0.0.1:0\", file: %q}\n", apis),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, "serve", "--config", config)
	for _, c := range []struct {
		name, key, secret, want string
	}{
		{"the root key", s.key, s.secret, "200 {}"},
		{"another secret", s.key, "x" + s.secret, "403 {\"message\":\"The request signature we calculated does not match"},
		{"another key", "AKIAAAAAAAAAAAAAAAAA", s.secret, `403 {"message":"The security token included in the request is invalid."}`},
	} {
		req, err := http.NewRequestWithContext(soon(t), http.MethodPut, s.Said["gateway"]+"/x/a%20b?q=1", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		sign(t, req, "body", aws.Credentials{AccessKeyID: c.key, SecretAccessKey: c.secret}, "execute-api")
		status, body := got(t, req)
		if have := fmt.Sprintf("%d %s", status, body); !strings.HasPrefix(have, c.want) {
			t.Errorf("%s: %s", c.name, have)
		}
	}
}

// TestTheGatewayShowsItsCertificate speaks TLS to the port of the gateway, over HTTP/1.1 and HTTP/2.
func TestTheGatewayShowsItsCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, err := localca.Open(dir, []string{"localhost"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := ca.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(shown.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, der := range shown.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	config := filepath.Join(dir, "cognate.yaml")
	for name, text := range map[string]string{
		"apis.yaml": "apis: [{id: a, type: http, routes: [{path: /x, to: {status: 200, body: '{}'}}]}]\n",
		"cert.pem":  string(chain), "key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"cognate.yaml": fmt.Sprintf("gateway: {listen: \"127.0.0.1:0\", file: %[1]q, tls: {cert: %[2]q, key: %[3]q}}\n",
			filepath.Join(dir, "apis.yaml"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, "dev", "--config", config)
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(ca.Path())
	if err != nil || !roots.AppendCertsFromPEM(authority) {
		t.Fatal(err)
	}
	for _, two := range []bool{false, true} {
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: two, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
		res, err := client.Get(s.Said["gateway"] + "/x")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || (res.ProtoMajor == 2) != two || !strings.HasPrefix(s.Said["gateway"], "https://") {
			t.Errorf("%d by %s at %s", res.StatusCode, res.Proto, s.Said["gateway"])
		}
	}
}
