package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/gateway/spec"
)

// UnmarshalYAML refuses members that nobody would obey.
func (a *authorizer) UnmarshalYAML(n *yaml.Node) error {
	type plain authorizer
	return strict(n, (*plain)(a))
}

// strict decodes a node and refuses members that to does not have.
func strict(n *yaml.Node, to any) error {
	raw, err := yaml.Marshal(n)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	return d.Decode(to)
}

// apiKey is the scheme of API keys.
const apiKey = "x-api-key"

// schemes makes authorizers of security schemes.
func (r *reader) schemes() error {
	all := maps.Clone(r.Definitions)
	if all == nil {
		all = map[string]scheme{}
	}
	maps.Copy(all, r.Components.Schemes)
	r.Components.Schemes = all
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if s.isAPIKey() {
			continue
		}
		z, err := r.authorizer(name, s)
		if err != nil {
			return fmt.Errorf("security scheme %s: %w", name, err)
		}
		r.api.Authorizers = append(r.api.Authorizers, z)
	}
	return nil
}

func (s scheme) isAPIKey() bool {
	return s.Type == "apiKey" && strings.EqualFold(s.Name, apiKey) && s.In == "header" && s.Authorizer == nil && !s.signed()
}

func (s scheme) signed() bool { return strings.EqualFold(s.AuthType, "awsSigv4") }

func (r *reader) authorizer(name string, s scheme) (z spec.Authorizer, err error) {
	z.Name = name
	a := s.Authorizer
	switch {
	case s.signed():
		z.Kind = spec.IAM
		return z, nil
	case a == nil:
		return z, errors.New("it has no x-amazon-apigateway-authorizer")
	}
	z.Sources = sources(a, s)
	if a.TTL != nil {
		ttl := time.Duration(*a.TTL) * time.Second
		z.TTL = &ttl
	}
	z.Validation = a.Validation
	switch strings.ToLower(a.Type) {
	case "cognito_user_pools":
		z.Kind, z.Pools = spec.Cognito, a.Pools
	case "jwt":
		z.Kind, z.Issuer, z.Audience = spec.JWT, a.JWT.Issuer, a.JWT.Audience
		if z.Issuer == "" {
			z.Issuer = strings.TrimSuffix(s.OpenIDURL, "/.well-known/openid-configuration")
		}
	case "token", "request":
		z.Kind, z.Function, z.Simple = spec.Lambda, functionOf(a.URI), a.Simple
		if z.Payload = strings.ToLower(a.Type); r.api.Kind == spec.HTTP {
			if z.Payload = a.Payload; z.Payload == "" {
				z.Payload = spec.Payload2
			}
		}
		if a.Role != "" {
			r.notes = append(r.notes, "security scheme "+name+": authorizerCredentials has no effect")
		}
	default:
		return z, fmt.Errorf("an authorizer of type %q is not understood", a.Type)
	}
	return z, nil
}

// sources reads identitySource in the form of either kind of API; without one, the scheme itself names a header.
func sources(a *authorizer, s scheme) (out []string) {
	var list []string
	switch v := a.Source.(type) {
	case nil:
		if s.In == "header" && s.Name != "" && s.Name != "Unused" && !strings.EqualFold(a.Type, "request") {
			return []string{"$request.header." + s.Name}
		}
		return nil
	case string:
		list = strings.Split(v, ",")
	case []any:
		for _, one := range v {
			list = append(list, fmt.Sprint(one))
		}
	}
	for _, one := range list {
		one = strings.TrimSpace(one)
		for from, to := range map[string]string{"method.request.": "$request.", "context.": "$context.", "stageVariables.": "$stageVariables."} {
			if rest, ok := strings.CutPrefix(one, from); ok {
				one = to + rest
				break
			}
		}
		if one != "" {
			out = append(out, one)
		}
	}
	return out
}

// functionOf takes the ARN of a function out of the URI that invokes it.
func functionOf(uri string) string {
	_, rest, ok := strings.Cut(uri, "/functions/")
	if !ok {
		return uri
	}
	return strings.TrimSuffix(rest, "/invocations")
}

// security says who may call an operation: an authorizer with scopes, and whether an API key is needed. Several that must hold at
// once, or of which one must, are not understood but for an API key beside an authorizer.
func (r *reader) security(op operation) (authorizer string, scopes []string, key bool, err error) {
	authorizer = spec.None
	list := r.Security
	if op.Security != nil {
		list = *op.Security
	}
	if op.Auth != nil && !strings.EqualFold(op.Auth.Type, "none") {
		return "", nil, false, fmt.Errorf("x-amazon-apigateway-auth of type %q is not understood", op.Auth.Type)
	}
	for _, one := range list {
		for name, wanted := range one {
			s, known := r.Components.Schemes[name]
			switch {
			case !known:
				return "", nil, false, fmt.Errorf("security: there is no scheme %q", name)
			case s.isAPIKey():
				key = true
			case authorizer != spec.None:
				return "", nil, false, errors.New("security: an operation has one authorizer")
			default:
				authorizer, scopes = name, wanted
			}
		}
		if len(one) == 0 && len(list) > 1 {
			return "", nil, false, errors.New("security: {} beside others would leave the operation open")
		}
	}
	return authorizer, scopes, key, nil
}

// asJSON writes a value of YAML as JSON.
func asJSON(v any) (string, error) {
	if text, ok := v.(string); ok {
		return text, nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}
