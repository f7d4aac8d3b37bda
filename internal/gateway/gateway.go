// Package gateway decides which requests come through to backends, as Amazon API Gateway does: it finds the route of a request,
// asks its authorizer, its usage plan and the policies, and knows who asks. How APIs are written is spec, paths are route,
// claims are claim, what functions see is event. It leaves HTTP, proxying and the words of refusals to the front.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway/route"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/gateway/usage"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/iampolicy"
)

// Tokens verifies the tokens of our own user pools. *auxdata.Pools is one.
type Tokens interface {
	// Verify checks the signature of a token that names one of our pools as its issuer, and gives its payload; ours is
	// false for any other token. A fault of kind Unavailable says that it could not tell.
	Verify(ctx context.Context, token string, live bool) (payload []byte, ours bool, err error)
	// Alive checks that nothing has ended a verified token of ours before its time: auxdata.ErrDead says that something has.
	Alive(ctx context.Context, payload []byte) error
	// PoolID is the pool that an issuer stands for; empty: none of ours.
	PoolID(ctx context.Context, issuer string) (string, error)
}

// Issuers makes the verifiers of tokens of others. They keep keys, and need no closing.
type Issuers func(issuer string) Issuer

// Issuer verifies the tokens of another issuer. *auxdata.Issuer is one.
type Issuer interface {
	Verify(ctx context.Context, token string) (payload []byte, err error)
}

// Functions reach functions by ARN.
type Functions interface {
	// Invoke calls a function, which may take so long. Errors are those of a function.Transport.
	Invoke(ctx context.Context, arn string, limit time.Duration, event []byte) ([]byte, error)
}

// Signatures finds out who signed a request, of which body is the whole body. Errors are *sigv4.Error, or internal.
type Signatures interface {
	Signer(r *http.Request, body []byte) (*Signer, error)
}

// Question is what the policies are asked.
type Question struct {
	Principal string
	Roles     []string
	Token     string // of one of our pools; empty: none
	Kind, ID  string // of the resource
	Attr      map[string]any
	Action    string
}

// Parts is what the room is built from.
type Parts struct {
	Tokens     Tokens
	Issuers    Issuers
	Functions  Functions
	Signatures Signatures
	// Decide asks the policies whether somebody may do something.
	Decide func(ctx context.Context, q Question) (bool, error)
	// Observe is told of each look-up in a cache of authorizers; age is that of a stored answer.
	Observe func(kind, outcome string, age time.Duration)
	Region  string
	Account string
	Now     clock.Clock
	Counts  *usage.Counts // of requests with API keys, which outlive a change of the APIs
}

// Gateway is a set of APIs. Safe for concurrent use; a change makes a new one.
type Gateway struct {
	parts Parts
	apis  []*API
}

// API is an API that answers.
type API struct {
	spec.API
	prefix string // of paths: base and stage
	table  route.Table[*Route]
	policy *iampolicy.Document // nil: none
	usage  *usage.Plans
	parts  *Parts
}

// New makes a gateway of a file that was filled.
func New(file spec.File, p Parts) (*Gateway, error) {
	g := &Gateway{parts: p}
	for _, one := range file.APIs {
		a, err := g.build(one)
		if err != nil {
			return nil, fmt.Errorf("API %s: %w", one.ID, err)
		}
		g.apis = append(g.apis, a)
	}
	return g, nil
}

func (g *Gateway) build(one spec.API) (*API, error) {
	a := &API{API: one, prefix: one.Base, parts: &g.parts}
	a.table.PathFirst = one.Kind == spec.REST
	if one.StageInPath {
		a.prefix += "/" + one.Stage
	}
	authorizers := map[string]authorizer{}
	for _, z := range one.Authorizers {
		made, err := a.authorizer(z)
		if err != nil {
			return nil, fmt.Errorf("authorizer %s: %w", z.Name, err)
		}
		authorizers[z.Name] = made
	}
	for _, r := range one.Routes {
		i := slices.IndexFunc(one.Authorizers, func(z spec.Authorizer) bool { return z.Name == r.Authorizer })
		made := &Route{Route: r, kind: spec.None}
		if i >= 0 {
			made.authorizer, made.kind = authorizers[r.Authorizer], one.Authorizers[i].Kind
		}
		if err := a.table.Add(r.Method, r.Path, made); err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Key(), err)
		}
	}
	if one.Policy != "" {
		var err error
		if a.policy, err = iampolicy.Parse([]byte(one.Policy)); err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
	}
	var err error
	a.usage, err = usage.New(one.ID, one.Keys, one.Plans, g.parts.Counts, g.parts.Now)
	return a, err
}

func (a *API) arn() string {
	return "arn:aws:execute-api:" + a.parts.Region + ":" + a.parts.Account + ":" + a.ID
}

// Find gives the API of a request, and the path that its routes see; raw is the path as it was sent. A nil API says that
// there is none. A Denial of the reason BadPath comes with an API where one can be told.
func (g *Gateway) Find(host, raw string) (*API, route.Path, error) {
	for _, a := range g.apis {
		if len(a.Hosts) > 0 && !slices.Contains(a.Hosts, strings.ToLower(host)) {
			continue
		}
		p, err := route.Parse(raw, a.EncodedSlashes)
		if err != nil {
			if a.prefix == "" || strings.HasPrefix(raw, a.prefix+"/") {
				return a, route.Path{}, denyFor(BadPath, err)
			}
			continue
		}
		if rest, ok := p.Cut(a.prefix); ok {
			return a, rest, nil
		}
	}
	return nil, route.Path{}, nil
}

// Route finds the route of a request to an API; a Denial says that there is none.
func (a *API) Route(method string, p route.Path) (route.Match[*Route], error) {
	m, ok := a.table.Find(method, p)
	if !ok {
		return m, deny(NoRoute, "")
	}
	return m, nil
}

// Ask decides whether a request may come through, in AWS's order: the authorizer, the resource policy, the API key and its
// plan, and last the policies, which AWS does not have. The error is a *Denial.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
func (g *Gateway) Ask(ctx context.Context, r *Request) (*Grant, error) {
	grant := &Grant{Kind: spec.None}
	if z := r.Route().authorizer; z != nil {
		got, err := z.authorize(ctx, r)
		if err != nil {
			return nil, denial(err)
		}
		grant = got
		grant.Kind = r.Route().kind
	}
	if err := r.obeysPolicy(grant); err != nil {
		return nil, err
	}
	if r.Route().APIKey {
		if err := r.takeKey(grant); err != nil {
			return nil, err
		}
	}
	if r.Route().Decide.Kind != "" {
		if err := g.decide(ctx, r, grant); err != nil {
			return nil, err
		}
	}
	return grant, nil
}

// denial makes any other error one of an authorizer that does not work.
func denial(err error) error {
	var d *Denial
	if errors.As(err, &d) {
		return d
	}
	return denyFor(AuthorizerFails, err)
}

// obeysPolicy looks at the policies of the API and of who signed: one allowance is enough, and none may deny; silence of the
// API's policy is enough for whom a function let in, whose own policy has allowed it. Nobody signed, and there is no authorizer, or
// one that knows tokens only: the API's policy must allow, or an allowance for some addresses would keep nobody else out.
func (r *Request) obeysPolicy(g *Grant) error {
	effect := iampolicy.Silent
	ask := iampolicy.Request{Action: "execute-api:Invoke", Resource: r.ARN(), Keys: r.keys(g)}
	if r.API.policy != nil {
		effect = r.API.policy.Evaluate(ask)
	}
	s := g.Signer
	if s != nil && s.May != nil {
		effect = max(effect, s.May(ask))
	}
	switch {
	case effect == iampolicy.Allow:
		return nil
	case effect == iampolicy.Silent && s == nil && (r.API.policy == nil || g.Kind == spec.Lambda):
		return nil
	}
	who := "anonymous"
	if s != nil {
		who = s.ARN
	}
	text := "User: " + who + " is not authorized to perform: execute-api:Invoke on resource: " + masked(r.ARN(), r.API.parts.Account)
	if effect == iampolicy.Deny {
		text += " with an explicit deny"
	}
	return deny(SignerDenied, text)
}

// masked hides an account as AWS does, but for its last four digits.
func masked(arn, account string) string {
	if len(account) < 4 {
		return arn
	}
	return strings.Replace(arn, account, strings.Repeat("*", len(account)-4)+account[len(account)-4:], 1)
}

// keys are what conditions of policies may look at.
func (r *Request) keys(g *Grant) map[string][]string {
	keys := map[string][]string{
		"aws:sourceip": {r.Client.String()}, "aws:currenttime": {r.At.UTC().Format(time.RFC3339)},
		"aws:epochtime": {strconv.FormatInt(r.At.Unix(), 10)}, "aws:securetransport": {fmt.Sprint(r.HTTP.TLS != nil)},
	}
	if g.Signer != nil {
		maps.Copy(keys, g.Signer.Keys)
	}
	if agent := r.HTTP.UserAgent(); agent != "" {
		keys["aws:useragent"] = []string{agent}
	}
	return keys
}

func (r *Request) takeKey(g *Grant) error {
	value := r.HTTP.Header.Get("X-Api-Key")
	if r.API.KeySource == "AUTHORIZER" {
		value = g.usageKey
	}
	id, err := r.API.usage.Take(value)
	switch {
	case errors.Is(err, usage.ErrThrottled):
		return deny(Throttled, "")
	case errors.Is(err, usage.ErrQuota):
		return deny(QuotaExceeded, "")
	case err != nil:
		return deny(BadKey, "")
	}
	g.Key = &Key{ID: id, Value: value}
	return nil
}
