// Package oidc signs people in through OpenID Connect providers, and through the social ones that speak it or the OAuth 2.0
// it is made of: discovery, the way there, codes, ID tokens, profiles. It keeps no people and no trips.
package oidc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
)

// callbackPath is where providers send browsers back to, below a site.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-oauth2-idpresponse.html
const callbackPath = "/oauth2/idpresponse"

const (
	// callWithin is how long one request to a provider may take.
	callWithin = 8 * time.Second
	maxAnswer  = 512 << 10
	// discoveryLife is for how long what a provider says about itself is used.
	discoveryLife = time.Hour
	maxProviders  = 2000
)

// Connector signs people in through providers of all types but SAML. Safe for concurrent use.
type Connector struct {
	// Bases are the URLs below which access tokens are checked, by the providers' names in Logins maps. Change them before the first use.
	Bases map[string]string

	client     *http.Client
	now        clock.Clock
	discovered *cache.Cache[string, *metadata]
	keys       *keySets
}

// New makes a connector that calls providers with a client, which follows no redirects and goes only where it may.
func New(client *http.Client, now clock.Clock) *Connector {
	c := &Connector{client: client, now: now, Bases: map[string]string{
		federation.FacebookLogins: "https://graph.facebook.com", federation.AmazonLogins: "https://api.amazon.com",
	}}
	c.keys = &keySets{connector: c, sets: map[string]*keySet{}}
	c.discovered = cache.New(cache.Config{Max: maxProviders, TTL: discoveryLife, Timeout: callWithin, Clock: now},
		func(ctx context.Context, issuer string) (cache.Loaded[*metadata], error) {
			m, err := c.discover(ctx, issuer)
			return cache.Loaded[*metadata]{Value: m, Found: err == nil}, err
		})
	return c
}

var _ federation.Connector = (*Connector)(nil)

// call makes one request to a provider; the place is what Cognito calls it in its errors: "IdP token endpoint".
func (c *Connector) call(p *federation.Provider, place string, r *http.Request) (outbound.Answer, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callWithin)
	defer cancel()
	r.Header.Set("Accept", "application/json")
	answer, err := outbound.Do(c.client, r.WithContext(ctx), maxAnswer)
	var timeout net.Error
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return answer, federation.Refuse(err, "Timeout occurred in calling %s", place)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return answer, federation.Refuse(err, "%s Error - Connection reset", p.Label())
	case errors.Is(err, outbound.ErrTooLarge):
		return answer, federation.Refuse(err, "%s Error - the answer of the %s is too large", p.Label(), place)
	}
	return answer, federation.Refuse(err, "%s Error - the %s cannot be reached", p.Label(), place)
}
