package identitypool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/sts"
)

// KeyRing is the name under which the keys of the issuer are kept: there is one issuer for all pools.
const KeyRing = "cognito-identity"

const (
	openIDLife    = 10 * time.Minute
	developerLife = 15 * time.Minute
	maxOpenID     = 20_000 // characters, as STS takes them
)

// openID is what our tokens say.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
type openID struct {
	Subject  string       `json:"sub"` // identity id
	Audience string       `json:"aud"` // pool id
	AMR      []string     `json:"amr"`
	Issuer   string       `json:"iss"`
	PoolARN  string       `json:"https://cognito-identity.amazonaws.com/identity-pool-arn"`
	Tags     *taggedClaim `json:"https://aws.amazon.com/tags,omitempty"`
	Expires  int64        `json:"exp"`
	IssuedAt int64        `json:"iat"`
}

// amrOf says how an identity is known.
func amrOf(proofs []proof) []string {
	if len(proofs) == 0 {
		return []string{sts.Unauthenticated}
	}
	amr := []string{sts.Authenticated}
	for _, one := range proofs {
		amr = append(amr, one.Provider, one.method)
	}
	return amr
}

// mint makes a token about an identity.
func (t *Tokens) mint(ctx context.Context, p *Pool, identity string, proofs []proof, tags map[string]string, life time.Duration) (string, error) {
	signing, err := t.Keys.Signer(ctx, KeyRing, key.ForIdentity)
	if err != nil {
		return "", fmt.Errorf("find key of identity tokens: %w", err)
	}
	now := t.Now().Unix()
	payload, err := json.Marshal(openID{
		Subject: identity, Audience: p.ID, AMR: amrOf(proofs), Issuer: t.Issuer, PoolARN: ARN(t.Account, p), Tags: writeTags(tags),
		Expires: now + int64(life/time.Second), IssuedAt: now,
	})
	if err != nil {
		return "", fmt.Errorf("encode identity token: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS512, Key: signing.Key},
		(&jose.SignerOptions{}).WithType("JWS").WithHeader("kid", signing.KID))
	if err != nil {
		return "", fmt.Errorf("sign identity token: %w", err)
	}
	if t.Gate != nil {
		leave, err := t.Gate.Enter(ctx)
		if err != nil {
			return "", fmt.Errorf("wait to sign: %w", err)
		}
		defer leave()
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign identity token: %w", err)
	}
	return signed.CompactSerialize()
}

// errForeign is a token that is none of ours.
var errForeign = errors.New("the token is not of identity pools")

// read verifies a token of ours. errForeign: somebody else's. Other faults are Denied.
func (t *Tokens) read(ctx context.Context, raw string) (*openID, error) {
	if len(raw) > maxOpenID {
		return nil, errForeign
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS512})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errForeign
	}
	var c openID
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil || c.Issuer != t.Issuer {
		return nil, errForeign
	}
	public, err := t.Keys.PublicKey(ctx, KeyRing, jws.Signatures[0].Header.KeyID, key.ForIdentity)
	if errors.Is(err, key.ErrUnknown) {
		return nil, fault.UnsignedIDToken()
	}
	if err != nil {
		return nil, fmt.Errorf("find key of identity token: %w", err)
	}
	if _, err := jws.Verify(public); err != nil {
		return nil, fault.UnsignedIDToken().Because(err)
	}
	if now, end := t.Now(), time.Unix(c.Expires, 0); !now.Before(end) {
		return nil, fault.ExpiredIDToken(end, now)
	}
	return &c, nil
}

// proveDeveloper takes a token that a developer's backend has asked for. One that an app got for itself is not enough: it could
// be renewed for ever.
func (t *Tokens) proveDeveloper(ctx context.Context, p *Pool, raw string) (proof, error) {
	c, err := t.read(ctx, raw)
	switch {
	case errors.Is(err, errForeign):
		return proof{}, fault.ForeignIDToken()
	case err != nil:
		return proof{}, err
	case c.Audience != p.ID:
		return proof{}, fault.IDTokenForAnother()
	case p.Developer == "" || !slices.Contains(c.AMR, p.Developer):
		return proof{}, fault.Deniedf("%s", unsupportedToken)
	}
	user := ""
	for _, one := range c.AMR {
		if rest, ok := strings.CutPrefix(one, p.method(Login{Provider: p.Developer})); ok {
			user = rest
		}
	}
	identity, err := t.Identities.FindIdentity(ctx, p.ID, Login{Provider: p.Developer, Subject: user})
	if err != nil {
		return proof{}, fmt.Errorf("find developer's user: %w", err)
	}
	if user == "" || identity == nil || identity.ID != c.Subject {
		return proof{}, fault.Deniedf("%s", inactiveToken) // unlinked, merged or deleted since
	}
	return p.developerProof(user, c.Tags.read(), c.Subject), nil
}

func (p *Pool) developerProof(user string, tags map[string]string, identity string) proof {
	one := p.proof(Login{Provider: p.Developer, Subject: user}, map[string]any{"sub": user}, p.Developer)
	one.tags, one.identity = tags, identity
	return one
}

// The answers of STS to a token.
const (
	badWebToken = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"
	noProvider  = "No OpenIDConnect provider found in your account for %s"
	noWebToken  = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)

// WebIdentity verifies a token that is exchanged for credentials of a role: of identity pools, of our user pools, or of a
// provider that the operator has named. Of user pools it must be an ID token that still counts. A fault Expired, or Denied, says
// what is wrong with it.
func (t *Tokens) WebIdentity(ctx context.Context, raw string) (sts.WebIdentity, error) {
	c, err := t.read(ctx, raw)
	if err == nil {
		return t.ownIdentity(ctx, c)
	}
	if !errors.Is(err, errForeign) {
		return sts.WebIdentity{}, err
	}
	claims, err := unverified(raw)
	if err != nil {
		return sts.WebIdentity{}, fault.Deniedf("%s", noWebToken).Because(err)
	}
	issuer := text(claims, "iss")
	for _, p := range t.Providers {
		if p.Issuer != issuer {
			continue
		}
		claims, err := t.Outside.VerifyIDToken(ctx, p.Issuer, p.Clients, raw)
		if err != nil {
			return sts.WebIdentity{}, judged(err)
		}
		return webIdentity(claims, t.providerARN(p)), nil
	}
	_, pool, err := t.UserPools.IDToken(ctx, raw, false)
	if pool == nil && err == nil {
		if u, err := url.Parse(issuer); err == nil && u.Host != "" && len(issuer) <= 255 { // it is the caller's word, and said again
			return sts.WebIdentity{}, fault.Deniedf(noProvider, u)
		}
		return sts.WebIdentity{}, fault.Deniedf("%s", badWebToken)
	}
	if claims, err = t.userPoolClaims(ctx, raw, true, ""); err != nil {
		return sts.WebIdentity{}, err
	}
	return webIdentity(claims, t.userPoolNames(pool)...), nil
}

// ownIdentity is whom a token of an identity pool stands for, if the identity is still there and still known by what the token says.
func (t *Tokens) ownIdentity(ctx context.Context, c *openID) (sts.WebIdentity, error) {
	identity, err := t.Identities.Identity(ctx, c.Subject)
	if err == nil && identity.PoolID != c.Audience {
		err = NoIdentity(c.Subject)
	}
	var pool *Pool
	if err == nil {
		pool, err = t.Pools.IdentityPool(ctx, c.Audience)
	}
	switch {
	case fault.Is(err, fault.Missing, "") || err == nil && !pool.knows(identity, c.AMR):
		return sts.WebIdentity{}, fault.Deniedf("%s", inactiveToken)
	case err != nil:
		return sts.WebIdentity{}, fmt.Errorf("find identity of token: %w", err)
	}
	return sts.WebIdentity{
		Names: []string{sts.CognitoIdentity}, Subject: c.Subject, Audience: c.Audience, AMR: c.AMR, Tags: c.Tags.read(),
		Identity: sts.Identity{ID: c.Subject, Pool: c.Audience, AMR: c.AMR},
	}, nil
}

// knows tells whether an identity is known in all the ways that a token of it names: a guest has become nobody since, and no login was
// unlinked or merged away, nor its provider taken out of the pool.
func (p *Pool) knows(i *Identity, amr []string) bool {
	if i.Disabled || len(amr) == 0 {
		return false
	}
	if amr[0] == sts.Unauthenticated {
		return p.Guests && len(i.Logins) == 0
	}
	var ways []string
	for _, l := range i.Logins {
		if p.has(l.Provider) {
			ways = append(ways, l.Provider, p.method(l))
		}
	}
	return !slices.ContainsFunc(amr[1:], func(way string) bool { return !slices.Contains(ways, way) })
}

// userPoolNames are what roles may call a user pool: by AWS's name for it, and by its issuer here.
func (t *Tokens) userPoolNames(p *directory.Pool) []string {
	_, issuer, _ := strings.Cut(t.IssuerOf(p), "://")
	names := []string{"cognito-idp." + p.Region + ".amazonaws.com/" + p.ID}
	if issuer != names[0] {
		names = append(names, issuer)
	}
	for i, name := range names {
		names[i] = "arn:aws:iam::" + t.Account + ":oidc-provider/" + name
	}
	return names
}

func webIdentity(claims map[string]any, names ...string) sts.WebIdentity {
	w := sts.WebIdentity{Names: names, Subject: text(claims, "sub"), AMR: values(claims["amr"])}
	if list := values(claims["aud"]); len(list) > 0 {
		w.Audience = list[0]
	}
	if party := text(claims, "azp"); party != "" { // as STS: whom the token was made for
		w.Audience = party
	}
	return w
}

// unverified reads claims only to find the keys to verify them with.
func unverified(raw string) (map[string]any, error) {
	if len(raw) > maxOpenID {
		return nil, errors.New("the token is too long")
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	})
	if err != nil {
		return nil, err
	}
	return object(jws.UnsafePayloadWithoutVerification())
}
