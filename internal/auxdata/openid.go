package auxdata

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
)

// maxProviders bounds the providers whose keys are kept.
const maxProviders = 1000

// asymmetric are the algorithms of keys that a provider can publish.
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Providers verifies the tokens of OpenID providers by the keys that they publish (OpenID Connect Discovery 1.0). Safe for
// concurrent use.
type Providers struct {
	client *http.Client
	now    clock.Clock

	mu sync.Mutex
	of map[string]*remote // by issuer
}

// NewProviders makes the verifier. The client decides which addresses may be asked.
func NewProviders(client *http.Client, now clock.Clock) *Providers {
	return &Providers{client: client, now: now, of: map[string]*remote{}}
}

// Verify checks the signature of a token by the keys of an issuer, and gives its payload, JSON, whose claims are the caller's to
// check. A fault of kind Unavailable says that the keys could not be had.
func (p *Providers) Verify(ctx context.Context, issuer, token string) ([]byte, error) {
	if _, err := parse(token, asymmetric); err != nil { // before anybody is asked
		return nil, errors.New("it is no signed token")
	}
	r := p.keysOf(issuer)
	if _, err := r.current(ctx, false); err != nil {
		return nil, unavailable("fetch the keys of "+issuer, err)
	}
	payload, err := r.verify(ctx, token)
	if err != nil {
		return nil, errForgedOutside
	}
	return payload, nil
}

var errForgedOutside = errors.New("none of the issuer's keys has signed it")

func (p *Providers) keysOf(issuer string) *remote {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.of[issuer]
	if r == nil {
		if len(p.of) >= maxProviders {
			clear(p.of)
		}
		r = provider(issuer, p.client, p.now)
		p.of[issuer] = r
	}
	return r
}

// provider are the keys that an issuer publishes.
func provider(issuer string, client *http.Client, now clock.Clock) *remote {
	r := newRemote(KeySet{ID: issuer, OptionalAlg: true}, client, now)
	r.issuer = issuer
	return r
}

// discover finds out where the keys of an issuer are.
func (r *remote) discover(ctx context.Context) (string, error) {
	body, err := r.read(ctx, strings.TrimSuffix(r.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	switch err := json.Unmarshal(body, &document); {
	case err != nil:
		return "", err
	case document.Issuer != r.issuer:
		return "", errors.New("the discovery document is of another issuer")
	}
	return document.Keys, outbound.Check(document.Keys, false)
}
