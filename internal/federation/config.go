package federation

import (
	"errors"
	"fmt"
	"net/netip"

	"cognate.dev/cognate/internal/kit/outbound"
)

// Config says how outside identity providers are reached.
type Config struct {
	Networks []string `yaml:"networks" doc:"networks (CIDR) besides the public addresses that identity providers may be in, such as 10.0.0.0/8; development mode adds this machine"`
	// TokenChecks are by FacebookLogins and AmazonLogins.
	TokenChecks map[string]string `yaml:"token_checks" doc:"where access tokens that come to identity pools are checked: base URLs for graph.facebook.com and www.amazon.com, instead of https://graph.facebook.com and https://api.amazon.com"`
}

// The names that identity pools have for providers that give access tokens.
const (
	FacebookLogins = "graph.facebook.com"
	AmazonLogins   = "www.amazon.com"
)

// Check refuses what is no network, and places for tokens that nobody sends there, or that anybody could read on their way.
func (c Config) Check() error {
	for name, base := range c.TokenChecks {
		err := outbound.Check(base, false)
		if name != FacebookLogins && name != AmazonLogins {
			err = errors.New("its access tokens are not checked")
		}
		if err != nil {
			return fmt.Errorf("federation.token_checks: %s: %w", name, err)
		}
	}
	_, err := c.Prefixes()
	return err
}

// Prefixes are the networks.
func (c Config) Prefixes() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range c.Networks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("federation.networks: %q is no network such as 10.0.0.0/8", text)
		}
		list = append(list, p)
	}
	return list, nil
}
