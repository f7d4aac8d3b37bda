package openapi_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/gateway/openapi"
	"cognate.dev/cognate/internal/gateway/spec"
)

var names = openapi.Names{Region: "us-east-1", Account: "000000000000"}

// read reads a document, and checks the API as a file's would be.
func read(t *testing.T, raw string, kind spec.Kind) (spec.API, []string, error) {
	t.Helper()
	a := spec.API{ID: "a", Kind: kind}
	notes, err := openapi.Read([]byte(raw), &a, names)
	if err != nil {
		return a, nil, err
	}
	file := spec.File{APIs: []spec.API{a}}
	err = file.Fill()
	return file.APIs[0], notes, err
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func minutes(n int) *time.Duration {
	d := time.Duration(n) * time.Minute
	return &d
}

func TestAnExportedRESTAPI(t *testing.T) {
	t.Parallel()
	a, notes, err := read(t, testdata(t, "rest.json"), spec.REST)
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"$request.header.Authorization"}
	const function = "arn:aws:lambda:us-east-1:000000000000:function:"
	want := spec.API{
		ID: "a", Kind: spec.REST, Stage: "prod", KeySource: "HEADER", BinaryTypes: []string{"image/*"}, MaxBody: 10 << 20,
		Policy: `{"Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Principal":"*","Resource":["arn:aws:execute-api:us-east-1:000000000000:a/*"]}],"Version":"2012-10-17"}`,
		Authorizers: []spec.Authorizer{
			{Name: "fn", Kind: spec.Lambda, Sources: []string{"$request.header.X-Who", "$context.identity.sourceIp"}, TTL: minutes(0), Revocation: spec.Immediate, Function: function + "gate", Payload: "request"},
			{Name: "pool", Kind: spec.Cognito, Sources: header, Validation: "client1", TTL: minutes(1), Pools: []string{"us-east-1_X"}, Revocation: spec.Immediate},
			{Name: "sigv4", Kind: spec.IAM, Sources: header, TTL: minutes(5), Revocation: spec.Immediate},
		},
		Routes: []spec.Route{
			{Method: "ANY", Path: "/files/{proxy+}", Authorizer: "sigv4", To: spec.Backend{URL: "http://127.0.0.1:3000/files/{proxy}", Parameters: map[string]string{}, Timeout: 29 * time.Second}},
			{Method: "GET", Path: "/orders", Authorizer: "pool", Scopes: []string{"orders/read", "orders/write"}, APIKey: true, To: spec.Backend{
				URL: "http://127.0.0.1:3000/orders", Method: "GET", Timeout: 5 * time.Second, Parameters: map[string]string{
					"overwrite:header.x-user": "$context.authorizer.claims.sub", "overwrite:querystring.q": "$request.querystring.q", "overwrite:header.x-fixed": "yes",
				},
			}},
			{Method: "OPTIONS", Path: "/orders", Authorizer: "none", To: spec.Backend{Status: 200, Headers: map[string]string{"Access-Control-Allow-Origin": "*"}, Timeout: 29 * time.Second}},
			{Method: "POST", Path: "/orders", Authorizer: "fn", To: spec.Backend{Function: function + "orders", Payload: "1.0", Timeout: 29 * time.Second}},
		},
		Responses: map[string]spec.Response{
			"DEFAULT_4XX":  {Headers: map[string]string{"Access-Control-Allow-Origin": "'*'"}},
			"UNAUTHORIZED": {Status: 401, Body: `{"error":$context.error.messageString}`},
		},
	}
	for i := range a.Routes {
		if len(a.Routes[i].Scopes) == 0 {
			a.Routes[i].Scopes = nil
		}
	}
	if d := cmp.Diff(want, a); d != "" {
		t.Error(d)
	}
	for _, note := range []string{"request-validators", "post /orders: x-amazon-apigateway-request-validator", "authorizerCredentials"} {
		if !strings.Contains(strings.Join(notes, "\n"), note) {
			t.Errorf("nobody is told that %s has no effect: %q", note, notes)
		}
	}
}

func TestAnExportedHTTPAPI(t *testing.T) {
	t.Parallel()
	a, notes, err := read(t, testdata(t, "http.yaml"), spec.HTTP)
	if err != nil || len(notes) > 0 {
		t.Fatal(notes, err)
	}
	for i, want := range []struct {
		key, authorizer, to string
	}{
		{"$default", "fn", "1.0"}, {"GET /open", "none", "2.0"}, {"GET /orders/{id}", "jwt", "http://127.0.0.1:3000/orders/{id}"}, {"PUT /orders/{id}", "oidc", "http://127.0.0.1:3000/orders/{id}"},
	} {
		r := a.Routes[i]
		if r.Key() != want.key || r.Authorizer != want.authorizer || r.To.URL+r.To.Payload != want.to {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
	if z := a.Authorizers[0]; z.Name != "fn" || !z.Simple || z.Payload != "2.0" || *z.TTL != 5*time.Minute {
		t.Errorf("%+v", z)
	}
	for _, i := range []int{1, 2} {
		if z := a.Authorizers[i]; z.Kind != spec.JWT || z.Issuer != "https://idp.example.com/us-east-1_X" || z.Audience[0] != "client1" {
			t.Errorf("%+v", z)
		}
	}
	if d := cmp.Diff(&spec.CORS{Origins: []string{"https://a.example.com"}, Methods: []string{"GET"}, Headers: []string{"authorization"}, MaxAge: time.Minute, Credentials: true}, a.CORS); d != "" {
		t.Error(d)
	}
}

func TestWhatCannotBeObeyedIsRefused(t *testing.T) {
	t.Parallel()
	rest, http := testdata(t, "rest.json"), testdata(t, "http.yaml")
	for name, c := range map[string]struct {
		kind           spec.Kind
		document       string
		from, to, says string
	}{
		"no document":                      {spec.REST, "x", "", "", "read the document"},
		"no paths":                         {spec.REST, "{}", "", "", "no paths"},
		"security at the root":             {spec.REST, rest, `"components": {`, `"security": [{"pool": []}], "components": {`, "root"},
		"an unknown scheme":                {spec.REST, rest, `[{"fn": []}]`, `[{"gone": []}]`, `no scheme "gone"`},
		"two authorizers":                  {spec.REST, rest, `[{"fn": []}]`, `[{"fn": []}, {"pool": []}]`, "one authorizer"},
		"nobody beside somebody":           {spec.REST, rest, `[{"fn": []}]`, `[{"fn": []}, {}]`, "open"},
		"an unknown extension":             {spec.REST, rest, "x-amazon-apigateway-request-validators", "x-amazon-apigateway-magic", "magic is not understood"},
		"an extension of an operation":     {spec.REST, rest, `"x-amazon-apigateway-request-validator":`, `"x-amazon-apigateway-magic":`, "magic is not understood"},
		"an unknown authorizer":            {spec.REST, rest, `"type": "cognito_user_pools"`, `"type": "magic"`, `"magic"`},
		"a misspelt member":                {spec.REST, rest, `"identityValidationExpression"`, `"identityValidation"`, "identityValidation"},
		"templates":                        {spec.REST, rest, `"type": "http_proxy", "passthrough`, `"type": "http", "passthrough`, "VTL"},
		"a VPC link":                       {spec.REST, rest, `"type": "http_proxy", "passthrough`, `"type": "http_proxy", "connectionType": "VPC_LINK", "passthrough`, "VPC_LINK"},
		"an unknown member":                {spec.REST, rest, `"timeoutInMillis"`, `"timeout"`, "timeout is not understood"},
		"a JWT of a REST API":              {spec.REST, http, "security: [{oidc: []}]", "", "authorizer fn: simple"},
		"pools of an HTTP API":             {spec.HTTP, rest, "", "", "authorizer pool: validation"},
		"an unknown gateway response":      {spec.REST, rest, "DEFAULT_4XX", "DEFAULT_6XX", "DEFAULT_6XX"},
		"a policy that nobody understands": {spec.REST, rest, `"Principal": "*"`, `"Principal": {"AWS": "arn:aws:iam::1:root"}`, "principals"},
		"every origin with credentials":    {spec.HTTP, http, "https://a.example.com", "*", "exclude each other"},
	} {
		document := strings.Replace(c.document, c.from, c.to, 1)
		if c.from != "" && document == c.document {
			t.Fatalf("%s changes nothing", name)
		}
		if _, _, err := read(t, document, c.kind); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"rest.json", "http.yaml"} {
		raw, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Fuzz(func(_ *testing.T, raw string) {
		for _, kind := range []spec.Kind{spec.REST, spec.HTTP} {
			a := spec.API{ID: "a", Kind: kind}
			if _, err := openapi.Read([]byte(raw), &a, names); err == nil {
				_ = (&spec.File{APIs: []spec.API{a}}).Fill()
			}
		}
	})
}
