package federation

import (
	"fmt"
	"net/netip"
)

// Config says how outside identity providers are reached.
type Config struct {
	Networks []string `yaml:"networks" doc:"networks (CIDR) besides the public addresses that identity providers may be in, such as 10.0.0.0/8; development mode adds this machine"`
}

// Check refuses what is no network.
func (c Config) Check() error {
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
