package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/gateway"
)

const signedFile = `
apis:
  - id: rest
    type: rest
    base: /rest
    authorizers: [{name: keys, type: iam}]
    authorizer: keys
    routes: [{path: "/x/{proxy+}", to: {url: BACKEND}}]
  - id: http
    type: http
    base: /http
    authorizers: [{name: keys, type: iam}]
    authorizer: keys
    routes: [{path: "/x/{proxy+}", to: {url: BACKEND}}]
  - id: closed
    type: rest
    base: /closed
    authorizers: [{name: keys, type: iam}]
    policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*/GET/open"},{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"*/GET/never"}]}'
    routes: [{path: /open, to: {url: BACKEND}}, {path: /silent, to: {url: BACKEND}}, {path: /never, authorizer: keys, to: {url: BACKEND}}, {path: /signed, authorizer: keys, to: {url: BACKEND}}]
  - id: roles
    type: rest
    base: /roles
    authorizers: [{name: keys, type: iam}]
    authorizer: keys
    policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/READER"}}},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*/team-${aws:PrincipalTag/team}"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*/blue","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"blue"}}}]}'
    routes: [{path: /team-red, to: {url: BACKEND}}, {path: /blue, to: {url: BACKEND}}]
`

// signed sends a request that AWS's SDK has signed, after a change to it.
func (w *world) signed(method, path, key, service, body string, change func(*http.Request)) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	w.check(err)
	sum := sha256.Sum256([]byte(body))
	w.check(v4.NewSigner().SignHTTP(w.t.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: signSecret}, req, hex.EncodeToString(sum[:]), service, "eu-west-1", w.clock.Now()))
	if change != nil {
		change(req)
	}
	return w.send(req)
}

func TestSignedRequestsComeThroughAsTheirPoliciesSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(strings.ReplaceAll(signedFile, "READER", readKeyID))
	const missing = `{"message":"Missing Authentication Token"}`
	for _, c := range []struct {
		name, method, path, key, service string
		change                           func(*http.Request)
		status                           int
		body, kind                       string
		why                              gateway.Reason
	}{
		{"a good one", "POST", "/rest/x/a%20b?q=%C3%A9&q=&p", keyID, "execute-api", nil, 200, "", "", ""},
		{"http: a good one", "POST", "/http/x/a", keyID, "execute-api", nil, 200, "", "", ""},
		{"it may read", "GET", "/rest/x/a", readKeyID, "execute-api", nil, 200, "", "", ""},
		{"it may not write", "POST", "/rest/x/a", readKeyID, "execute-api", nil, 403,
			`{"Message":"User: arn:aws:iam::123456789012:user/ops is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:rest/prod/POST/x/a"}`, "AccessDeniedException", gateway.SignerDenied},
		{"http: it may not write", "POST", "/http/x/a", readKeyID, "execute-api", nil, 403, forbid, "", gateway.SignerDenied},
		{"not signed", "GET", "/rest/x/a", keyID, "execute-api", func(r *http.Request) { r.Header.Del("Authorization") }, 403, missing, "MissingAuthenticationTokenException", gateway.Unsigned},
		{"http: not signed", "GET", "/http/x/a", keyID, "execute-api", func(r *http.Request) { r.Header.Del("Authorization") }, 403, forbid, "", gateway.Unsigned},
		{"another body", "POST", "/rest/x/a", keyID, "execute-api", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("BODY")) }, 403, "~does not match", "InvalidSignatureException", gateway.BadSignature},
		{"another path", "GET", "/rest/x/a", keyID, "execute-api", func(r *http.Request) { r.URL.Path = "/rest/x/b" }, 403, "~signature we calculated does not match", "InvalidSignatureException", gateway.BadSignature},
		{"another service", "GET", "/rest/x/a", keyID, "s3", nil, 403, "~scoped to correct service: 'execute-api'", "InvalidSignatureException", gateway.BadSignature},
		{"an unknown key", "GET", "/rest/x/a", "AKIAEXAMPLE000000009", "execute-api", nil, 403, `{"message":"The security token included in the request is invalid."}`, "UnrecognizedClientException", gateway.BadSignature},
		{"a token in its place", "GET", "/rest/x/a", keyID, "execute-api", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 403, "~Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64)", "IncompleteSignatureException", gateway.BadSignature},
		{"the API's policy allows anybody", "GET", "/closed/open", keyID, "execute-api", func(r *http.Request) { r.Header.Del("Authorization") }, 200, "", "", ""},
		{"the API's policy is silent", "GET", "/closed/silent", keyID, "execute-api", func(r *http.Request) { r.Header.Del("Authorization") }, 403, "~User: anonymous is not authorized", "AccessDeniedException", gateway.SignerDenied},
		{"the API's policy is silent and the signer's is not", "GET", "/closed/signed", keyID, "execute-api", nil, 200, "", "", ""},
		{"the API's policy knows the tags of the signer", "GET", "/roles/team-red", keyID, "execute-api", nil, 200, "", "", ""},
		{"the API's policy denies another team", "GET", "/roles/blue", keyID, "execute-api", nil, 403, "~with an explicit deny", "AccessDeniedException", gateway.SignerDenied},
		{"the API's policy denies a role", "GET", "/roles/team-red", readKeyID, "execute-api", nil, 403, "~with an explicit deny", "AccessDeniedException", gateway.SignerDenied},
		{"the API's policy denies even the root", "GET", "/closed/never", keyID, "execute-api", nil, 403, "~with an explicit deny", "AccessDeniedException", gateway.SignerDenied},
	} {
		got := w.signed(c.method, c.path, c.key, c.service, "body", c.change)
		if part, ok := strings.CutPrefix(c.body, "~"); ok && strings.Contains(got.body, part) {
			c.body = got.body
		}
		if c.status != 200 {
			w.refused(c.name, got, c.status, c.body, c.kind, c.why)
			continue
		}
		if got.status != 200 {
			t.Errorf("%s: %d %s (%v)", c.name, got.status, got.body, w.last().Err)
			continue
		}
		if r := got.received(t); r.Headers.Get("Authorization") != "" || r.Body != "body" {
			t.Errorf("%s: the backend got %+v", c.name, r)
		}
	}
	w.clock.Advance(-6 * time.Minute)
	old, err := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/rest/x/a", nil)
	w.check(err)
	w.check(v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: keyID, SecretAccessKey: signSecret}, old, hex.EncodeToString(sha256.New().Sum(nil)), "execute-api", "eu-west-1", w.clock.Now()))
	w.clock.Advance(6 * time.Minute)
	got := w.send(old)
	w.refused("an old signature", got, 403, got.body, "InvalidSignatureException", gateway.BadSignature)
	if !strings.Contains(got.body, "Signature expired: 20260301T115400Z is now earlier than 20260301T115500Z (20260301T120000Z - 5 min.)") {
		t.Error(got.body)
	}
}

func TestKeysAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:a"] = func([]byte) ([]byte, error) {
		return verdict("Allow", "*", `,"usageIdentifierKey":"bbbbbbbbbbbbbbbbbbbb"`), nil
	}
	const keys = `
    keys: [{id: a, value: aaaaaaaaaaaaaaaaaaaa}, {id: b, value: bbbbbbbbbbbbbbbbbbbb}, {id: "off", value: cccccccccccccccccccc, off: true}, {id: free, value: dddddddddddddddddddd}]
    plans: [{name: small, keys: [a, "off"], rate: 1, burst: 2}, {name: month, keys: [b], quota: 3, period: MONTH}]
`
	w.serve(`
apis:
  - id: rest
    type: rest
    base: /rest
    routes: [{path: /x, api_key: true, to: {url: BACKEND}}]
` + keys + `
  - id: auth
    type: rest
    base: /auth
    key_source: AUTHORIZER
    authorizers: [{name: f, type: lambda, function: "arn:a"}]
    routes: [{path: /x, api_key: true, authorizer: f, to: {url: BACKEND}}]
` + keys)
	ask := func(key string) answer { return w.do("GET", "/rest/x", map[string]string{"X-Api-Key": key}) }
	const forbidden = `{"message":"Forbidden"}`
	for _, key := range []string{"", "x", "cccccccccccccccccccc", "dddddddddddddddddddd"} {
		w.refused("key "+key, ask(key), 403, forbidden, "ForbiddenException", gateway.BadKey)
	}
	for range 2 {
		if got := ask("aaaaaaaaaaaaaaaaaaaa"); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	w.refused("a third at once", ask("aaaaaaaaaaaaaaaaaaaa"), 429, `{"message":"Too Many Requests"}`, "TooManyRequestsException", gateway.Throttled)
	w.clock.Advance(time.Second)
	if got := ask("aaaaaaaaaaaaaaaaaaaa"); got.status != 200 {
		t.Errorf("a second later: %d", got.status)
	}
	byFunction := func() answer { return w.get("/auth/x", "x") }
	for range 3 {
		if got := byFunction(); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	w.refused("the quota", byFunction(), 429, `{"message":"Limit Exceeded"}`, "LimitExceededException", gateway.QuotaExceeded)
	w.clock.Advance(31 * 24 * time.Hour)
	if got := byFunction(); got.status != 200 {
		t.Errorf("a month later: %d", got.status)
	}
}

// TestBackendsDoNotSeeTheSignatureOfAURL fails when who stands behind the gateway could send a signed request again, or learns the token of a
// session; or when it does not see the rest of the query.
func TestBackendsDoNotSeeTheSignatureOfAURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions = map[string]func([]byte) ([]byte, error){"arn:backend": echoEvent}
	w.serve(`
apis:
  - id: rest
    type: rest
    base: /rest
    authorizers: [{name: keys, type: iam}]
    authorizer: keys
    routes: [{path: /url, to: {url: BACKEND}}, {path: /f, to: {function: "arn:backend"}}, {path: /open, authorizer: none, to: {url: BACKEND}}]
  - id: http
    type: http
    base: /http
    authorizers: [{name: keys, type: iam}]
    authorizer: keys
    routes: [{path: /url, to: {url: BACKEND}}, {path: /f, to: {function: "arn:backend", payload: "2.0"}}]
`)
	for _, path := range []string{"/rest/url", "/rest/f", "/http/url", "/http/f"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+path+"?q=%C3%A9&q=&X-Amz-Expires=60&X-Amz-Other=1", nil)
		w.check(err)
		signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: keyID, SecretAccessKey: signSecret}, req,
			hex.EncodeToString(sha256.New().Sum(nil)), "execute-api", "eu-west-1", w.clock.Now())
		w.check(err)
		req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, signed, nil)
		w.check(err)
		got := w.send(req)
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s (%v)", path, got.status, got.body, w.last().Err)
			continue
		}
		for _, name := range []string{"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"} {
			if strings.Contains(got.body, "X-Amz-"+name) {
				t.Errorf("%s: the backend sees %s in %s", path, name, got.body)
			}
		}
		if !strings.Contains(got.body, "X-Amz-Other") || !strings.Contains(got.body, "%C3%A9") && !strings.Contains(got.body, "é") {
			t.Errorf("%s: the backend does not see the rest: %s", path, got.body)
		}
	}
	if got := w.get("/rest/open?X-Amz-Signature=x", ""); !strings.Contains(got.body, "X-Amz-Signature") {
		t.Errorf("where nobody signs the query is the client's: %s", got.body)
	}
}
