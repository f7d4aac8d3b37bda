// Package openapi reads APIs as Amazon API Gateway exports them: OpenAPI 3 (and Swagger 2) documents, in JSON or YAML, whose
// x-amazon-apigateway-* extensions say what authorizers and integrations do. It turns them into the language of spec and leaves
// everything that is no business of a gateway's (schemas, descriptions) alone. What it cannot obey is an error, unless leaving it
// out opens nothing: then it is a note.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
package openapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/gateway/spec"
)

// Names stand for ${AWS::Region} and ${AWS::AccountId}.
type Names struct{ Region, Account string }

// document is what is read of an OpenAPI document.
type document struct {
	Paths      map[string]map[string]yaml.Node `yaml:"paths"`
	Components struct {
		Schemes map[string]scheme `yaml:"securitySchemes"`
	} `yaml:"components"`
	Definitions map[string]scheme     `yaml:"securityDefinitions"` // Swagger 2
	Security    []map[string][]string `yaml:"security"`
	Responses   map[string]response   `yaml:"x-amazon-apigateway-gateway-responses"`
	CORS        *cors                 `yaml:"x-amazon-apigateway-cors"`
	KeySource   string                `yaml:"x-amazon-apigateway-api-key-source"`
	Policy      any                   `yaml:"x-amazon-apigateway-policy"`
	Binary      []string              `yaml:"x-amazon-apigateway-binary-media-types"`
	Rest        map[string]yaml.Node  `yaml:",inline"`
}

type scheme struct {
	Type       string      `yaml:"type"`
	Name       string      `yaml:"name"`
	In         string      `yaml:"in"`
	OpenIDURL  string      `yaml:"openIdConnectUrl"`
	AuthType   string      `yaml:"x-amazon-apigateway-authtype"`
	Authorizer *authorizer `yaml:"x-amazon-apigateway-authorizer"`
}

// authorizer is x-amazon-apigateway-authorizer. Unknown members are refused.
type authorizer struct {
	Type       string   `yaml:"type"`
	Pools      []string `yaml:"providerARNs"`
	Source     any      `yaml:"identitySource"`
	Validation string   `yaml:"identityValidationExpression"`
	TTL        *int     `yaml:"authorizerResultTtlInSeconds"`
	URI        string   `yaml:"authorizerUri"`
	Role       string   `yaml:"authorizerCredentials"`
	Payload    string   `yaml:"authorizerPayloadFormatVersion"`
	Simple     bool     `yaml:"enableSimpleResponses"`
	JWT        struct {
		Issuer   string   `yaml:"issuer"`
		Audience []string `yaml:"audience"`
	} `yaml:"jwtConfiguration"`
}

// operation is what is read of one.
type operation struct {
	Security    *[]map[string][]string `yaml:"security"`
	Integration *integration           `yaml:"x-amazon-apigateway-integration"`
	Auth        *struct {
		Type string `yaml:"type"`
	} `yaml:"x-amazon-apigateway-auth"`
	Rest map[string]yaml.Node `yaml:",inline"`
}

type response struct {
	Status     any               `yaml:"statusCode"`
	Parameters map[string]string `yaml:"responseParameters"`
	Templates  map[string]string `yaml:"responseTemplates"`
}

type cors struct {
	Origins     []string `yaml:"allowOrigins"`
	Methods     []string `yaml:"allowMethods"`
	Headers     []string `yaml:"allowHeaders"`
	Expose      []string `yaml:"exposeHeaders"`
	Credentials bool     `yaml:"allowCredentials"`
	MaxAge      int      `yaml:"maxAge"`
}

// harmless are extensions that open nothing when they are left out.
func harmless() []string {
	return []string{
		"importexport-version", "documentation", "endpoint-configuration", "tag-value", "minimum-compression-size", "request-validators",
		"request-validator", "endpoint-access-mode", "security-policy",
	}
}

// reader turns one document into an API.
type reader struct {
	document
	api   *spec.API
	names Names
	notes []string
}

// Read adds what a document says to an API, whose kind is given. The notes say what has no effect here.
func Read(raw []byte, api *spec.API, names Names) (notes []string, err error) {
	text := strings.NewReplacer("${AWS::Region}", names.Region, "${AWS::AccountId}", names.Account, "${AWS::Partition}", "aws").Replace(string(raw))
	r := &reader{api: api, names: names}
	if err := yaml.Unmarshal([]byte(text), &r.document); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	if r.Paths == nil {
		return nil, errors.New("the document has no paths")
	}
	if err := r.extensions("the document", r.Rest); err != nil {
		return nil, err
	}
	if len(r.Security) > 0 && api.Kind == spec.REST {
		return nil, errors.New("security at the root has no effect in REST APIs, which would leave operations open: put it into each")
	}
	for _, step := range []func() error{r.schemes, r.routes, r.rest} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.notes, nil
}

// extensions refuses those of AWS that nobody obeys here.
func (r *reader) extensions(where string, rest map[string]yaml.Node) error {
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		name, ours := strings.CutPrefix(key, "x-amazon-apigateway-")
		switch {
		case !ours:
		case slices.Contains(harmless(), name):
			if name != "importexport-version" {
				r.notes = append(r.notes, where+": "+key+" has no effect")
			}
		default:
			return fmt.Errorf("%s: %s is not understood", where, key)
		}
	}
	return nil
}

// rest is what an API has besides routes and authorizers.
func (r *reader) rest() error {
	a := r.api
	if r.KeySource != "" {
		a.KeySource = r.KeySource
	}
	a.BinaryTypes = append(a.BinaryTypes, r.Binary...)
	if r.Policy != nil {
		policy, err := asJSON(r.Policy)
		if err != nil {
			return fmt.Errorf("x-amazon-apigateway-policy: %w", err)
		}
		a.Policy = strings.ReplaceAll(policy, `"execute-api:/`, `"arn:aws:execute-api:`+r.names.Region+":"+r.names.Account+":"+a.ID+"/")
	}
	if c := r.CORS; c != nil {
		a.CORS = &spec.CORS{Origins: c.Origins, Methods: c.Methods, Headers: c.Headers, Expose: c.Expose, Credentials: c.Credentials, MaxAge: time.Duration(c.MaxAge) * time.Second}
	}
	for name, g := range r.Responses {
		out, err := g.spec()
		if err != nil {
			return fmt.Errorf("gateway response %s: %w", name, err)
		}
		if a.Responses == nil {
			a.Responses = map[string]spec.Response{}
		}
		a.Responses[name] = out
	}
	return nil
}

func (g response) spec() (out spec.Response, err error) {
	if g.Status != nil {
		if _, err := fmt.Sscan(fmt.Sprint(g.Status), &out.Status); err != nil {
			return out, fmt.Errorf("%v is no status", g.Status)
		}
	}
	for target, value := range g.Parameters {
		header, ok := strings.CutPrefix(target, "gatewayresponse.header.")
		if !ok {
			return out, fmt.Errorf("%q is no gatewayresponse.header.NAME", target)
		}
		if out.Headers == nil {
			out.Headers = map[string]string{}
		}
		out.Headers[header] = value
	}
	for kind, body := range g.Templates {
		if kind != "application/json" {
			return out, fmt.Errorf("templates for %s are not understood", kind)
		}
		out.Body = body
	}
	return out, nil
}
