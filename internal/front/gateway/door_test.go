package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/gateway"
)

func TestAnAPIWordsItsOwnRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(`
apis:
  - id: rest
    type: rest
    variables: {team: blue}
    authorizers: [{name: pool, type: cognito, pools: [eu-west-1_Pool00001]}]
    routes: [{path: /me, authorizer: pool, to: {url: BACKEND}}, {path: /gone, to: {url: "http://127.0.0.1:1"}}]
    responses:
      UNAUTHORIZED:
        status: 418
        headers: {Access-Control-Allow-Origin: "'*'", X-Type: context.error.responseType, X-Origin: method.request.header.Origin}
        body: '{"error":$context.error.messageString,"type":"$context.error.responseType","team":"$stageVariables.team","path":"${context.path}"}'
      DEFAULT_4XX: {headers: {X-All: "'yes'"}}
      DEFAULT_5XX: {status: 599, body: '{"sorry":"$context.error.message"}'}
`)
	got := w.do("GET", "/me", map[string]string{"Origin": "https://a.example.com"})
	if want := `{"error":"Unauthorized","type":"UNAUTHORIZED","team":"blue","path":"/me"}`; got.status != 418 || got.body != want {
		t.Errorf("%d %s", got.status, got.body)
	}
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "X-Type": "UNAUTHORIZED", "X-Origin": "https://a.example.com", "X-All": "", "X-Amzn-Errortype": "UnauthorizedException"} {
		if have := got.header.Get(name); have != want {
			t.Errorf("%s: %q", name, have)
		}
	}
	if got := w.get("/nowhere", ""); got.header.Get("X-All") != "yes" || got.status != 403 {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := w.get("/gone", ""); got.status != 599 || got.body != `{"sorry":"Network error communicating with endpoint"}` {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestBrowsersAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backend.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Access-Control-Allow-Origin", "https://evil.example.com")
		echo(rw, r)
	})
	w.serve(`
apis:
  - id: http
    type: http
    authorizers: [{name: pool, type: jwt, issuer: "https://issuer.example.com/eu-west-1_Pool00001", audience: [client1]}]
    authorizer: pool
    cors: {origins: ["https://a.example.com"], methods: [GET, PUT], headers: [authorization], expose: [x-total], credentials: true, max_age: 10m}
    routes: [{path: /me, to: {url: BACKEND}}, {path: $default, to: {url: BACKEND}}]
`)
	ask := func(origin string) answer {
		return w.do("OPTIONS", "/me", map[string]string{"Origin": origin, "Access-Control-Request-Method": "PUT"})
	}
	got := ask("https://a.example.com")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://a.example.com", "Access-Control-Allow-Methods": "GET,PUT", "Access-Control-Allow-Headers": "authorization",
		"Access-Control-Max-Age": "600", "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
	} {
		if have := got.header.Get(name); have != want || got.status != 204 {
			t.Errorf("%d %s: %q", got.status, name, have)
		}
	}
	if got := ask("https://b.example.com"); got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != "" || got.header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("another origin: %v", got.header)
	}
	for _, token := range []string{"", w.signIn(w.client).ID} {
		for origin, want := range map[string]string{"https://a.example.com": "https://a.example.com", "https://b.example.com": "", "": ""} {
			headers := map[string]string{"Authorization": token}
			if origin != "" {
				headers["Origin"] = origin
			}
			if got := w.do("GET", "/me", headers); got.header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("%d, origin %q: %v", got.status, origin, got.header)
			}
		}
	}
}

func TestParametersChangeWhatBackendsGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(`
apis:
  - id: http
    type: http
    variables: {color: blue}
    authorizers: [{name: pool, type: jwt, issuer: "https://issuer.example.com/eu-west-1_Pool00001", audience: [client1]}]
    authorizer: pool
    routes:
      - path: "/a/{id}/{rest+}"
        to:
          url: "BACKEND/v1/{id}/of/{rest}?fixed=1"
          method: PUT
          parameters:
            "overwrite:header.x-user": $context.authorizer.claims.sub
            "append:header.x-who": $context.authorizer.jwt.claims.cognito:username
            "append:header.x-tag": "${stageVariables.color}-${request.querystring.n}"
            "remove:header.x-gone": ""
            "overwrite:querystring.user": $context.authorizer.claims.sub
            "remove:querystring.n": ""
      - {path: "/b/{id}", to: {url: BACKEND, parameters: {"overwrite:path": "/fixed/${request.path.id}"}}}
      - {path: /c, to: {url: BACKEND, parameters: {"overwrite:path": "/fixed/${request.querystring.p}"}}}
`)
	headers := map[string]string{"Authorization": w.signIn(w.client).ID, "X-User": "root", "X_user": "root", "X-Who": "root", "X-Tag": "mine", "X-Gone": "x"}
	got := w.do("POST", "/a/one%20two/x/%C3%A4?n=3&user=root", headers, "text").received(t)
	if got.Method != "PUT" || got.Body != "text" || !strings.HasPrefix(got.URI, "/v1/one%20two/of/x/%C3%A4?") || strings.Contains(got.URI, "root") || !strings.Contains(got.URI, "user="+sub) || !strings.Contains(got.URI, "fixed=1") || strings.Contains(got.URI, "n=3") {
		t.Errorf("%+v", got)
	}
	for name, want := range map[string]string{"X-User": sub, "X-Who": "alice", "X-Tag": "mine,blue-3", "X-Gone": "", "X_user": ""} {
		if have := strings.Join(got.Headers.Values(name), ","); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	if got := w.do("GET", "/b/7", headers).received(t); got.URI != "/fixed/7" {
		t.Errorf("%s", got.URI)
	}
	for p, want := range map[string]int{"a": 200, "a/b": 200, "..%2fadmin": 404, "../admin": 404, "a//b": 404} {
		if got := w.do("GET", "/c?p="+p, headers); got.status != want {
			t.Errorf("a path with %s in it: %d %s", p, got.status, got.body)
		}
	}
}

func TestSlowAndDeadBackends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	released := make(chan struct{})
	w.backend.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			rw.WriteHeader(200)
			_ = http.NewResponseController(rw).Flush()
			<-released
			_, _ = io.WriteString(rw, "done")
			return
		}
		<-r.Context().Done()
	})
	w.functions["arn:slow"] = func([]byte) ([]byte, error) { return nil, context.DeadlineExceeded }
	w.functions["arn:odd"] = func([]byte) ([]byte, error) { return []byte(`{"body":"x"}`), nil }
	const routes = `
    routes:
      - {path: /slow, to: {url: BACKEND, timeout: 20ms}}
      - {path: /stream, to: {url: BACKEND, timeout: 5s}}
      - {path: /dead, to: {url: "http://127.0.0.1:1"}}
      - {path: /fslow, to: {function: "arn:slow"}}
      - {path: /fodd, to: {function: "arn:odd", payload: "1.0"}}
      - {path: /fgone, to: {function: "arn:gone"}}
`
	w.serve("apis:\n  - id: r\n    type: rest\n    base: /r\n" + routes + "  - id: h\n    type: http\n    base: /h\n" + routes)
	for path, want := range map[string]string{
		"/r/slow": `504 {"message": "Endpoint request timed out"}`, "/r/dead": `504 {"message": "Network error communicating with endpoint"}`,
		"/r/fslow": `504 {"message": "Endpoint request timed out"}`, "/r/fodd": `502 {"message": "Internal server error"}`, "/r/fgone": `502 {"message": "Internal server error"}`,
		"/h/slow": `503 {"message":"Service Unavailable"}`, "/h/dead": `503 {"message":"Service Unavailable"}`, "/h/fslow": `503 {"message":"Service Unavailable"}`,
		"/h/fodd": `500 {"message":"Internal Server Error"}`, "/h/fgone": `500 {"message":"Internal Server Error"}`,
	} {
		got := w.get(path, "")
		if have := fmt.Sprintf("%d %s", got.status, got.body); have != want {
			t.Errorf("%s: %s, want %s", path, have, want)
		}
	}
	res, err := http.Get(w.server.URL + "/r/stream") // the head is here before the body is made
	w.check(err)
	defer res.Body.Close()
	close(released)
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "done" {
		t.Errorf("%q %v", body, err)
	}
}

func TestConnectionsAreUpgraded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backend.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("X-Auth-Sub") != sub {
			http.Error(rw, "no", 400)
			return
		}
		conn, buf, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = buf.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_ = buf.Flush()
		_, _ = io.Copy(conn, buf)
	})
	w.serve(`
apis:
  - id: rest
    type: rest
    authorizers: [{name: pool, type: cognito, pools: [eu-west-1_Pool00001]}]
    routes: [{path: /socket, authorizer: pool, to: {url: BACKEND}}]
`)
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	w.check(err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: %s\r\n\r\n", w.signIn(w.client).ID)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	w.check(err)
	if res.StatusCode != 101 {
		t.Fatalf("%d", res.StatusCode)
	}
	fmt.Fprint(conn, "hello\n")
	if line, err := r.ReadString('\n'); line != "hello\n" {
		t.Errorf("%q %v", line, err)
	}
}

func TestThePoliciesHaveASay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var asked gateway.Question
	w.decide = func(q gateway.Question) (bool, error) {
		asked = q
		if q.ID == "broken" {
			return true, fmt.Errorf("nobody answers")
		}
		return q.ID == "1", nil
	}
	w.serve(`
apis:
  - id: rest
    type: rest
    authorizers: [{name: pool, type: cognito, pools: [eu-west-1_Pool00001]}]
    routes:
      - {method: GET, path: "/orders/{id}", authorizer: pool, decide: {kind: order, id: "{id}", action: read}, to: {url: BACKEND}}
      - {method: GET, path: /open, decide: {kind: page}, to: {url: BACKEND}}
`)
	id := w.signIn(w.client).ID
	if got := w.get("/orders/1", id); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if asked.Principal != sub || asked.Token != id || asked.Kind != "order" || asked.Action != "read" || fmt.Sprint(asked.Roles) != "[authenticated]" || fmt.Sprint(asked.Attr["parameters"]) != "map[id:1]" {
		t.Errorf("%+v", asked)
	}
	w.refused("denied", w.get("/orders/2", id), 403, denied, "AccessDeniedException", gateway.PolicyDenied)
	w.refused("no decision", w.get("/orders/broken", id), 500, `{"message":null}`, "AuthorizerConfigurationException", gateway.AuthorizerFails)
	w.refused("anybody", w.get("/open", ""), 403, denied, "AccessDeniedException", gateway.PolicyDenied)
	if asked.Principal != "anonymous" || asked.ID != "/open" || asked.Action != "get /open" {
		t.Errorf("%+v", asked)
	}
}

func TestOtherIssuers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, kid := w.poolKey("access") // any RSA key will do
	fetched := 0
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":%q}`, issuer.URL, issuer.URL+"/keys")
		case "/keys":
			fetched++
			_, _ = rw.Write(jwks(t, &k.PublicKey, kid))
		}
	}))
	t.Cleanup(issuer.Close)
	w.serve(`
apis:
  - id: http
    type: http
    authorizers:
      - {name: theirs, type: jwt, issuer: "` + issuer.URL + `", audience: [api]}
      - {name: gone, type: jwt, issuer: "http://127.0.0.1:1", audience: [api]}
    routes: [{path: /me, authorizer: theirs, scopes: [read], to: {url: BACKEND}}, {path: /mine, authorizer: theirs, decide: {kind: x}, to: {url: BACKEND}}, {path: /gone, authorizer: gone, to: {url: BACKEND}}]
`)
	token := func(claims map[string]any) string {
		all := map[string]any{"iss": issuer.URL, "aud": []string{"other", "api"}, "scp": []string{"read"}, "token_use": nil}
		for n, v := range claims {
			all[n] = v
		}
		return w.forge("RS256", k, kid, all)
	}
	if got := w.get("/me", token(map[string]any{"iss": "https://elsewhere.example.com"})); got.status != 401 || fetched != 0 {
		t.Errorf("another issuer's token: %d, and keys were fetched %d times", got.status, fetched)
	}
	var asked gateway.Question
	w.decide = func(q gateway.Question) (bool, error) { asked = q; return true, nil }
	if got := w.get("/mine", token(nil)); got.status != 200 || asked.Principal != issuer.URL+"|"+sub || asked.Token != "" {
		t.Errorf("%d: somebody of another issuer is taken for who has that id here: %+v", got.status, asked)
	}
	for name, c := range map[string]struct {
		claims map[string]any
		want   int
	}{
		"good": {nil, 200}, "another audience": {map[string]any{"aud": "x"}, 401}, "the client counts without an audience": {map[string]any{"aud": nil, "client_id": "api"}, 200},
		"the client does not count beside one": {map[string]any{"aud": "x", "client_id": "api"}, 401}, "expired": {map[string]any{"exp": noon.Unix()}, 401},
		"never expires": {map[string]any{"exp": nil}, 401}, "not yet": {map[string]any{"nbf": noon.Unix() + 60}, 401}, "of tomorrow": {map[string]any{"iat": noon.Unix() + 60}, 401},
		"no scope": {map[string]any{"scp": nil}, 403},
	} {
		if got := w.get("/me", token(c.claims)); got.status != c.want {
			t.Errorf("%s: %d %s (%v)", name, got.status, got.body, w.last().Err)
		}
	}
	got := w.get("/gone", token(map[string]any{"iss": "http://127.0.0.1:1"}))
	if c := got.header.Get("Www-Authenticate"); got.status != 401 || !strings.Contains(c, "OIDC discovery endpoint communication error") {
		t.Errorf("%d %s", got.status, c)
	}
}
