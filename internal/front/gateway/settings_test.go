package gateway_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestStagesAndHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:f"] = echoEvent
	w.serve(`
apis:
  - {id: one, type: rest, hosts: [one.example.com], stage: v1, stage_in_path: true, base: /shop, variables: {color: blue}, routes: [{path: "/x/{id}", to: {function: "arn:f"}}]}
  - {id: two, type: http, hosts: [TWO.example.com], stage: v2, stage_in_path: true, base: /shop, variables: {color: red}, routes: [{path: "/x/{id}", to: {function: "arn:f"}}]}
  - {id: three, type: http, routes: [{path: $default, to: {status: 200, body: three}}]}
`)
	ask := func(host, path string) answer { return w.do("GET", path, map[string]string{"Host": host}) }
	var one events.APIGatewayProxyRequest
	got := ask("one.example.com", "/shop/v1/x/7")
	w.check(json.Unmarshal([]byte(got.body), &one))
	if c := one.RequestContext; one.Path != "/shop/x/7" || c.Path != "/shop/v1/x/7" || c.Stage != "v1" || c.APIID != "one" || one.StageVariables["color"] != "blue" || one.Resource != "/x/{id}" || c.DomainName != "one.example.com" {
		t.Errorf("%s", got.body)
	}
	var two events.APIGatewayV2HTTPRequest
	got = ask("two.example.com:8443", "/shop/v2/x/7")
	w.check(json.Unmarshal([]byte(got.body), &two))
	if c := two.RequestContext; two.RawPath != "/v2/x/7" || c.Stage != "v2" || c.APIID != "two" || two.StageVariables["color"] != "red" || two.RouteKey != "ANY /x/{id}" || c.DomainPrefix != "two" {
		t.Errorf("%s", got.body)
	}
	for host, path := range map[string]string{"one.example.com": "/shop/x/7", "two.example.com": "/shop/v1/x/7", "other.example.com": "/shop/v1/x/7", "one.example.com.": "/shop/v1/x/7"} {
		if got := ask(host, path); got.body != "three" {
			t.Errorf("%s%s: %d %s", host, path, got.status, got.body)
		}
	}
}

func TestEncodedSlashesAreLetThroughWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(`
apis:
  - {id: a, type: rest, encoded_slashes: true, routes: [{path: "/x/{id}", to: {url: BACKEND}}, {path: "/x/{id}/y", to: {url: BACKEND}}]}
`)
	if got := w.get("/x/a%2Fb", "").received(t); got.URI != "/x/a%2Fb" {
		t.Errorf("%+v", got)
	}
	for _, path := range []string{"/x/a%2f..%2fb", "/x/%2f", "/x/a%2f", "/x/a%2f%2fb", "/x/a%2f%2e%2e%2fb", "/x/a%5cb"} {
		if got := w.get(path, ""); got.status != 403 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestBodiesReachFunctionsAsTheirTypesSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:f"] = echoEvent
	w.serve(`
apis:
  - {id: r, type: rest, base: /rest, binary_types: [image/*, application/pdf], routes: [{path: /x, to: {function: "arn:f"}}]}
  - {id: h, type: http, base: /http, routes: [{path: /x, to: {function: "arn:f"}}]}
`)
	for _, c := range []struct {
		path, kind string
		encoded    bool
	}{
		{"/rest/x", "text/plain", false}, {"/rest/x", "image/png", true}, {"/rest/x", "application/pdf", true}, {"/rest/x", "application/x-www-form-urlencoded", false}, {"/rest/x", "", false},
		{"/http/x", "text/plain", false}, {"/http/x", "application/json; charset=utf-8", false}, {"/http/x", "application/problem+json", false},
		{"/http/x", "application/x-www-form-urlencoded", true}, {"/http/x", "image/png", true}, {"/http/x", "", true},
	} {
		got := w.do("POST", c.path, map[string]string{"Content-Type": c.kind}, "text")
		var e struct {
			Body            string
			IsBase64Encoded bool
		}
		w.check(json.Unmarshal([]byte(got.body), &e))
		want := "text"
		if c.encoded {
			want = base64.StdEncoding.EncodeToString([]byte("text"))
		}
		if e.Body != want || e.IsBase64Encoded != c.encoded {
			t.Errorf("%s, %q: %+v", c.path, c.kind, e)
		}
	}
}

func TestAllClaimsWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(w.client)
	for _, wanted := range []bool{false, true} {
		w.claims = wanted
		w.serve(both)
		header := w.get("/rest/me", set.ID).received(t).Headers.Get("X-Auth-Claims")
		raw, err := base64.RawURLEncoding.DecodeString(header)
		var claims map[string]any
		if wanted && (err != nil || json.Unmarshal(raw, &claims) != nil || claims["sub"] != sub) || !wanted && header != "" {
			t.Errorf("wanted: %v, got %s %v", wanted, raw, err)
		}
	}
}

func TestTheClientBehindAProxyIsWhoCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.behind = []string{"127.0.0.1"}
	const file = `
apis:
  - id: a
    type: rest
    policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}'
    authorizers:
      - {name: pool, type: cognito, pools: [eu-west-1_Pool00001]}
      - {name: fn, type: lambda, function: "arn:fn"}
    routes: [{path: /x, to: {url: BACKEND}}, {path: /token, authorizer: pool, to: {url: BACKEND}}, {path: /fn, authorizer: fn, to: {url: BACKEND}}]
`
	ask := func(from string) answer {
		return w.do(http.MethodGet, "/x", map[string]string{"X-Forwarded-For": from})
	}
	w.serve(file)
	for from, want := range map[string]int{"192.0.2.7": 200, "198.51.100.1, 192.0.2.7": 200, "192.0.2.7, 198.51.100.1": 403, "nonsense": 403} {
		if got := ask(from); got.status != want {
			t.Errorf("%s: %d", from, got.status)
		}
	}
	id := w.signIn(w.client).ID
	w.functions["arn:fn"] = func([]byte) ([]byte, error) {
		return []byte(`{"principalId":"a","policyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}}`), nil
	}
	for from, want := range map[string][2]int{"192.0.2.7": {200, 200}, "198.51.100.1": {403, 200}} { // a function's policy is an allowance
		for i, path := range []string{"/token", "/fn"} {
			if got := w.do(http.MethodGet, path, map[string]string{"X-Forwarded-For": from, "Authorization": id}); got.status != want[i] {
				t.Errorf("%s from %s, with a token: %d %s", path, from, got.status, got.body)
			}
		}
	}
	if got := ask("192.0.2.7").received(t); got.Headers.Get("X-Forwarded-For") != "192.0.2.7" {
		t.Errorf("%v", got.Headers)
	}
	w.behind = nil
	w.serve(file)
	if got := ask("192.0.2.7"); got.status != 403 {
		t.Errorf("nobody is trusted, and a header was believed: %d", got.status)
	}
}
