// Package spec is the language in which APIs are written down: APIs, their authorizers, routes and backends, as a file of
// our own says it, and what it may not say. It leaves other languages to openapi, and obeying to its neighbours.
package spec

import (
	"time"
)

// File is a file of APIs.
type File struct {
	APIs []API `yaml:"apis" doc:"the APIs; the first whose hosts and base fit a request answers it"`
}

// Kind says whose rules an API follows.
type Kind string

// The kinds of APIs that Amazon API Gateway has for requests and answers.
const (
	REST Kind = "rest"
	HTTP Kind = "http"
)

// None is the name of no authorizer, as routes write it.
const None = "none"

// Any is the method of a route for all of them, and Default the path of a route for what no other takes.
const (
	Any     = "ANY"
	Default = "$default"
)

// API is a set of routes with what they have in common.
type API struct {
	ID             string              `yaml:"id" doc:"api id, as ARNs and events have it: letters and digits"`
	Kind           Kind                `yaml:"type" doc:"rest or http: whose rules of routing, authorizers and errors it follows, those of REST APIs or of HTTP APIs"`
	Hosts          []string            `yaml:"hosts" doc:"host names that it answers for, without port; none: all"`
	Base           string              `yaml:"base" doc:"start of the paths that it answers for, such as /shop; backends and routes do not see it"`
	Stage          string              `yaml:"stage" doc:"stage in ARNs and events; empty means $default for http and prod for rest"`
	StageInPath    bool                `yaml:"stage_in_path" doc:"paths begin with the stage, as below execute-api"`
	Variables      map[string]string   `yaml:"variables" doc:"stage variables"`
	OpenAPI        string              `yaml:"openapi" doc:"file of an OpenAPI document with x-amazon-apigateway-* extensions; its routes and authorizers join those written here. Relative to this file"`
	Authorizers    []Authorizer        `yaml:"authorizers" doc:"who may call"`
	Authorizer     string              `yaml:"authorizer" doc:"name of the authorizer of routes that name none"`
	Routes         []Route             `yaml:"routes" doc:"what can be called"`
	Policy         string              `yaml:"policy" doc:"rest: resource policy, a document of IAM in JSON"`
	CORS           *CORS               `yaml:"cors" doc:"http: answers preflight requests and adds headers: origins, methods, headers, expose, credentials, max_age"`
	Responses      map[string]Response `yaml:"responses" doc:"rest: gateway responses by type (UNAUTHORIZED, DEFAULT_4XX…): status, headers, body"`
	KeySource      string              `yaml:"key_source" doc:"rest: HEADER (x-api-key) or AUTHORIZER (usageIdentifierKey of a Lambda authorizer); empty means HEADER"`
	Keys           []Key               `yaml:"keys" doc:"rest: API keys"`
	Plans          []Plan              `yaml:"plans" doc:"rest: usage plans"`
	BinaryTypes    []string            `yaml:"binary_types" doc:"rest: media types whose bodies functions receive in base64"`
	EncodedSlashes bool                `yaml:"encoded_slashes" doc:"let %2F stand in the value of a path parameter; the backend must not take it for a slash"`
	MaxBody        int64               `yaml:"max_body" doc:"largest request body in bytes; 0 means 10485760, as at AWS"`
}

// Authorizer says who may call a route.
type Authorizer struct {
	Name       string         `yaml:"name" doc:"what routes call it"`
	Kind       string         `yaml:"type" doc:"cognito (rest), jwt (http), lambda or iam"`
	Sources    []string       `yaml:"sources" doc:"where it looks: $request.header.NAME, $request.querystring.NAME, $context.NAME, $stageVariables.NAME; none means the header Authorization"`
	Validation string         `yaml:"validation" doc:"rest: regular expression that the whole aud of the ID token (cognito) or the whole header (lambda) must match"`
	TTL        *time.Duration `yaml:"ttl" doc:"how long a result is kept, up to 1h; 0: not at all. Not given means 5m for rest and 0 for http"`
	Pools      []string       `yaml:"pools" doc:"cognito: ids or ARNs of user pools of this server"`
	Issuer     string         `yaml:"issuer" doc:"jwt: issuer of the tokens; one of AWS stands for the pool of this server that has the same id"`
	Audience   []string       `yaml:"audience" doc:"jwt: aud of the tokens, or client_id of those without aud; one must match"`
	Revocation string         `yaml:"revocation" doc:"cognito and jwt: immediate (a token of this server ends with its session, user or client, at the next request) or off (it lives until it expires, as at AWS); empty means immediate"`
	Function   string         `yaml:"function" doc:"lambda: ARN of the function; the setting triggers says where it runs"`
	Payload    string         `yaml:"payload" doc:"lambda: token or request (rest), 1.0 or 2.0 (http); empty means token and 2.0"`
	Simple     bool           `yaml:"simple" doc:"lambda, http, 2.0: it answers {isAuthorized, context} in the place of a policy"`
}

// The kinds of authorizers.
const (
	Cognito = "cognito"
	JWT     = "jwt"
	Lambda  = "lambda"
	IAM     = "iam"
)

// What revocation may be.
const (
	Immediate = "immediate"
	Off       = "off"
)

// The payloads of Lambda authorizers.
const (
	PayloadToken   = "token"
	PayloadRequest = "request"
	Payload1       = "1.0"
	Payload2       = "2.0"
)

// Route is what can be called.
type Route struct {
	Method     string   `yaml:"method" doc:"method, or ANY; empty means ANY"`
	Path       string   `yaml:"path" doc:"/orders/{id}, /files/{proxy+} for all below, or $default (http) for what no other route takes"`
	Authorizer string   `yaml:"authorizer" doc:"name of its authorizer, or none; empty means that of the API"`
	Scopes     []string `yaml:"scopes" doc:"one of these must be in the access token"`
	APIKey     bool     `yaml:"api_key" doc:"rest: an API key of a usage plan is needed"`
	Decide     Decide   `yaml:"decide"`
	To         Backend  `yaml:"to"`
}

// Decide asks the policies, too.
type Decide struct {
	Kind   string `yaml:"kind" doc:"ask the policy decision point about a resource of this kind, too; empty: do not"`
	ID     string `yaml:"id" doc:"its id: text in which {NAME} is a path parameter; empty means the path"`
	Action string `yaml:"action" doc:"the action; empty means the method and path of the route, as get /orders/{id}"`
}

// Backend is what answers a request that may come through: one of URL, Function and Status.
type Backend struct {
	URL        string            `yaml:"url" doc:"http or https URL; {NAME} in its path is a path parameter. Without a path, that of the request is used"`
	Method     string            `yaml:"method" doc:"method there; empty means that of the request"`
	Parameters map[string]string `yaml:"parameters" doc:"changes on the way, as HTTP APIs write them: overwrite:header.x-user: $context.authorizer.claims.sub; append, overwrite or remove; header, querystring or path"`
	Function   string            `yaml:"function" doc:"ARN of a function; the setting triggers says where it runs"`
	Payload    string            `yaml:"payload" doc:"event of the function: 1.0, or for http 2.0; empty means 1.0 for rest and 2.0 for http"`
	Status     int               `yaml:"status" doc:"answer with this status and no backend"`
	Body       string            `yaml:"body" doc:"the body of that answer, JSON"`
	Headers    map[string]string `yaml:"headers" doc:"headers of that answer"`
	Timeout    time.Duration     `yaml:"timeout" doc:"how long the backend may take until it begins to answer; 0 means 29s for rest and 30s for http"`
	Plain      bool              `yaml:"plain" doc:"allow http to other machines"`
}

// Configured reports whether there is a backend. A route without one is for forward authentication.
func (b Backend) Configured() bool { return b.URL != "" || b.Function != "" || b.Status != 0 }

// CORS is what browsers of other origins may do.
type CORS struct {
	Origins     []string      `yaml:"origins"`
	Methods     []string      `yaml:"methods"`
	Headers     []string      `yaml:"headers"`
	Expose      []string      `yaml:"expose"`
	Credentials bool          `yaml:"credentials"`
	MaxAge      time.Duration `yaml:"max_age"`
}

// Response changes how the gateway itself answers.
type Response struct {
	Status  int               `yaml:"status"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
}

// Key is an API key.
type Key struct {
	ID    string `yaml:"id" doc:"what plans and events call it"`
	Value string `yaml:"value" doc:"the key, 20 to 128 characters; or where it is: file:PATH, env:NAME"`
	Off   bool   `yaml:"off" doc:"it does not work"`
}

// Plan says how much may be asked with keys. A limit of 0 is none.
type Plan struct {
	Name   string   `yaml:"name" doc:"what the log calls it"`
	Keys   []string `yaml:"keys" doc:"ids of its keys"`
	Rate   float64  `yaml:"rate" doc:"requests per second of each key"`
	Burst  int      `yaml:"burst" doc:"requests at once"`
	Quota  int      `yaml:"quota" doc:"requests of each key in a period"`
	Period string   `yaml:"period" doc:"DAY, WEEK or MONTH, in UTC"`
}
