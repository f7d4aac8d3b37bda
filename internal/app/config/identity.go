package config

import (
	"errors"
	"fmt"

	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/outbound"
	room "cognate.dev/cognate/internal/sts"
)

// checkIdentities refuses roles and providers that cannot work.
func (c Config) checkIdentities() error {
	seen := map[string]bool{}
	for i, p := range c.OIDCProviders {
		err := outbound.Check(p.Issuer, false)
		if err == nil && (len(p.Clients) == 0 || seen[p.Issuer]) {
			err = errors.New("a provider has one entry, with the clients that its tokens may be for")
		}
		if err != nil {
			return fmt.Errorf("oidc_providers[%d]: %w", i, err)
		}
		seen[p.Issuer] = true
	}
	if err := checkSAMLProviders(c.SAMLProviders); err != nil {
		return err
	}
	_, err := room.NewRoles(c.Roles)
	return err
}

// checkSAMLProviders refuses providers that cannot work.
func checkSAMLProviders(list []identitypool.SAMLProvider) error {
	named := map[string]bool{}
	for i, p := range list {
		err := p.Check()
		if err == nil && p.URL != "" {
			err = outbound.Check(p.URL, false)
		}
		if err == nil && named[p.Name] {
			err = errors.New("a provider has one entry")
		}
		if err != nil {
			return fmt.Errorf("saml_providers[%d]: %w", i, err)
		}
		named[p.Name] = true
	}
	return nil
}
