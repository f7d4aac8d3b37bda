package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/gateway/event"
)

func call(rest bool) *event.Call {
	return &event.Call{
		REST: rest, API: "abc123", Account: "123456789012", Stage: "prod", ID: "id-1",
		At: time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC), Method: "POST", Proto: "HTTP/1.1", Host: "api.example.com:8443", Secure: true, Client: "192.0.2.7",
		RouteKey: "POST /pets/{id}", Resource: "/pets/{id}", Path: "/base/pets/7", Staged: "/base/prod/pets/7", Raw: "/prod/pets/7",
		ARN: "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/POST/pets/7", RawQuery: "a=1&a=2&b=", Query: map[string][]string{"a": {"1", "2"}, "b": {""}},
		Header: http.Header{"User-Agent": {"test"}, "X-Two": {"1", "2"}, "Cookie": {"a=1; b=2"}}, Params: map[string]string{"id": "7"},
		Vars: map[string]string{"v": "1"}, Body: []byte("text"), Text: true,
		Caller: event.Caller{Claims: map[string]string{"sub": "s"}, Scopes: []string{"x"}},
	}
}

// read decodes an event with AWS's own types, and fails on members that they do not have.
func read[E any](t *testing.T, raw []byte, err error) (e E) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return e
}

func TestPayloadOneOfARESTAPI(t *testing.T) {
	t.Parallel()
	raw, err := call(true).One()
	e := read[events.APIGatewayProxyRequest](t, raw, err)
	want := events.APIGatewayProxyRequest{
		Resource: "/pets/{id}", Path: "/base/pets/7", HTTPMethod: "POST",
		Headers: map[string]string{"User-Agent": "test", "X-Two": "2", "Cookie": "a=1; b=2", "Host": "api.example.com:8443", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Port": "8443", "X-Forwarded-Proto": "https"},
		MultiValueHeaders: map[string][]string{"User-Agent": {"test"}, "X-Two": {"1", "2"}, "Cookie": {"a=1; b=2"}, "Host": {"api.example.com:8443"}, "X-Forwarded-For": {"192.0.2.7"},
			"X-Forwarded-Port": {"8443"}, "X-Forwarded-Proto": {"https"}},
		QueryStringParameters: map[string]string{"a": "2", "b": ""}, MultiValueQueryStringParameters: map[string][]string{"a": {"1", "2"}, "b": {""}},
		PathParameters: map[string]string{"id": "7"}, StageVariables: map[string]string{"v": "1"}, Body: "text",
		RequestContext: events.APIGatewayProxyRequestContext{
			AccountID: "123456789012", ResourceID: "POST /pets/{id}", Stage: "prod", DomainName: "api.example.com", DomainPrefix: "api", RequestID: "id-1", ExtendedRequestID: "id-1",
			Protocol: "HTTP/1.1", Identity: events.APIGatewayRequestIdentity{SourceIP: "192.0.2.7", UserAgent: "test"}, ResourcePath: "/pets/{id}", Path: "/base/prod/pets/7",
			Authorizer: map[string]any{"claims": map[string]any{"sub": "s"}, "scopes": []any{"x"}}, HTTPMethod: "POST", RequestTime: "01/Mar/2026:12:00:00 +0000",
			RequestTimeEpoch: 1772366400123, APIID: "abc123",
		},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
	bare := call(true)
	bare.Query, bare.Params, bare.Vars, bare.Body = nil, nil, nil, nil
	raw, err = bare.One()
	members := read[map[string]json.RawMessage](t, raw, err)
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"} {
		if string(members[name]) != "null" {
			t.Errorf("%s is %s", name, members[name])
		}
	}
	if _, there := members["version"]; there {
		t.Error("REST APIs name no version")
	}
}

func TestPayloadTwo(t *testing.T) {
	t.Parallel()
	raw, err := call(false).Two()
	e := read[events.APIGatewayV2HTTPRequest](t, raw, err)
	want := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /pets/{id}", RawPath: "/prod/pets/7", RawQueryString: "a=1&a=2&b=", Cookies: []string{"a=1", "b=2"},
		Headers:               map[string]string{"user-agent": "test", "x-two": "1,2", "host": "api.example.com:8443", "x-forwarded-for": "192.0.2.7", "x-forwarded-port": "8443", "x-forwarded-proto": "https"},
		QueryStringParameters: map[string]string{"a": "1,2", "b": ""}, PathParameters: map[string]string{"id": "7"}, StageVariables: map[string]string{"v": "1"}, Body: "text",
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "POST /pets/{id}", AccountID: "123456789012", Stage: "prod", RequestID: "id-1", APIID: "abc123", DomainName: "api.example.com", DomainPrefix: "api",
			Time: "01/Mar/2026:12:00:00 +0000", TimeEpoch: 1772366400123,
			HTTP:       events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST", Path: "/prod/pets/7", Protocol: "HTTP/1.1", SourceIP: "192.0.2.7", UserAgent: "test"},
			Authorizer: &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{"sub": "s"}, Scopes: []string{"x"}}},
		},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
	binary := call(false)
	binary.Body, binary.Text = []byte{0, 255}, false
	raw, err = binary.Two()
	if e := read[events.APIGatewayV2HTTPRequest](t, raw, err); e.Body != "AP8=" || !e.IsBase64Encoded {
		t.Errorf("%q %v", e.Body, e.IsBase64Encoded)
	}
	iam := call(false)
	iam.Caller = event.Caller{Signer: &event.Signer{AccessKey: "AK", Account: "1", ARN: "arn", UserID: "U", PoolID: "p", IdentityID: "i", AMR: []string{"authenticated"}}}
	raw, err = iam.Two()
	got := read[events.APIGatewayV2HTTPRequest](t, raw, err).RequestContext.Authorizer.IAM
	if got == nil || got.AccessKey != "AK" || got.UserARN != "arn" || got.CognitoIdentity.IdentityID != "i" {
		t.Errorf("%+v", got)
	}
}

func TestPayloadOneOfAnHTTPAPI(t *testing.T) {
	t.Parallel()
	raw, err := call(false).One()
	e := read[map[string]any](t, raw, err)
	if e["version"] != "1.0" || e["path"] != "/base/prod/pets/7" || e["headers"].(map[string]any)["x-two"] != "1,2" {
		t.Errorf("%s", raw)
	}
}

func TestAnHTTPAPISaysThatItAskedForNoScopes(t *testing.T) {
	t.Parallel()
	for rest, want := range map[bool]string{true: `{"claims":{"sub":"s"}}`, false: `{"claims":{"sub":"s"},"scopes":null}`} {
		c := call(rest)
		c.Caller.Scopes = nil
		raw, err := c.One()
		var e struct {
			Context struct {
				Authorizer json.RawMessage `json:"authorizer"`
			} `json:"requestContext"`
		}
		if err = errors.Join(err, json.Unmarshal(raw, &e)); err != nil || string(e.Context.Authorizer) != want {
			t.Errorf("%s, %v; want %s", e.Context.Authorizer, err, want)
		}
	}
}

func TestAnswersOfFunctions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		said      string
		one, two  string // status and body; empty: refused
		header    string
		wantValue []string
	}{
		{`{"statusCode":201,"headers":{"x-a":"1"},"multiValueHeaders":{"X-B":["2",3,true]},"body":"b"}`, "201 b", "201 b", "X-B", []string{"2", "3", "true"}},
		{`{"statusCode":"200","body":"YWI=","isBase64Encoded":true}`, "200 ab", "200 ab", "Content-Type", []string{"application/json"}},
		{`{"statusCode":200,"cookies":["a=1","b=2"]}`, "200 ", "200 ", "", nil},
		{`{"body":"b"}`, "", `200 {"body":"b"}`, "Content-Type", []string{"application/json"}},
		{`"text"`, "", "200 text", "", nil},
		{`[1]`, "", "200 [1]", "", nil},
		{`null`, "", "200 null", "", nil},
		{`{"statusCode":200,"body":{"a":1}}`, "", "", "", nil},
		{`{"statusCode":99}`, "", "", "", nil},
		{`{"statusCode":"ok"}`, "", "", "", nil},
		{`{"statusCode":200,"headers":{"a":{}}}`, "", "", "", nil},
		{`{"statusCode":200,"headers":{"a b":"c"}}`, "", "", "", nil},
		{`{"statusCode":200,"headers":{"a":"b\r\nc: d"}}`, "", "", "", nil},
		{`{"statusCode":200,"body":"%","isBase64Encoded":true}`, "", "", "", nil},
		{`{"statusCode":200,"headers":{"Content-Length":"5","Transfer-Encoding":"chunked","Connection":"x"}}`, "200 ", "200 ", "Transfer-Encoding", nil},
	} {
		for i, read := range []func([]byte) (event.Answer, error){event.ReadOne, event.ReadTwo} {
			want := []string{c.one, c.two}[i]
			a, err := read([]byte(c.said))
			have := ""
			if err == nil {
				have = fmt.Sprintf("%d %s", a.Status, a.Body)
			}
			if have != want {
				t.Errorf("%s in format %d: %q (%v), want %q", c.said, i+1, have, err, want)
			}
			if err == nil && c.header != "" {
				if d := cmp.Diff(c.wantValue, a.Header.Values(c.header)); d != "" {
					t.Errorf("%s: %s: %s", c.said, c.header, d)
				}
			}
		}
	}
	a, err := event.ReadTwo([]byte(`{"statusCode":200,"cookies":["a=1","b=2"]}`))
	if err != nil || len(a.Header.Values("Set-Cookie")) != 2 {
		t.Errorf("%v %v", a, err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"statusCode":201,"headers":{"x-a":"1"},"body":"b"}`)
	f.Fuzz(func(t *testing.T, said string) {
		for _, read := range []func([]byte) (event.Answer, error){event.ReadOne, event.ReadTwo} {
			a, err := read([]byte(said))
			if err == nil && (a.Status < 200 || a.Status > 599) {
				t.Errorf("status %d", a.Status)
			}
		}
	})
}
