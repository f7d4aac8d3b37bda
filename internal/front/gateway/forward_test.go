package gateway_test

import (
	"testing"

	"cognate.dev/cognate/internal/gateway"
)

const forwarding = `
apis:
  - id: shop
    type: rest
    hosts: [shop.example.com]
    authorizers:
      - {name: pool, type: cognito, pools: [eu-west-1_Pool00001]}
      - {name: keys, type: iam}
    routes:
      - {method: GET, path: "/orders/{id}", authorizer: pool, to: {parameters: {"overwrite:header.x-order": "$request.path.id"}, url: "http://127.0.0.1:1"}}
      - {method: POST, path: "/orders/{id}", authorizer: pool, scopes: [orders/write]}
      - {method: GET, path: /open}
      - {method: GET, path: /signed, authorizer: keys}
`

// question is how each proxy asks about a request.
func questions(method, uri string, more map[string]string) map[string]struct {
	method, path string
	headers      map[string]string
} {
	with := func(h map[string]string) map[string]string {
		out := map[string]string{"X-Forwarded-For": "192.0.2.7"}
		for _, m := range []map[string]string{more, h} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	type q = struct {
		method, path string
		headers      map[string]string
	}
	forwarded := map[string]string{"X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "X-Forwarded-Host": "shop.example.com", "X-Forwarded-Proto": "https"}
	return map[string]q{
		"nginx":   {"GET", "/_cognate/authorize/nginx", with(map[string]string{"X-Original-Method": method, "X-Original-Uri": uri, "X-Original-Host": "shop.example.com"})},
		"traefik": {"GET", "/_cognate/authorize/traefik", with(forwarded)},
		"caddy":   {"GET", "/_cognate/authorize/caddy", with(forwarded)},
		"apisix":  {"GET", "/_cognate/authorize/apisix", with(forwarded)},
		"envoy":   {method, "/_cognate/authorize/envoy" + uri, with(map[string]string{"Host": "shop.example.com"})},
	}
}

func TestProxiesAskInTheirDialects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trusted = []string{"127.0.0.1"}
	w.serve(forwarding)
	set := w.signIn(w.client, "openid", "orders/read")
	for _, c := range []struct {
		name, method, uri, token string
		status, nginx            int
		body, message            string
		why                      gateway.Reason
	}{
		{"a good one", "GET", "/orders/7", set.ID, 200, 200, "", "", ""},
		{"nobody", "GET", "/orders/7", "", 401, 401, unauthorized, "Unauthorized", gateway.NoToken},
		{"a scope is missing", "POST", "/orders/7", set.Access, 401, 401, unauthorized, "Unauthorized", gateway.NoScope},
		{"open to all", "GET", "/open?x=1", "", 200, 200, "", "", ""},
		{"no route", "GET", "/nowhere", set.ID, 403, 403, `{"message":"Missing Authentication Token"}`, "Missing Authentication Token", gateway.NoRoute},
		{"a path with two meanings", "GET", "/open/../orders/7", "", 403, 403, `{"message":"Missing Authentication Token"}`, "Missing Authentication Token", gateway.BadPath},
		{"a signature", "GET", "/signed", "AWS4-HMAC-SHA256 x", 500, 500, `{"message":null}`, "", gateway.Misconfigured},
	} {
		more := map[string]string{"X-Auth-Sub": "root", "X-Auth-Groups": "admin", "X-Order": "spoofed"}
		if c.token != "" {
			more["Authorization"] = c.token
		}
		for proxy, q := range questions(c.method, c.uri, more) {
			got := w.do(q.method, q.path, q.headers)
			want := c.status
			if proxy == "nginx" {
				want = c.nginx
			}
			if e := w.last(); got.status != want || got.body != c.body || e.Reason != c.why || e.Forward != proxy {
				t.Errorf("%s, %s: %d %q (%+v)", c.name, proxy, got.status, got.body, e)
			}
			who, username, order := "", "", ""
			if c.name == "a good one" {
				who, username, order = sub, "alice", "7"
			}
			for name, value := range map[string]string{"X-Auth-Sub": who, "X-Auth-Groups": "", "X-Auth-Username": username, "X-Auth-Scopes": "", "X-Auth-Claims": "", "X-Auth-Message": c.message} {
				if have, there := got.header[name]; !there || have[0] != value || len(have) != 1 {
					t.Errorf("%s, %s: %s is %q, want %q: one that is left out would let the client's through", c.name, proxy, name, have, value)
				}
			}
			if have := got.header.Get("X-Order"); have != order {
				t.Errorf("%s, %s: X-Order %q", c.name, proxy, have)
			}
		}
	}
}

func TestOnlyTheHeadersOfADialectAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trusted = []string{"127.0.0.1"}
	w.serve(forwarding)
	for name, c := range map[string]struct {
		path    string
		headers map[string]string
	}{
		"nginx, with the client's X-Forwarded-Uri":  {"nginx", map[string]string{"X-Original-Method": "GET", "X-Original-Uri": "/orders/7", "X-Original-Host": "shop.example.com", "X-Forwarded-Uri": "/open", "X-Forwarded-Method": "GET"}},
		"traefik, with the client's X-Original-Uri": {"traefik", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/orders/7", "X-Forwarded-Host": "shop.example.com", "X-Original-Uri": "/open"}},
		"envoy, with either":                        {"envoy/orders/7", map[string]string{"Host": "shop.example.com", "X-Original-Uri": "/open", "X-Forwarded-Uri": "/open"}},
		"caddy, with an overriding method":          {"caddy", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/orders/7", "X-Forwarded-Host": "shop.example.com", "X-Http-Method-Override": "OPTIONS"}},
		"envoy, with a path that leaves":            {"envoy/../envoy/open/x", map[string]string{"Host": "shop.example.com"}},
		"envoy, with nothing":                       {"envoy", map[string]string{"Host": "shop.example.com"}},
		"nginx, with nothing":                       {"nginx", map[string]string{"Host": "shop.example.com"}},
		"traefik, with a URL":                       {"traefik", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "http://shop.example.com/open", "Host": "shop.example.com"}},
		"traefik, with a network path":              {"traefik", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "//x/open", "Host": "shop.example.com"}},
		"another host":                              {"traefik", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/open", "X-Forwarded-Host": "other.example.com"}},
		"a proxy that nobody knows":                 {"squid", map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/open", "X-Forwarded-Host": "shop.example.com"}},
	} {
		if got := w.do("GET", "/_cognate/authorize/"+c.path, c.headers); got.status < 400 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

func TestStrangersCannotAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trusted = []string{"192.0.2.0/24"}
	w.serve(forwarding)
	for proxy, q := range questions("GET", "/open", nil) {
		if got := w.do(q.method, q.path, q.headers); got.status < 400 {
			t.Errorf("%s: %d", proxy, got.status)
		}
	}
}

func TestNamesArriveWhateverTheyAreWrittenIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(both)
	k, kid := w.poolKey("id")
	raw := w.forge("RS256", k, kid, map[string]any{"cognito:username": "Zoë\r\nX-Evil: 1", "cognito:groups": []string{"a,b", "süd"}, "exp": w.clock.Now().Add(3600e9).Unix()})
	got := w.get("/rest/late", raw)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	h := got.received(t).Headers
	if h.Get("X-Auth-Username") != "Zo%C3%AB%0D%0AX-Evil: 1" || h.Get("X-Auth-Groups") != "a%2Cb,s%C3%BCd" || h.Get("X-Evil") != "" {
		t.Errorf("%v", h)
	}
}
