package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/trigger/function"
)

func policyOf(t *testing.T, text string) *iampolicy.Document {
	t.Helper()
	d, err := iampolicy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// verdict is what a Lambda authorizer answers: an effect on a resource.
func verdict(effect, resource, more string) []byte {
	return []byte(`{"principalId":"user-1","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"` + effect +
		`","Action":"execute-api:Invoke","Resource":"` + resource + `"}]}` + more + `}`)
}

const functionsFile = `
apis:
  - id: rest
    type: rest
    base: /rest
    variables: {color: blue}
    authorizers:
      - {name: token, type: lambda, function: "arn:token", validation: "Bearer [a-z-]+"}
      - {name: fresh, type: lambda, function: "arn:token", ttl: 0s}
      - {name: request, type: lambda, function: "arn:request", payload: request, sources: ["$request.header.X-Who", "$request.querystring.q", "$stageVariables.color"]}
    routes:
      - {method: GET, path: "/a/{id}", authorizer: token, to: {function: "arn:backend"}}
      - {method: GET, path: /secret, authorizer: token, to: {function: "arn:backend"}}
      - {method: GET, path: /fresh, authorizer: fresh, to: {function: "arn:backend"}}
      - {method: GET, path: /request, authorizer: request, to: {function: "arn:backend"}}
  - id: http
    type: http
    base: /http
    authorizers:
      - {name: simple, type: lambda, function: "arn:simple", simple: true}
      - {name: one, type: lambda, function: "arn:one", payload: "1.0", ttl: 5m, sources: ["$request.header.Authorization", "$context.routeKey"]}
    routes:
      - {method: GET, path: "/simple/{id}", authorizer: simple, to: {function: "arn:backend"}}
      - {method: GET, path: /one, authorizer: one, to: {function: "arn:backend", payload: "1.0"}}
      - {method: GET, path: /two, authorizer: one, to: {function: "arn:backend"}}
`

const (
	denied   = `{"Message":"User is not authorized to access this resource"}`
	explicit = `{"Message":"User is not authorized to access this resource with an explicit deny"}`
	forbid   = `{"message":"Forbidden"}`
)

func echoEvent(event []byte) ([]byte, error) {
	raw, err := json.Marshal(string(event))
	return []byte(`{"statusCode":200,"body":` + string(raw) + `}`), err
}

func TestALambdaAuthorizersPolicyIsObeyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:backend"] = echoEvent
	w.functions["arn:token"] = func(event []byte) ([]byte, error) {
		var e events.APIGatewayCustomAuthorizerRequest
		if err := json.Unmarshal(event, &e); err != nil || e.Type != "TOKEN" {
			return nil, fmt.Errorf("event %s: %w", event, err)
		}
		switch _, what, _ := strings.Cut(e.AuthorizationToken, " "); what {
		case "this":
			return verdict("Allow", e.MethodArn, `,"context":{"n":1,"ok":true,"s":"x"}`), nil
		case "wide":
			return verdict("Allow", "arn:aws:execute-api:*:*:rest/prod/GET/a/*", ""), nil
		case "mixed":
			return []byte(`{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*/GET/sec?et"}]}}`), nil
		case "network":
			return []byte(`{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}},
				{"Effect":"Deny","Action":"*","Resource":"*/secret","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}}]}}`), nil
		case "throw":
			return nil, &function.Thrown{Type: "Error", Message: "Unauthorized"}
		case "fail":
			return nil, &function.Thrown{Type: "Error", Message: "Unauthorized!"}
		case "garbage":
			return []byte(`{"principalId":"x"}`), nil
		case "nested":
			return verdict("Allow", "*", `,"context":{"list":[1]}`), nil
		case "unknown":
			return []byte(`{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Magic":{"a":"b"}}}]}}`), nil
		case "large":
			return verdict("Allow", "*", `,"context":{"s":"`+strings.Repeat("x", 9000)+`"}`), nil
		}
		return verdict("Deny", "*", ""), nil
	}
	w.serve(functionsFile)
	for _, c := range []struct {
		path, token, body, kind string
		status                  int
		why                     gateway.Reason
	}{
		{"/rest/a/1", "Bearer this", "", "", 200, ""},
		{"/rest/a/2", "Bearer this", denied, "AccessDeniedException", 403, gateway.NotAllowed}, // the policy is kept, and means what it says
		{"/rest/a/2", "Bearer wide", "", "", 200, ""},
		{"/rest/secret", "Bearer wide", denied, "AccessDeniedException", 403, gateway.NotAllowed},
		{"/rest/a/1", "Bearer mixed", "", "", 200, ""},
		{"/rest/secret", "Bearer mixed", explicit, "AccessDeniedException", 403, gateway.ExplicitDeny},
		{"/rest/%73ecret", "Bearer mixed", explicit, "AccessDeniedException", 403, gateway.ExplicitDeny},
		{"/rest/a/1", "Bearer network", "", "", 200, ""},
		{"/rest/secret", "Bearer network", explicit, "AccessDeniedException", 403, gateway.ExplicitDeny},
		{"/rest/a/1", "Bearer other", explicit, "AccessDeniedException", 403, gateway.ExplicitDeny},
		{"/rest/a/1", "Bearer throw", unauthorized, "UnauthorizedException", 401, gateway.Unauthorized},
		{"/rest/a/1", "Bearer fail", `{"message":null}`, "AuthorizerConfigurationException", 500, gateway.Misconfigured},
		{"/rest/a/1", "Bearer garbage", `{"message":null}`, "AuthorizerConfigurationException", 500, gateway.Misconfigured},
		{"/rest/a/1", "Bearer nested", `{"message":null}`, "AuthorizerConfigurationException", 500, gateway.Misconfigured},
		{"/rest/a/1", "Bearer unknown", `{"message":null}`, "AuthorizerConfigurationException", 500, gateway.Misconfigured},
		{"/rest/a/1", "Bearer large", `{"message":null}`, "AuthorizerConfigurationException", 500, gateway.Misconfigured},
	} {
		got := w.get(c.path, c.token)
		if c.status == 200 {
			if got.status != 200 {
				t.Errorf("%s %s: %d %s (%v)", c.path, c.token, got.status, got.body, w.last().Err)
			}
			continue
		}
		w.refused(c.path+" "+c.token, got, c.status, c.body, c.kind, c.why)
	}
	before := w.calls("arn:token")
	for _, token := range []string{"", "Bearer THIS", "this", "Bearer this x"} {
		w.refused("not asked: "+token, w.get("/rest/a/1", token), 401, unauthorized, "UnauthorizedException", gateway.NoToken)
	}
	w.get("/rest/a/1", "Bearer this")
	if n := w.calls("arn:token"); n != before {
		t.Errorf("the function was asked %d times more: what it said is kept, and what it never could like it does not see", n-before)
	}
	w.clock.Advance(5 * time.Minute)
	w.get("/rest/a/1", "Bearer this")
	w.get("/rest/fresh", "Bearer this")
	w.get("/rest/fresh", "Bearer this")
	if n := w.calls("arn:token"); n != before+3 {
		t.Errorf("after five minutes, and without a time to live, it was asked %d times", n-before)
	}
	var e events.APIGatewayProxyRequest
	got := w.get("/rest/a/1", "Bearer this")
	if err := json.Unmarshal([]byte(got.body), &e); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"principalId": "user-1", "n": "1", "ok": "true", "s": "x"}
	if d := cmp.Diff(want, e.RequestContext.Authorizer); d != "" {
		t.Error(d)
	}
}

func TestEveryIdentitySourceCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:backend"] = echoEvent
	w.functions["arn:request"] = func(event []byte) ([]byte, error) {
		var e events.APIGatewayCustomAuthorizerRequestTypeRequest
		if err := json.Unmarshal(event, &e); err != nil || e.Type != "REQUEST" || e.StageVariables["color"] != "blue" {
			return nil, fmt.Errorf("event %s: %w", event, err)
		}
		if e.Headers["X-Who"] == "alice" && e.QueryStringParameters["q"] == "1" {
			return verdict("Allow", "*", ""), nil
		}
		return verdict("Deny", "*", ""), nil
	}
	w.serve(functionsFile)
	ask := func(who, query string) int {
		return w.do("GET", "/rest/request"+query, map[string]string{"X-Who": who}).status
	}
	for range 2 { // the second time from what is kept
		for _, c := range []struct {
			who, query string
			want       int
		}{{"alice", "?q=1", 200}, {"alice", "?q=2", 403}, {"bob", "?q=1", 403}, {"alice", "", 401}, {"", "?q=1", 401}, {"alice", "?q=", 401}, {"alice", "?q=1&q=2", 401}} {
			if got := ask(c.who, c.query); got != c.want {
				t.Errorf("%s %s: %d, want %d", c.who, c.query, got, c.want)
			}
		}
	}
	if n := w.calls("arn:request"); n != 3 {
		t.Errorf("the function was asked %d times", n)
	}
}

func TestHTTPAuthorizersAnswerInBothFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.functions["arn:backend"] = echoEvent
	w.functions["arn:simple"] = func(event []byte) ([]byte, error) {
		var e events.APIGatewayV2CustomAuthorizerV2Request
		if err := json.Unmarshal(event, &e); err != nil || e.Version != "2.0" || e.Type != "REQUEST" || e.RouteKey != "GET /simple/{id}" || e.PathParameters["id"] == "" {
			return nil, fmt.Errorf("event %s: %w", event, err)
		}
		switch e.PathParameters["id"] {
		case "odd":
			return []byte(`{"context":{}}`), nil
		case "throw":
			return nil, &function.Thrown{Type: "Error", Message: "Unauthorized"}
		case "away":
			return nil, errors.New("nobody is there")
		}
		return json.Marshal(map[string]any{"isAuthorized": e.PathParameters["id"] == "1", "context": map[string]any{"list": []int{1, 2}, "big": json.Number("12345678901234567890")}})
	}
	w.functions["arn:one"] = func(event []byte) ([]byte, error) {
		var e events.APIGatewayV2CustomAuthorizerV1Request
		if err := json.Unmarshal(event, &e); err != nil || e.Version != "1.0" || !strings.HasPrefix(e.IdentitySource, e.Headers["authorization"]+",GET /") || e.AuthorizationToken != e.IdentitySource {
			return nil, fmt.Errorf("event %s: %w", event, err)
		}
		return verdict("Allow", e.MethodArn, `,"context":{"n":7}`), nil
	}
	w.serve(functionsFile)
	got := w.get("/http/simple/1", "x")
	var two struct {
		RequestContext struct {
			Authorizer struct{ Lambda map[string]json.RawMessage }
		}
	}
	w.check(json.Unmarshal([]byte(got.body), &two))
	if l := two.RequestContext.Authorizer.Lambda; string(l["list"]) != "[1,2]" || string(l["big"]) != "12345678901234567890" {
		t.Errorf("%s", got.body)
	}
	w.refused("no", w.get("/http/simple/2", "x"), 403, forbid, "", gateway.NotAllowed)
	for _, id := range []string{"odd", "throw", "away"} {
		w.refused(id, w.get("/http/simple/"+id, "x"), 500, `{"message":"Internal Server Error"}`, "", gateway.Misconfigured)
	}
	if n := w.calls("arn:simple"); n != 5 {
		t.Errorf("nothing is kept unless it is said so, and it was asked %d times", n)
	}
	for range 2 {
		for _, path := range []string{"/http/one", "/http/two"} {
			if got := w.get(path, "x"); got.status != 200 {
				t.Errorf("%s: %d %s (%v)", path, got.status, got.body, w.last().Err)
			}
		}
	}
	if n := w.calls("arn:one"); n != 2 {
		t.Errorf("once for each route, and it was asked %d times", n)
	}
	w.refused("no source", w.get("/http/one", ""), 401, unauthorized, "", gateway.NoToken)
	var one events.APIGatewayProxyRequest
	w.check(json.Unmarshal([]byte(w.get("/http/one", "x").body), &one))
	if d := cmp.Diff(map[string]any{"principalId": "user-1", "n": "7"}, one.RequestContext.Authorizer); d != "" {
		t.Error(d)
	}
}
