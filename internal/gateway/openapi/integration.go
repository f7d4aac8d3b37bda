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

// integration is x-amazon-apigateway-integration.
type integration struct {
	Type       string                `yaml:"type"`
	URI        string                `yaml:"uri"`
	Method     string                `yaml:"httpMethod"`
	Payload    string                `yaml:"payloadFormatVersion"`
	Parameters map[string]string     `yaml:"requestParameters"`
	Timeout    int                   `yaml:"timeoutInMillis"`
	Connection string                `yaml:"connectionType"`
	Responses  map[string]mockAnswer `yaml:"responses"`
	Templates  map[string]string     `yaml:"requestTemplates"`
	Rest       map[string]yaml.Node  `yaml:",inline"`
}

type mockAnswer struct {
	Status     any                  `yaml:"statusCode"`
	Templates  map[string]string    `yaml:"responseTemplates"`
	Parameters map[string]string    `yaml:"responseParameters"`
	Rest       map[string]yaml.Node `yaml:",inline"`
}

// idle are members of an integration without meaning here.
func idle() []string {
	return []string{"passthroughBehavior", "cacheKeyParameters", "cacheNamespace", "credentials", "contentHandling", "tlsConfig", "responseTransferMode"}
}

// methods are the operations of a path.
func methods() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"}
}

func (r *reader) routes() error {
	for _, path := range slices.Sorted(maps.Keys(r.Paths)) {
		item := r.Paths[path]
		for _, key := range slices.Sorted(maps.Keys(item)) {
			if key == "$ref" || strings.HasPrefix(key, "x-amazon-") && !slices.Contains(methods(), key) {
				return fmt.Errorf("%s: %s is not understood", path, key)
			}
			if !slices.Contains(methods(), key) {
				continue
			}
			var op operation
			node := item[key]
			if err := node.Decode(&op); err != nil {
				return fmt.Errorf("%s %s: %w", key, path, err)
			}
			route, err := r.route(path, key, op)
			if err != nil {
				return fmt.Errorf("%s %s: %w", key, path, err)
			}
			r.api.Routes = append(r.api.Routes, route)
		}
	}
	return nil
}

func (r *reader) route(path, method string, op operation) (out spec.Route, err error) {
	where := method + " " + path
	if err := r.extensions(where, op.Rest); err != nil {
		return out, err
	}
	out.Method = method
	if out.Path = path; path == "/$default" {
		out.Path = spec.Default
	}
	if method == "x-amazon-apigateway-any-method" {
		out.Method = spec.Any
	}
	if out.Authorizer, out.Scopes, out.APIKey, err = r.security(op); err != nil {
		return out, err
	}
	if op.Integration != nil {
		out.To, err = r.backend(where, *op.Integration)
	}
	return out, err
}

func (r *reader) backend(where string, i integration) (b spec.Backend, err error) {
	for key := range i.Rest {
		if !slices.Contains(idle(), key) {
			return b, fmt.Errorf("integration: %s is not understood", key)
		}
	}
	if i.Connection != "" && i.Connection != "INTERNET" {
		return b, fmt.Errorf("integration: connectionType %s is not understood", i.Connection)
	}
	b.Timeout = time.Duration(i.Timeout) * time.Millisecond
	switch strings.ToLower(i.Type) {
	case "http_proxy":
		b.URL = i.URI
		if method := strings.ToUpper(i.Method); method != spec.Any {
			b.Method = method
		}
		b.Parameters, err = r.parameters(i)
	case "aws_proxy":
		if b.Function = functionOf(i.URI); !strings.HasPrefix(b.Function, "arn:") {
			return b, fmt.Errorf("integration: %q invokes no function", i.URI)
		}
		if b.Payload = i.Payload; r.api.Kind == spec.REST {
			b.Payload = "" // REST APIs have one
		}
	case "mock":
		return mock(i)
	default:
		return b, fmt.Errorf("integration: type %q is not understood; there are http_proxy, aws_proxy and mock, and templates (VTL) are not run", i.Type)
	}
	if len(i.Responses) > 0 {
		r.notes = append(r.notes, where+": responses of a proxy integration have no effect")
	}
	return b, err
}

// parameters turns the form of REST APIs into that of HTTP APIs.
func (r *reader) parameters(i integration) (map[string]string, error) {
	out := map[string]string{}
	for target, value := range i.Parameters {
		rest, isREST := strings.CutPrefix(target, "integration.request.")
		if !isREST {
			out[target] = value
			continue
		}
		kind, name, _ := strings.Cut(rest, ".")
		value = source(value)
		switch kind {
		case "path":
			if value != "$request.path."+name {
				return nil, fmt.Errorf("integration: %s must be method.request.path.%s", target, name)
			}
		case "header", "querystring":
			out["overwrite:"+rest] = value
		default:
			return nil, fmt.Errorf("integration: %s is not understood", target)
		}
	}
	return out, nil
}

// source turns a value of REST APIs into one of HTTP APIs.
func source(value string) string {
	if text, ok := strings.CutPrefix(value, "'"); ok {
		return strings.TrimSuffix(text, "'")
	}
	for from, to := range map[string]string{"method.request.": "$request.", "context.": "$context.", "stageVariables.": "$stageVariables."} {
		if rest, ok := strings.CutPrefix(value, from); ok {
			return to + rest
		}
	}
	return value
}

// mock takes the answer of the default response, whose template must be plain text.
func mock(i integration) (b spec.Backend, err error) {
	answer, ok := i.Responses["default"]
	if !ok && len(i.Responses) == 1 {
		for _, answer = range i.Responses {
			ok = true
		}
	}
	if !ok {
		return b, errors.New("integration: a mock needs a default response")
	}
	if _, err := fmt.Sscan(fmt.Sprint(answer.Status), &b.Status); err != nil {
		return b, fmt.Errorf("integration: %v is no status", answer.Status)
	}
	b.Body = strings.TrimSpace(answer.Templates["application/json"])
	if strings.ContainsAny(b.Body, "$#") {
		return b, errors.New("integration: templates (VTL) are not run")
	}
	for target, value := range answer.Parameters {
		header, isHeader := strings.CutPrefix(target, "method.response.header.")
		text, isText := strings.CutPrefix(value, "'")
		if !isHeader || !isText {
			return b, fmt.Errorf("integration: a mock answers with constant headers; %s is not understood", target)
		}
		if b.Headers == nil {
			b.Headers = map[string]string{}
		}
		b.Headers[header] = strings.TrimSuffix(text, "'")
	}
	if len(answer.Rest) > 0 {
		return b, errors.New("integration: a mock answers with status, headers and body only")
	}
	return b, nil
}
