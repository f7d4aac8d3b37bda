package gateway_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/key"
)

// both is the same API as a REST and as an HTTP API.
const both = `
apis:
  - id: rest
    type: rest
    base: /rest
    authorizers:
      - {name: pool, type: cognito, pools: [eu-west-1_Pool00001]}
      - {name: mine, type: cognito, pools: [eu-west-1_Pool00001], validation: client1}
      - {name: theirs, type: cognito, pools: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Other0001"]}
      - {name: late, type: cognito, pools: [eu-west-1_Pool00001], revocation: "off"}
    routes:
      - {method: GET, path: /open, to: {url: BACKEND}}
      - {method: GET, path: /me, authorizer: pool, to: {url: BACKEND}}
      - {method: GET, path: /mine, authorizer: mine, to: {url: BACKEND}}
      - {method: GET, path: /theirs, authorizer: theirs, to: {url: BACKEND}}
      - {method: GET, path: /late, authorizer: late, to: {url: BACKEND}}
      - {method: GET, path: /orders, authorizer: pool, scopes: [orders/read, orders/write], to: {url: BACKEND}}
      - {method: GET, path: "/files/{proxy+}", to: {url: BACKEND}}
      - {method: GET, path: /files/secret, authorizer: pool, to: {url: BACKEND}}
  - id: http
    type: http
    base: /http
    authorizers:
      - {name: pool, type: jwt, issuer: "https://issuer.example.com/eu-west-1_Pool00001", audience: [client1]}
      - {name: aws, type: jwt, issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool00001", audience: [client1]}
      - {name: late, type: jwt, issuer: "https://issuer.example.com/eu-west-1_Pool00001", audience: [client1], revocation: "off"}
    routes:
      - {method: GET, path: /open, to: {url: BACKEND}}
      - {method: GET, path: /me, authorizer: pool, to: {url: BACKEND}}
      - {method: GET, path: /aws, authorizer: aws, to: {url: BACKEND}}
      - {method: GET, path: /late, authorizer: late, to: {url: BACKEND}}
      - {method: GET, path: /orders, authorizer: pool, scopes: [orders/read, orders/write], to: {url: BACKEND}}
      - {method: GET, path: "/files/{proxy+}", to: {url: BACKEND}}
      - {method: GET, path: /files/secret, authorizer: pool, to: {url: BACKEND}}
`

// refused fails unless an answer is this refusal, and the log knows why.
func (w *world) refused(name string, got answer, status int, body, kind string, why gateway.Reason) {
	w.t.Helper()
	if got.status != status || got.body != body {
		w.t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, status, body)
	}
	if have := got.header.Get("X-Amzn-Errortype"); have != kind {
		w.t.Errorf("%s: errortype %q, want %q", name, have, kind)
	}
	if e := w.last(); e.Reason != why {
		w.t.Errorf("%s: the log says %q (%v), want %q", name, e.Reason, e.Err, why)
	}
}

const (
	unauthorized = `{"message":"Unauthorized"}`
	expired      = `{"message":"The incoming token has expired"}`
)

func TestBadTokensDoNotComeThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	set := w.signIn(w.client, "openid", "orders/read")
	idKey, idKID := w.poolKey(key.ForID)
	accessKey, accessKID := w.poolKey(key.ForAccess)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	w.check(err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(t)(x509.MarshalPKIXPublicKey(&idKey.PublicKey))})
	part := strings.Split(set.ID, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + idKID + `"}`))
	tokens := map[string]string{
		"malformed":                      "not a token",
		"two parts":                      part[0] + "." + part[1],
		"without a signature":            part[0] + "." + part[1] + ".",
		"alg none":                       none + "." + part[1] + ".",
		"alg none with its signature":    none + "." + part[1] + "." + part[2],
		"the payload of another":         part[0] + "." + strings.Split(set.Access, ".")[1] + "." + part[2],
		"HS256 with the public key":      w.forge(jose.HS256, public, idKID, nil),
		"PS256 with the pool's key":      w.forge(jose.PS256, idKey, idKID, nil),
		"a stranger's key":               w.forge(jose.RS256, stranger, idKID, nil),
		"a stranger's kid":               w.forge(jose.RS256, stranger, "unknown", nil),
		"an ID token of the access key":  w.forge(jose.RS256, accessKey, accessKID, nil),
		"another pool's issuer":          w.forge(jose.RS256, idKey, idKID, map[string]any{"iss": "https://issuer.example.com/eu-west-1_Other0001"}),
		"an issuer that looks like ours": w.forge(jose.RS256, idKey, idKID, map[string]any{"iss": "https://evil.example.com/" + poolID}),
		"no issuer":                      w.forge(jose.RS256, idKey, idKID, map[string]any{"iss": nil}),
		"a token bound to a key":         w.forge(jose.RS256, idKey, idKID, map[string]any{"cnf": map[string]any{"jkt": "x"}}),
		"a refresh token":                set.Refresh,
		"another scheme":                 "Basic " + set.ID,
		"two tokens":                     set.ID + ", " + set.ID,
		"far too long":                   strings.Repeat("a", 48<<10),
	}
	for name, raw := range tokens {
		for _, header := range []string{raw, "Bearer " + raw} {
			w.refused("rest: "+name, w.get("/rest/me", header), 401, unauthorized, "UnauthorizedException", gateway.BadToken)
			got := w.get("/http/me", header)
			w.refused("http: "+name, got, 401, unauthorized, "", gateway.BadToken)
			if c := got.header.Get("Www-Authenticate"); !strings.HasPrefix(c, `Bearer scope="" error="invalid_token" error_description="`) {
				t.Errorf("http: %s: WWW-Authenticate %q", name, c)
			}
		}
	}
	w.refused("rest: nothing", w.get("/rest/me", ""), 401, unauthorized, "UnauthorizedException", gateway.NoToken)
	got := w.get("/http/me", "")
	w.refused("http: nothing", got, 401, unauthorized, "", gateway.NoToken)
	if c := got.header.Get("Www-Authenticate"); c != "Bearer" {
		t.Errorf("http: nothing: WWW-Authenticate %q", c)
	}
	for _, scheme := range []string{"", "Bearer ", "bearer ", "BEARER "} {
		for path, raw := range map[string]string{"/rest/me": set.ID, "/rest/orders": set.Access, "/http/me": set.ID, "/http/orders": set.Access, "/http/aws": set.Access} {
			if got := w.get(path, scheme+raw); got.status != 200 {
				t.Errorf("a good token, %s, %q: %d %s", path, scheme, got.status, got.body)
			}
		}
	}
	w.clock.Advance(time.Hour)
	w.refused("rest: expired", w.get("/rest/me", set.ID), 401, expired, "UnauthorizedException", gateway.Expired)
	w.refused("rest: expired, forged", w.get("/rest/me", w.forge(jose.RS256, stranger, idKID, map[string]any{"exp": 1})), 401, unauthorized, "UnauthorizedException", gateway.BadToken)
	got = w.get("/http/me", set.ID)
	w.refused("http: expired", got, 401, unauthorized, "", gateway.Expired)
	if c := got.header.Get("Www-Authenticate"); c != `Bearer scope="" error="invalid_token" error_description="the token has expired"` {
		t.Errorf("http: expired: %s", c)
	}
}

func must(t *testing.T) func(raw []byte, err error) []byte {
	return func(raw []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
}

func TestTheRightKindOfTokenIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	reading, other := w.signIn(w.client, "openid", "orders/read"), w.signIn(w.other, "openid", "profile")
	const bad, none = gateway.BadToken, gateway.Reason("")
	for _, c := range []struct {
		name, path, token string
		status            int
		why               gateway.Reason
	}{
		{"rest: an access token without scopes", "/rest/me", reading.Access, 401, bad},
		{"rest: an ID token where scopes are", "/rest/orders", reading.ID, 401, bad},
		{"rest: one of the scopes", "/rest/orders", reading.Access, 200, none},
		{"rest: none of the scopes", "/rest/orders", other.Access, 401, gateway.NoScope},
		{"rest: any client of the pool", "/rest/me", other.ID, 200, none},
		{"rest: the client that the expression wants", "/rest/mine", reading.ID, 200, none},
		{"rest: another client", "/rest/mine", other.ID, 401, bad},
		{"rest: another pool", "/rest/theirs", reading.ID, 401, bad},
		{"http: an ID token is as good", "/http/me", reading.ID, 200, none},
		{"http: an access token", "/http/me", reading.Access, 200, none},
		{"http: another client", "/http/me", other.ID, 401, bad},
		{"http: another client's access token", "/http/me", other.Access, 401, bad},
		{"http: one of the scopes", "/http/orders", reading.Access, 200, none},
		{"http: an ID token has no scopes", "/http/orders", reading.ID, 403, gateway.NoScope},
	} {
		got := w.get(c.path, c.token)
		if e := w.last(); got.status != c.status || e.Reason != c.why {
			t.Errorf("%s: %d %s (%s: %v)", c.name, got.status, got.body, e.Reason, e.Err)
		}
	}
	got := w.get("/http/me", other.ID)
	if c := got.header.Get("Www-Authenticate"); c != `Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"` {
		t.Errorf("another audience: %s", c)
	}
	if got := w.get("/http/orders", reading.ID); got.body != `{"message":"Forbidden"}` {
		t.Errorf("no scope: %s", got.body)
	}
	if got := w.do("GET", "/rest/me", map[string]string{"Authorization": reading.ID, "authorization": reading.ID}); got.status != 401 {
		t.Errorf("a header that is there twice: %d", got.status)
	}
}

func TestATokenEndsAtOnceWithWhatItStandsOn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world, string) error{
		"session revoked": func(w *world, refresh string) error { return w.sessions.Revoke(w.t.Context(), w.client, refresh) },
		"signed out everywhere": func(w *world, _ string) error {
			w.clock.Advance(time.Millisecond)
			_, err := w.dir.Users.SignOut(w.t.Context(), w.pool, sub, w.clock.Now())
			return err
		},
		"user disabled": func(w *world, _ string) error {
			_, err := w.dir.Users.SetEnabled(w.t.Context(), w.pool, sub, false)
			return err
		},
		"user gone":   func(w *world, _ string) error { return w.dir.Users.Delete(w.t.Context(), w.pool.ID, sub) },
		"client gone": func(w *world, _ string) error { return w.dir.Clients.Delete(w.t.Context(), w.pool.ID, "client1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.serve(both)
			set := w.signIn(w.client)
			for _, path := range []string{"/rest/me", "/http/me", "/rest/late", "/http/late"} {
				if got := w.get(path, set.ID); got.status != 200 {
					t.Fatalf("%s before: %d", path, got.status)
				}
			}
			w.check(end(w, set.Refresh))
			w.refused("rest", w.get("/rest/me", set.ID), 401, unauthorized, "UnauthorizedException", gateway.Revoked)
			w.refused("http", w.get("/http/me", set.ID), 401, unauthorized, "", gateway.Revoked)
			for _, path := range []string{"/rest/late", "/http/late"} {
				if got := w.get(path, set.ID); got.status != 200 {
					t.Errorf("%s does not look, and AWS's does not either: %d", path, got.status)
				}
			}
		})
	}
}

func TestPathsMeanOneThing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	for _, path := range []string{
		"/files//secret", "//files/secret", "/files/./secret", "/files/x/../secret", "/files/%2e%2e/me", "/files/.%2e/me", "/files/%2E/secret",
		"/files/x/..%2fsecret", "/files%2fsecret", "/files/%5csecret", "/files/..;/me", "/files/;/..;a/me", "/files/%252e%252e/me", "/files/x%252fy",
		"/files/a%00b", "/files/a%0ab", "/files/%ff", `/files/a\b`, "/open/", "/OPEN", "/Open", "/open%20", "/op%65n/", "/files/", "/files", "/nowhere", "/",
	} {
		w.refused("rest "+path, w.get("/rest"+path, ""), 403, `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException", w.last().Reason)
		w.refused("http "+path, w.get("/http"+path, ""), 404, `{"message":"Not Found"}`, "", w.last().Reason)
	}
	for _, path := range []string{"/files/%73ecret", "/fil%65s/secret", "/files/secret"} {
		for _, api := range []string{"/rest", "/http"} {
			if got := w.get(api+path, ""); got.status != 401 {
				t.Errorf("%s%s is the secret, whatever it is written like: %d %s", api, path, got.status, got.body)
			}
		}
	}
	for path, want := range map[string]string{"/files/a/b%20c/d": "/files/a/b%20c/d", "/files/Secret": "/files/Secret", "/open?x=%2e%2e": "/open?x=%2e%2e", "/%6fpen": "/%6fpen"} {
		if got := w.get("/rest"+path, "").received(t); got.URI != want {
			t.Errorf("the backend of %s got %s", path, got.URI)
		}
	}
	if got := w.get("/rest/open?a=%zz", ""); got.status != 403 && got.status != 404 {
		t.Errorf("a query that nobody can read: %d", got.status)
	}
	if got := w.do("POST", "/rest/open", nil); got.status != 403 {
		t.Errorf("a method without a route: %d", got.status)
	}
	if got := w.get("/elsewhere", ""); got.status != 404 {
		t.Errorf("no API: %d", got.status)
	}
}

// TestParametersAreNoPlacesForOthers fails when a value of a path is read as the place of another: the policies would be asked about
// one resource, and the backend about another.
func TestParametersAreNoPlacesForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var asked gateway.Question
	w.decide = func(q gateway.Question) (bool, error) { asked = q; return true, nil }
	w.serve(`
apis:
  - id: h
    type: http
    base: /h
    routes:
      - {path: "/orders/{id}/{item}", decide: {kind: order, id: "{id}:{item}", action: read}, to: {url: "BACKEND/v1/{id}/{item}"}}
      - {path: "/dots/{id}/{item}", to: {url: "BACKEND/v1/.{id}/{item}"}}
  - id: s
    type: http
    base: /s
    encoded_slashes: true
    routes:
      - {path: "/orders/{id}", to: {url: "BACKEND/v1/{id}"}}
      - {path: "/files/{proxy+}", to: {url: "BACKEND/v1/{proxy}"}}
      - {path: "/over/{id}", to: {url: BACKEND, parameters: {"overwrite:path": "/v1/${request.path.id}"}}}
`)
	for range 20 { // parameters come in any order
		for path, want := range map[string][2]string{
			"/%7Bitem%7D/%7Bid%7D": {"/v1/%7Bitem%7D/%7Bid%7D", "{item}:{id}"},
			"/%7Bitem%7D/secret":   {"/v1/%7Bitem%7D/secret", "{item}:secret"},
			"/secret/%7Bid%7D":     {"/v1/secret/%7Bid%7D", "secret:{id}"},
		} {
			if got := w.get("/h/orders"+path, "").received(t); got.URI != want[0] || asked.ID != want[1] {
				t.Fatalf("%s: the backend got %s, the policies %s", path, got.URI, asked.ID)
			}
		}
	}
	if got := w.get("/h/dots/;x/y", ""); got.status != 404 || w.last().Reason != gateway.BadPath {
		t.Errorf("a path that parameters put together: %d %s", got.status, got.body)
	}
	if got := w.get("/s/over/a%2Fb", ""); got.status != 404 || w.last().Reason != gateway.BadPath {
		t.Errorf("an encoded slash that would become one: %d %s", got.status, got.body)
	}
	for path, want := range map[string]string{"/over/a": "/v1/a", "/orders/a%2Fb": "/v1/a%2Fb", "/files/x/a%2Fb/": "/v1/x/a%2Fb/"} {
		if got := w.get("/s"+path, "").received(t); got.URI != want {
			t.Errorf("%s: the backend got %s", path, got.URI)
		}
	}
}

func TestClientsCannotSayWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	set := w.signIn(w.client, "openid", "orders/read")
	spoofed := map[string]string{
		"X-Auth-Sub": "root", "x-auth-groups": "admin", "X_Auth_Sub": "root", "X-Auth_Username": "root", "X-Amzn-Oidc-Identity": "root",
		"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil.example.com", "Forwarded": "for=10.0.0.1", "X-Real-Ip": "10.0.0.1",
		"Connection": "X-Auth-Sub, close", "X-Keep": "yes", "X-Tenant": "mine", "X_Tenant": "root", "X-Original-Url": "/root", "X-Rewrite-Url": "/root",
		"X-Http-Method-Override": "root", "X-Http-Method": "root", "X-Method-Override": "root", "X-HTTP_Method-Override": "root",
	}
	for _, path := range []string{"/rest/open", "/rest/me", "/http/open", "/http/me"} {
		headers := map[string]string{}
		for k, v := range spoofed {
			headers[k] = v
		}
		want := ""
		if strings.HasSuffix(path, "/me") {
			headers["Authorization"], want = set.ID, sub
		}
		got := w.do(http.MethodGet, path, headers).received(t)
		if got.Headers.Get("X-Auth-Sub") != want || got.Headers.Get("X-Keep") != "yes" {
			t.Errorf("%s: %v", path, got.Headers)
		}
		for name, values := range got.Headers {
			if strings.Contains(strings.Join(values, ","), "root") || strings.Contains(name, "_") || strings.Contains(strings.Join(values, ","), "10.0.0.1") ||
				strings.Contains(strings.Join(values, ","), "evil") {
				t.Errorf("%s: the backend got %s: %v", path, name, values)
			}
		}
	}
}

func TestResultsOfOneAreNotThoseOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	good, other := w.signIn(w.client), w.signIn(w.other)
	for range 3 {
		for path, want := range map[string][2]int{"/rest/me": {200, 200}, "/rest/mine": {200, 401}, "/rest/theirs": {401, 401}, "/http/me": {200, 401}} {
			if got := w.get(path, good.ID); got.status != want[0] {
				t.Errorf("%s: %d", path, got.status)
			}
			if got := w.get(path, other.ID); got.status != want[1] {
				t.Errorf("%s, the other: %d", path, got.status)
			}
		}
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:f"] = func([]byte) ([]byte, error) { return []byte(`{"statusCode":200}`), nil }
	w.serve(`
apis:
  - {id: r, type: rest, base: /r, max_body: 10, routes: [{path: /url, to: {url: BACKEND}}, {path: /f, to: {function: "arn:f"}}]}
  - {id: h, type: http, base: /h, max_body: 10, routes: [{path: /url, to: {url: BACKEND}}, {path: /f, to: {function: "arn:f"}}]}
`)
	for _, path := range []string{"/r/url", "/r/f", "/h/url", "/h/f"} {
		if got := w.do("POST", path, nil, "0123456789"); got.status != 200 {
			t.Errorf("%s: ten bytes: %d %s", path, got.status, got.body)
		}
		if got := w.do("POST", path, nil, "0123456789x"); got.status != 413 || w.last().Reason != gateway.TooLarge {
			t.Errorf("%s: eleven bytes: %d %s", path, got.status, got.body)
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+path, strings.NewReader("0123456789x"))
		w.check(err)
		req.ContentLength = -1 // chunked: the length shows when it is too late
		if got := w.send(req); got.status != 413 || w.last().Reason != gateway.TooLarge {
			t.Errorf("%s: eleven bytes in chunks: %d %s", path, got.status, got.body)
		}
	}
}
