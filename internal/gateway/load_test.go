package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/spec"
)

func load(t *testing.T, text string, more map[string]string) (gateway.Loaded, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "apis.yaml")
	for name, content := range more {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return gateway.Load(path, "us-east-1", "000000000000")
}

// api is a file of one API of a kind.
func api(kind, rest string) string { return "apis: [{id: a, type: " + kind + ", " + rest + "}]" }

func TestAFileThatCannotBeObeyedIsRefused(t *testing.T) {
	t.Parallel()
	const (
		pool  = "authorizers: [{name: p, type: cognito, pools: [us-east-1_X]}], "
		route = "routes: [{path: /x, to: {url: 'http://127.0.0.1'}}]"
	)
	authorizer := func(kind, text string) string { return api(kind, "authorizers: [{name: p, "+text+"}], "+route) }
	to := func(kind, text string) string { return api(kind, "routes: [{path: /x, to: {"+text+"}}]") }
	for text, says := range map[string]string{
		"apis: [{id: a, type: rest, rotes: []}]":                                                             "field rotes not found",
		"apis: [{id: a-b, type: rest}]":                                                                      "letters and digits",
		"apis: [{id: a}]":                                                                                    "neither rest nor http",
		"apis: [{id: a, type: rest}, {id: a, type: http}]":                                                   "two APIs",
		api("rest", "base: shop"):                                                                            "no start of a path",
		api("rest", "base: /a/"):                                                                             "no start of a path",
		api("rest", "max_body: -1"):                                                                          "max_body",
		api("rest", "stage: 'a b'"):                                                                          "stage",
		api("http", "stage_in_path: true"):                                                                   "stage",
		api("http", "policy: '{}'"):                                                                          "policy: APIs of type http",
		api("http", "responses: {UNAUTHORIZED: {status: 400}}"):                                              "responses: APIs of type http",
		api("http", "key_source: HEADER"):                                                                    "key_source: APIs of type http",
		api("http", "binary_types: [a/b]"):                                                                   "binary_types: APIs of type http",
		api("http", "keys: [{id: a, value: x}]"):                                                             "keys: APIs of type http",
		api("rest", "cors: {origins: ['*']}"):                                                                "cors: APIs of type rest",
		api("http", "cors: {origins: ['*'], credentials: true}"):                                             "exclude each other",
		api("http", "cors: {max_age: -1s}"):                                                                  "max_age",
		api("rest", "key_source: COOKIE"):                                                                    "key_source",
		api("rest", "policy: x"):                                                                             "policy",
		api("rest", "responses: {TEAPOT: {}}"):                                                               "TEAPOT",
		api("rest", "responses: {UNAUTHORIZED: {status: 42}}"):                                               "42 is no status",
		api("rest", "responses: {UNAUTHORIZED: {headers: {'a b': x}}}"):                                      "is no header",
		api("rest", "keys: [{id: a, value: short}]"):                                                         "",
		api("rest", "keys: [{id: a, value: x}, {id: a, value: y}]"):                                          "twice",
		api("rest", "plans: [{name: p, keys: [gone]}]"):                                                      `no key "gone"`,
		api("rest", "plans: [{name: p, rate: 1}]"):                                                           "rate and burst",
		api("rest", "plans: [{name: p, quota: 1}]"):                                                          "period",
		api("rest", "plans: [{name: p, quota: 1, period: YEAR}]"):                                            "period",
		api("rest", "plans: [{name: p, quota: -1}]"):                                                         "negative",
		api("rest", "authorizer: gone"):                                                                      `no "gone"`,
		authorizer("rest", "type: magic"):                                                                    "none of cognito",
		authorizer("http", "type: cognito, pools: [us-east-1_X]"):                                            "type rest",
		authorizer("rest", "type: cognito"):                                                                  "pools",
		authorizer("rest", "type: cognito, pools: [x]"):                                                      "no id or ARN",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], sources: [$request.querystring.t]"):         "one header",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], sources: [Authorization]"):                  "$request.header.NAME",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], ttl: 2h"):                                   "ttl",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], validation: '('"):                           "validation",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], revocation: never"):                         "revocation",
		authorizer("rest", "type: cognito, pools: [us-east-1_X], issuer: 'https://x'"):                       "issuer: an authorizer of type cognito",
		authorizer("rest", "type: jwt, issuer: 'https://x.example.com', audience: [a]"):                      "type http",
		authorizer("http", "type: jwt, audience: [a]"):                                                       "issuer",
		authorizer("http", "type: jwt, issuer: 'http://x.example.com', audience: [a]"):                       "not encrypted",
		authorizer("http", "type: jwt, issuer: 'https://x.example.com'"):                                     "audience",
		authorizer("http", "type: jwt, issuer: 'https://x.example.com', audience: [a], ttl: 1s"):             "ttl",
		authorizer("http", "type: jwt, issuer: 'https://x.example.com', audience: [a], validation: x"):       "validation",
		authorizer("http", "type: lambda"):                                                                   "function",
		authorizer("http", "type: lambda, function: f, payload: token"):                                      "payload",
		authorizer("rest", "type: lambda, function: f, payload: '2.0'"):                                      "payload",
		authorizer("rest", "type: lambda, function: f, simple: true"):                                        "simple",
		authorizer("http", "type: lambda, function: f, ttl: 1s"):                                             "there are none",
		authorizer("rest", "type: iam, function: f"):                                                         "function: an authorizer of type iam",
		api("rest", pool+"routes: [{path: /x, authorizer: gone}]"):                                           `no "gone"`,
		api("rest", "routes: [{path: /x, scopes: [a]}]"):                                                     "scopes",
		api("rest", "authorizers: [{name: p, type: iam}], routes: [{path: /x, authorizer: p, scopes: [a]}]"): "knows none",
		api("http", "routes: [{path: /x, api_key: true}]"):                                                   "api_key",
		api("rest", "routes: [{path: $default}]"):                                                            "$default",
		api("http", "routes: [{path: $default, method: GET}]"):                                               "$default",
		api("rest", "routes: [{path: /x, method: 'G T'}]"):                                                   "method",
		api("rest", "routes: [{path: /x}, {path: /x, method: any}]"):                                         "two routes",
		api("rest", "routes: [{path: /x, decide: {action: a}}]"):                                             "kind is missing",
		to("rest", "url: 'http://127.0.0.1', status: 200"):                                                   "one of url",
		to("rest", "url: 'http://api.example.com'"):                                                          "not encrypted",
		to("rest", "url: 'ftp://127.0.0.1'"):                                                                 "no http",
		to("rest", "url: 'http://127.0.0.1', timeout: -1s"):                                                  "timeout",
		to("rest", "url: 'http://127.0.0.1', parameters: {x-user: y}"):                                       "no change",
		to("rest", "url: 'http://127.0.0.1', parameters: {'overwrite:header.x-forwarded-for': y}"):           "not for them",
		to("rest", "url: 'http://127.0.0.1', parameters: {'remove:header.x': y}"):                            "no value",
		to("rest", "status: 200, method: GET"):                                                               "go with url",
		to("rest", "status: 99"):                                                                             "99",
		to("rest", "url: 'http://127.0.0.1', body: x"):                                                       "body",
		to("rest", "function: f, payload: '2.0'"):                                                            "payload",
		to("http", "url: 'http://127.0.0.1', payload: '2.0'"):                                                "payload goes with function",
		api("rest", "openapi: gone.json"):                                                                    "gone.json",
	} {
		l, err := load(t, text, nil)
		if says == "" {
			if err == nil {
				_, err = gateway.New(l.File, gateway.Parts{})
			}
			says = "20 to 128"
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\n\t%v, want %s", text, err, says)
		}
	}
}

func TestDocumentsJoinTheFile(t *testing.T) {
	t.Parallel()
	l, err := load(t, "apis: [{id: a, type: rest, openapi: more.yaml, routes: [{path: /mine, to: {status: 204}}]}]", map[string]string{
		"more.yaml": "paths: {/theirs: {get: {x-amazon-apigateway-integration: {type: http_proxy, uri: 'http://127.0.0.1:3000'}}}}\nx-amazon-apigateway-documentation: {}\n",
	})
	if err != nil || len(l.Files) != 2 || len(l.Notes) != 1 || len(l.APIs[0].Routes) != 2 {
		t.Fatalf("%+v %v", l, err)
	}
	for i, want := range []string{"ANY /mine", "GET /theirs"} {
		if r := l.APIs[0].Routes[i]; r.Key() != want || r.Authorizer != spec.None {
			t.Errorf("%+v", r)
		}
	}
}

func TestASettingWithoutAGatewayIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]gateway.Config{
		"a file": {File: "x"}, "proxies": {Proxies: []string{"127.0.0.1"}}, "no file": {Listen: "127.0.0.1:0"}, "no network": {Listen: "127.0.0.1:0", File: "x", Proxies: []string{"here"}},
		"half a certificate": {Listen: "127.0.0.1:0", File: "x", TLS: gateway.TLSFiles{Cert: "x"}},
	} {
		if c.Check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, c := range []gateway.Config{{}, {Listen: "off"}, {Listen: "127.0.0.1:0", File: "x"}} {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}
