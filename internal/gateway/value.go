package gateway

import (
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/gateway/event"
	"cognate.dev/cognate/internal/gateway/spec"
)

// piece is ${...} in a value of a parameter.
var piece = regexp.MustCompile(`\$\{([^{}]+)\}`)

// Value is what a parameter of a backend stands for: $context.authorizer.claims.sub, $request.header.x, $stageVariables.y, text
// with such things in ${…}, or the text itself. What is not there is empty.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
func (r *Request) Value(text string, g *Grant) string {
	if strings.HasPrefix(text, "$") && !strings.HasPrefix(text, "${") {
		return r.lookUp(text[1:], g)
	}
	return piece.ReplaceAllStringFunc(text, func(p string) string { return r.lookUp(strings.TrimPrefix(p[2:len(p)-1], "$"), g) })
}

func (r *Request) lookUp(name string, g *Grant) string {
	space, rest, _ := strings.Cut(name, ".")
	switch space {
	case "context":
		if key, ok := strings.CutPrefix(rest, "authorizer."); ok {
			return r.authorizerValue(key, g)
		}
		if value, ok := strings.CutPrefix(rest, "identity."); ok && g.Signer != nil {
			if out := g.Signer.value(value); out != "" {
				return out
			}
		}
		return r.contextValue(rest)
	case "stageVariables":
		return r.API.Variables[rest]
	case "request":
		part, key, _ := strings.Cut(rest, ".")
		switch {
		case part == "path" && key == "":
			return r.Path.Raw
		case part == "path":
			return r.Match.Params[key]
		}
		value, _ := r.source("$" + name)
		if Ours(key) && part == "header" {
			return "" // a client's word about who it is
		}
		return value
	}
	return ""
}

// authorizerValue is what an authorizer has found out: claims.sub, principalId, a key of a Lambda authorizer's context.
func (r *Request) authorizerValue(key string, g *Grant) string {
	if name, ok := strings.CutPrefix(key, "claims."); ok || strings.HasPrefix(key, "jwt.claims.") {
		if !ok {
			name = strings.TrimPrefix(key, "jwt.claims.")
		}
		return g.Rendered(r.API.Kind)[name]
	}
	if key == "principalId" {
		return g.Principal
	}
	if g.Kind == spec.Lambda {
		if v, ok := g.Context[key]; ok {
			return event.Flat(v)
		}
	}
	return ""
}

func (s *Signer) value(name string) string {
	switch name {
	case "accessKey":
		return s.AccessKey
	case "accountId":
		return s.Account
	case "userArn":
		return s.ARN
	case "user", "caller":
		return s.UserID
	}
	if id := s.Identity; id != nil {
		switch name {
		case "cognitoIdentityId":
			return id.ID
		case "cognitoIdentityPoolId":
			return id.PoolID
		case "cognitoAuthenticationType":
			return id.Type
		case "cognitoAuthenticationProvider":
			return id.Provider
		}
	}
	return ""
}
