package gateway

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/gateway/claim"
	"cognate.dev/cognate/internal/gateway/spec"
)

// provenFor is how long a signature that was found good is not computed again. Everything else about a token is looked at
// with each request.
const provenFor = 5 * time.Minute

// proven is a token whose signature is good. Nobody changes it.
type proven struct {
	payload []byte
	claims  claim.Set
	poolID  string // empty: of another issuer
}

// cognito is the authorizer COGNITO_USER_POOLS of REST APIs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
type cognito struct {
	spec.Authorizer
	audience *regexp.Regexp // nil: any
	parts    *Parts
	kept     *kept[*proven]
}

func newCognito(z spec.Authorizer, p *Parts) (*cognito, error) {
	audience, err := whole(z.Validation)
	return &cognito{z, audience, p, newKept[*proven](spec.Cognito, *z.TTL, p)}, err
}

func (z *cognito) authorize(ctx context.Context, r *Request) (*Grant, error) {
	value, ok := r.source(z.Sources[0])
	if !ok {
		return nil, deny(NoToken, "")
	}
	token, ok := bearer(value)
	if !ok {
		return nil, deny(BadToken, "")
	}
	p, err := z.kept.get(ctx, digest(token), func(ctx context.Context) (*proven, error) {
		p, err := ours(ctx, z.parts.Tokens, token)
		if err == nil && p == nil { // and nothing of it is kept: anybody can invent such tokens
			return nil, deny(BadToken, "")
		}
		return p, err
	})
	if err != nil {
		return nil, tokenDenial(err)
	}
	if !slices.Contains(z.Pools, p.poolID) || p.claims["cnf"] != nil { // bound to a key: nobody asks for the proof
		return nil, deny(BadToken, "")
	}
	g := &Grant{Principal: p.claims.Text("sub"), Claims: p.claims, Token: token}
	if exp, ok := p.claims.Time("exp"); !ok || !z.parts.Now().Before(exp) {
		return nil, deny(Expired, "")
	}
	if err := z.use(p.claims, r.Route().Scopes); err != nil {
		return nil, err
	}
	if len(r.Route().Scopes) > 0 {
		g.Scopes = p.claims.Scopes()
	}
	return g, alive(ctx, z.Revocation, z.parts.Tokens, p)
}

// use checks that it is the kind of token that the route wants: an access token where there are scopes, of which one must be
// in it, and else an ID token. The expression is about the audience, which only ID tokens have.
func (z *cognito) use(c claim.Set, scopes []string) error {
	if len(scopes) == 0 {
		if c.Text("token_use") != "id" {
			return deny(BadToken, "")
		}
		if z.audience != nil && !z.audience.MatchString(c.Text("aud")) {
			return deny(BadToken, "")
		}
		return nil
	}
	switch {
	case c.Text("token_use") != "access", z.audience != nil:
		return deny(BadToken, "")
	case !meet(scopes, c.Scopes()):
		return deny(NoScope, "")
	}
	return nil
}

// ours verifies a token of one of our pools; nil: it is none.
func ours(ctx context.Context, tokens Tokens, token string) (*proven, error) {
	payload, ours, err := tokens.Verify(ctx, token, false)
	if err != nil || !ours {
		return nil, err
	}
	claims, err := claim.Parse(payload)
	if err != nil {
		return nil, err
	}
	pool, err := tokens.PoolID(ctx, claims.Text("iss"))
	return &proven{payload, claims, pool}, err
}

// alive looks whether something has ended a token of ours.
func alive(ctx context.Context, revocation string, tokens Tokens, p *proven) error {
	if revocation != spec.Immediate || p.poolID == "" {
		return nil
	}
	err := tokens.Alive(ctx, p.payload)
	if errors.Is(err, auxdata.ErrDead) {
		return deny(Revoked, "")
	}
	return err
}

// tokenDenial tells a bad token from a check that did not happen.
func tokenDenial(err error) error {
	var d *Denial
	if errors.As(err, &d) || fault.Is(err, fault.Unavailable, "") || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return denyFor(BadToken, err)
}

// jwt is the authorizer JWT of HTTP APIs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
type jwt struct {
	spec.Authorizer
	parts  *Parts
	issuer Issuer
	kept   *kept[*proven]
}

func newJWT(z spec.Authorizer, p *Parts) *jwt {
	return &jwt{z, p, p.Issuers(z.Issuer), newKept[*proven](spec.JWT, provenFor, p)}
}

func (z *jwt) authorize(ctx context.Context, r *Request) (*Grant, error) {
	value, ok := r.source(z.Sources[0])
	if !ok {
		return nil, deny(NoToken, "")
	}
	token, ok := bearer(value)
	if !ok {
		return nil, deny(BadToken, "the token is malformed")
	}
	p, err := z.kept.get(ctx, digest(token), func(ctx context.Context) (*proven, error) { return z.prove(ctx, token) })
	if err != nil {
		return nil, tokenDenial(err)
	}
	if p.claims["cnf"] != nil {
		return nil, deny(BadToken, "the token is bound to a key")
	}
	g := &Grant{Principal: p.claims.Text("sub"), Claims: p.claims}
	if p.poolID != "" {
		g.Token = token
	}
	if err := z.valid(p.claims); err != nil {
		return nil, err
	}
	if wanted := r.Route().Scopes; len(wanted) > 0 {
		if g.Scopes = p.claims.Scopes(); !meet(wanted, g.Scopes) {
			return nil, deny(NoScope, "")
		}
	}
	return g, alive(ctx, z.Revocation, z.parts.Tokens, p)
}

// prove checks issuer and signature. Whose token it is not is known before any key is asked for.
func (z *jwt) prove(ctx context.Context, token string) (*proven, error) {
	p, err := ours(ctx, z.parts.Tokens, token)
	switch {
	case err != nil:
		return nil, err
	case p != nil && p.claims.Text("iss") != z.Issuer && !alias(z.Issuer, p.poolID):
		return nil, deny(BadToken, "issuer does not match")
	case p != nil:
		return p, nil
	}
	payload, err := z.issuer.Verify(ctx, token)
	switch {
	case errors.Is(err, auxdata.ErrIssuer):
		return nil, deny(BadToken, "issuer does not match")
	case errors.Is(err, auxdata.ErrDiscovery):
		return nil, &Denial{Reason: BadToken, Text: "OIDC discovery endpoint communication error", Cause: err}
	case errors.Is(err, auxdata.ErrKeys):
		return nil, &Denial{Reason: BadToken, Text: "JWKS communication error", Cause: err}
	case err != nil:
		return nil, &Denial{Reason: BadToken, Text: "signing method or signature is invalid", Cause: err}
	}
	claims, err := claim.Parse(payload)
	return &proven{payload: payload, claims: claims}, err
}

// alias reports whether a configured issuer is that of AWS for a pool of ours: templates name it, whatever our URL.
func alias(issuer, poolID string) bool {
	region, _, _ := strings.Cut(poolID, "_")
	return poolID != "" && (issuer == "https://cognito-idp."+region+".amazonaws.com/"+poolID ||
		issuer == "https://issuer-cognito-idp."+region+".amazonaws.com/"+poolID)
}

// valid checks audience and times. The client counts only where there is no audience.
func (z *jwt) valid(c claim.Set) error {
	audience := c.Texts("aud")
	if c["aud"] == nil {
		audience = c.Texts("client_id")
	}
	if !meet(z.Audience, audience) {
		return deny(BadToken, "the token does not have a valid audience")
	}
	now := z.parts.Now()
	if exp, ok := c.Time("exp"); !ok || !now.Before(exp) {
		return deny(Expired, "the token has expired")
	}
	for _, name := range []string{"nbf", "iat"} {
		if c[name] == nil {
			continue
		}
		if from, ok := c.Time(name); !ok || now.Before(from) {
			return deny(BadToken, "the token is not valid yet")
		}
	}
	return nil
}
