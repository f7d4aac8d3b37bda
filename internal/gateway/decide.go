package gateway

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/gateway/spec"
)

// The roles of whom nobody gave one: policies need some role.
const (
	authenticated = "authenticated"
	anonymous     = "anonymous"
)

// decide asks the policies. Whatever goes wrong denies.
func (g *Gateway) decide(ctx context.Context, r *Request, grant *Grant) error {
	if g.parts.Decide == nil {
		return denyFor(AuthorizerFails, errors.New("no policies decide here"))
	}
	allowed, err := g.parts.Decide(ctx, r.question(grant))
	switch {
	case err != nil:
		return denyFor(AuthorizerFails, err)
	case !allowed:
		return deny(PolicyDenied, "")
	}
	return nil
}

// question says who asks by the groups of the token, or else that somebody is known, or nobody.
func (r *Request) question(g *Grant) Question {
	d := r.Route().Decide
	q := Question{Principal: g.Principal, Kind: d.Kind, ID: r.fill(d.ID), Action: d.Action, Attr: map[string]any{
		"method": r.Method, "path": "/" + strings.Join(r.Path.Segments, "/"), "route": r.Route().Key(), "parameters": anyMap(r.Match.Params),
	}}
	if q.ID == "" {
		q.ID = "/" + strings.Join(r.Path.Segments, "/")
	}
	if q.Action == "" {
		q.Action = strings.ToLower(r.Route().Method) + " " + r.Route().Path
	}
	switch {
	case g.Kind == spec.None:
		q.Principal, q.Roles = anonymous, []string{anonymous}
	case g.Claims != nil:
		q.Roles, q.Token = g.Claims.Texts("cognito:groups"), g.Token
		if g.Token == "" { // what another issuer calls somebody may be what somebody else is called here
			q.Principal = g.Claims.Text("iss") + "|" + g.Principal
		}
	}
	if len(q.Roles) == 0 {
		q.Roles = []string{authenticated}
	}
	return q
}

// slot is a path parameter in the id of a resource.
var slot = regexp.MustCompile(`\{[^{}]+\}`)

// fill puts path parameters in the place of {NAME}, all at once: a value that looks like another's place is a value.
func (r *Request) fill(text string) string {
	return slot.ReplaceAllStringFunc(text, func(s string) string {
		if value, there := r.Match.Params[s[1:len(s)-1]]; there {
			return value
		}
		return s
	})
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
