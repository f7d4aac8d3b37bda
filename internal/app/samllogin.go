package app

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/identitypool"
)

// samlLogins are the SAML providers of identity pools, by name.
type samlLogins struct {
	connector *saml.Connector
	byName    map[string]saml.Login
}

func (g *ground) samlLogins(r *rooms) (samlLogins, error) {
	all := samlLogins{r.saml, map[string]saml.Login{}}
	for _, p := range g.cfg.SAMLProviders {
		one := &federation.Provider{Name: p.Name, Type: federation.SAML, Details: map[string]string{"MetadataURL": p.URL}}
		if p.URL == "" {
			var err error
			if one.Metadata, err = metadata.Parse([]byte(p.Metadata)); err != nil {
				return all, fmt.Errorf("saml_providers: %s: metadata: %w", p.Name, err)
			}
		}
		all.byName[p.Name] = saml.Login{Provider: one, Audience: p.Audience, Recipient: p.Recipient}
	}
	return all, nil
}

// VerifyAssertion is identitypool.Assertions'.
func (s samlLogins) VerifyAssertion(ctx context.Context, provider, response string) (*identitypool.Asserted, error) {
	said, err := s.connector.VerifyAssertion(ctx, s.byName[provider], response)
	if err != nil {
		return nil, err
	}
	return new(identitypool.Asserted(*said)), nil
}

var _ identitypool.Assertions = samlLogins{}
