package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
)

// VerifyIDToken gives the claims of an ID token that somebody brings, and that an issuer has made for one of the clients. A fault
// Denied says that the token is bad; any other error, that nobody could tell. OpenID Connect Core section 3.1.3.7.
func (c *Connector) VerifyIDToken(ctx context.Context, issuer string, clients []string, raw string) (map[string]any, error) {
	p := &federation.Provider{Name: issuer, Type: federation.OIDC, Details: map[string]string{"oidc_issuer": issuer}}
	found, err := c.discovered.Get(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", issuer, err)
	}
	keys := &source{sets: c.keys, provider: p, url: found.Value.Keys}
	verifier := oidc.NewVerifier(issuer, keys, &oidc.Config{
		SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true, SupportedSigningAlgs: algorithmNames(), Now: c.now,
	})
	token, err := verifier.Verify(ctx, raw)
	if keys.failed != nil {
		return nil, keys.failed
	}
	if err != nil {
		return nil, fault.UnsignedIDToken().Because(err)
	}
	var text json.RawMessage
	if err := token.Claims(&text); err != nil {
		return nil, fault.NoIDToken().Because(err)
	}
	claims, err := object(text)
	if err != nil {
		return nil, fault.NoIDToken().Because(err)
	}
	now := c.now()
	switch {
	case token.Issuer != issuer:
		return nil, fault.ForeignIDToken()
	case !forOne(token.Audience, claims, clients):
		return nil, fault.IDTokenForAnother()
	case !now.Before(token.Expiry):
		return nil, fault.ExpiredIDToken(token.Expiry, now)
	case token.Subject == "" || token.IssuedAt.After(now.Add(maxSkew)):
		return nil, fault.NoIDToken().Because(errors.New("it has no subject, or was issued in the future"))
	}
	return claims, nil
}

// forOne tells whether a token is for one of the clients: as its audience, and as the party that asked for it where it names one.
func forOne(audience []string, claims map[string]any, clients []string) bool {
	mine := func(client string) bool { return client != "" && slices.Contains(clients, client) }
	if party, named := claims["azp"]; named {
		if text, ok := party.(string); !ok || !mine(text) {
			return false
		}
	}
	return slices.ContainsFunc(audience, mine)
}
