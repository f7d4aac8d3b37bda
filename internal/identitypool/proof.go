package identitypool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// Tokens verifies the tokens of logins, and makes those that say who an identity is. Safe for concurrent use.
type Tokens struct{ Parts }

// proof is a login whose token was verified.
type proof struct {
	Login
	names    []string          // what role mappings and tag mappings may call the provider; the first that they know counts
	method   string            // the third value of amr: PROVIDER:…:SUBJECT
	claims   map[string]any    // of the token
	tags     map[string]string // that the token brings itself
	identity string            // that the token is for; empty: it names none
	called   string            // the key that it came under
}

// The sentences of Amazon Cognito.
const (
	unsupportedToken = "Token is not from a supported provider of this identity pool."
	inactiveToken    = "Token is inactive"
	publicProvider   = "Please provide a valid public provider"
)

// prove verifies the tokens of a Logins map for a pool, by provider. One bad token spoils all.
func (t *Tokens) prove(ctx context.Context, p *Pool, logins map[string]string) ([]proof, error) {
	var out []proof
	for _, name := range slices.Sorted(maps.Keys(logins)) {
		one, err := t.proveOne(ctx, p, name, logins[name])
		if err != nil {
			return nil, err
		}
		if len(one.Subject) > maxSubject {
			return nil, fault.NoIDToken()
		}
		one.called = name
		if !slices.ContainsFunc(out, func(o proof) bool { return o.Login == one.Login }) {
			out = append(out, one)
		}
	}
	return out, nil
}

// maxSubject bounds what is stored of a login.
const maxSubject = 1024

func (t *Tokens) proveOne(ctx context.Context, p *Pool, name, token string) (proof, error) {
	switch {
	case name == sts.CognitoIdentity:
		return t.proveDeveloper(ctx, p, token)
	case name == p.Developer && name != "":
		return proof{}, fault.Invalidf("%s", publicProvider) // only a signed request vouches for developers' users
	case !p.has(name):
		return t.proveByIssuer(ctx, p, name, token)
	case userPoolForm.MatchString(name):
		return t.proveUserPool(ctx, p, name, token)
	}
	return t.proveOutside(ctx, p, name, token)
}

// proveByIssuer takes a token of one of our user pools under the name of its issuer, which Amplify calls it by: at AWS that is the
// name of the pool as well.
func (t *Tokens) proveByIssuer(ctx context.Context, p *Pool, name, token string) (proof, error) {
	_, pool, err := t.UserPools.IDToken(ctx, token, false)
	if fault.Is(err, fault.Unavailable, "") {
		return proof{}, err
	}
	if err != nil || pool == nil {
		return proof{}, fault.Deniedf("%s", unsupportedToken)
	}
	for _, u := range p.UserPools {
		if userPoolForm.FindStringSubmatch(u.Provider)[1] != pool.ID {
			continue
		}
		one, err := t.proveUserPool(ctx, p, u.Provider, token)
		if _, issuer, _ := strings.Cut(text(one.claims, "iss"), "://"); err == nil && issuer != name {
			break
		}
		return one, err
	}
	return proof{}, fault.Deniedf("%s", unsupportedToken)
}

// proveUserPool verifies an ID token of one of our user pools, made for an app client that the identity pool lists.
func (t *Tokens) proveUserPool(ctx context.Context, p *Pool, name, token string) (proof, error) {
	claims, err := t.userPoolClaims(ctx, token, false, name)
	if err != nil {
		return proof{}, err
	}
	one, listed, err := p.userPoolProof(name, claims)
	if err == nil && listed.Check != nil && *listed.Check {
		if _, err := t.userPoolClaims(ctx, token, true, name); err != nil {
			return proof{}, err
		}
	}
	return one, err
}

// userPoolProof is the login that the claims of a user pool's ID token are, and the app client of the identity pool that they are for.
func (p *Pool) userPoolProof(name string, claims map[string]any) (proof, UserPool, error) {
	client, _ := claims["aud"].(string)
	at := slices.IndexFunc(p.UserPools, func(u UserPool) bool { return u.Provider == name && u.Client == client })
	if at < 0 { // Cognito names the provider wrong, and not the audience
		return proof{}, UserPool{}, fault.Deniedf("%s", unsupportedToken)
	}
	return p.proof(Login{Provider: name, Subject: text(claims, "sub")}, claims, name+":"+client, name), p.UserPools[at], nil
}

// userPoolClaims are the claims of an ID token that has not expired. Name is the login's name of the pool that must have signed
// it; empty: any.
func (t *Tokens) userPoolClaims(ctx context.Context, token string, live bool, name string) (map[string]any, error) {
	raw, pool, err := t.UserPools.IDToken(ctx, token, live)
	switch {
	case fault.Is(err, fault.Unavailable, ""):
		return nil, err
	case errors.Is(err, auxdata.ErrDead):
		return nil, fault.Deniedf("%s", inactiveToken)
	case errors.Is(err, auxdata.ErrNoIDToken) && pool != nil:
		return nil, fault.NoAudience().Because(err)
	case errors.Is(err, auxdata.ErrNoIDToken):
		return nil, fault.NoIDToken().Because(err)
	case err != nil:
		return nil, fault.UnsignedIDToken().Because(err)
	case pool == nil, name != "" && userPoolForm.FindStringSubmatch(name)[1] != pool.ID:
		return nil, fault.ForeignIDToken()
	}
	claims, err := object(raw)
	if err != nil {
		return nil, fault.NoIDToken().Because(err)
	}
	return claims, t.current(claims)
}

// proveOutside verifies a token of another provider: an ID token, or an access token where there are no others.
func (t *Tokens) proveOutside(ctx context.Context, p *Pool, name, token string) (proof, error) {
	clients := strings.Split(p.Social[name], ";")
	verify, from := t.Outside.VerifyIDToken, "https://"+name
	switch arn := p.oidc(name); {
	case arn != "":
		c := t.configured(arn)
		if c == nil {
			return proof{}, fault.Deniedf("%s", unsupportedToken)
		}
		from, clients = c.Issuer, c.Clients
	case slices.Contains(p.SAML, name):
		verify = func(ctx context.Context, _ string, _ []string, response string) (map[string]any, error) {
			return t.verifyAssertion(ctx, name, response)
		}
	case social[name] == byAccessToken:
		verify, from = t.Outside.VerifyAccessToken, name
	}
	claims, err := verify(ctx, from, clients, token)
	if err != nil {
		return proof{}, judged(err)
	}
	return p.outsideProof(name, claims)
}

// outsideProof is the login that the claims of another provider are, by whichever of its names it was called.
func (p *Pool) outsideProof(name string, claims map[string]any) (proof, error) {
	subject, names := text(claims, "sub"), []string{name}
	if subject == "" {
		return proof{}, fault.NoIDToken()
	}
	if arn := p.oidc(name); arn != "" {
		name = oidcForm.FindStringSubmatch(arn)[1]
		names = []string{arn, name}
	}
	return p.proof(Login{Provider: name, Subject: subject}, claims, names...), nil
}

// judged tells a bad token from one that nobody could judge.
func judged(err error) error {
	if fault.Is(err, fault.Denied, "") {
		return err
	}
	return fault.New(fault.Unavailable, fault.Provider, "The identity provider cannot be reached.").Because(err)
}

// proof is a login whose token has these claims; names are what mappings may call its provider.
func (p *Pool) proof(l Login, claims map[string]any, names ...string) proof {
	return proof{Login: l, claims: claims, method: p.method(l), names: names}
}

// method says how somebody is known by a login: the third value of amr.
func (p *Pool) method(l Login) string {
	kind := l.Provider
	switch arn := p.oidc(l.Provider); {
	case l.Provider == p.Developer:
		kind += ":" + p.ID
	case userPoolForm.MatchString(l.Provider):
		kind += ":CognitoSignIn"
	case arn != "":
		kind = arn + ":OIDC"
	}
	return kind + ":" + l.Subject
}

// called finds what a pool has set for the provider of a login, and under which of the names that it may be called by; an empty name:
// nothing.
func called[V any](set map[string]V, one proof) (found V, name string) {
	for _, name := range one.names {
		if found, ok := set[name]; ok {
			return found, name
		}
	}
	return found, ""
}

// configured is the provider of an ARN, nil when the operator has named none.
func (t *Tokens) configured(arn string) *Provider {
	m := oidcForm.FindStringSubmatch(arn)
	for i, p := range t.Providers {
		if m != nil && arn == t.providerARN(p) {
			return &t.Providers[i]
		}
	}
	return nil
}

// providerARN is what IAM would call a provider.
func (t *Tokens) providerARN(p Provider) string {
	_, name, _ := strings.Cut(p.Issuer, "://")
	return "arn:aws:iam::" + t.Account + ":oidc-provider/" + strings.TrimSuffix(name, "/")
}

// current refuses a token that has expired.
func (t *Tokens) current(claims map[string]any) error {
	expires, ok := seconds(claims, "exp")
	if !ok {
		return fault.NoIDToken()
	}
	if now, end := t.Now(), time.Unix(expires, 0); !now.Before(end) {
		return fault.ExpiredIDToken(end, now)
	}
	return nil
}

func text(claims map[string]any, name string) string {
	s, _ := claims[name].(string)
	return s
}

func seconds(claims map[string]any, name string) (int64, bool) {
	n, ok := claims[name].(json.Number)
	if !ok {
		return 0, false
	}
	v, err := n.Int64()
	return v, err == nil
}

// object reads a JSON object; numbers stay as they are written.
func object(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("it is no object")
	}
	return out, nil
}
