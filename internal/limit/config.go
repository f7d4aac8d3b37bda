package limit

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// The modes. An empty one means on, but for development mode, where it means off.
const (
	On  = "on"
	Off = "off"
)

// Config says how much may be asked for. The zero value has Cognito's numbers.
type Config struct {
	Mode       string         `yaml:"mode" doc:"on or off; empty: on, but off in development mode"`
	Categories map[string]int `yaml:"categories" doc:"requests a second by Cognito's category, as in UserAuthentication: 500; the others have Cognito's default quota"`
	// PoolOperation and User are quotas within categories.
	PoolOperation int `yaml:"per_pool_operation" doc:"calls a second of one operation about the clients, groups, providers and other parts of one pool, on each node; 0 means 5, as at Cognito, below 0 no limit"`
	User          int `yaml:"per_user" doc:"reads a second, and writes a second, of one user, on each node; 0 means 10, as at Cognito, below 0 no limit"`
	// Failures is about addresses that guess.
	Failures int           `yaml:"address_failures" doc:"how many wrong passwords, codes and secrets an address has in hand; 0 means 100, below 0 no limit"`
	Recovery time.Duration `yaml:"address_recovery" doc:"how long it takes until an address that used all of them has all of them again; 0 means 10m"`
	Exempt   []string      `yaml:"address_exempt" doc:"addresses and networks (CIDR) whose failures are not counted, such as backends that sign their users in with a public client"`
}

const (
	usualFailures = 100
	usualRecovery = 10 * time.Minute
	freeFailures  = 5
)

// Check refuses what cannot work.
func (c Config) Check() error {
	if c.Mode != "" && c.Mode != On && c.Mode != Off {
		return fmt.Errorf("rates.mode: %q is neither on nor off", c.Mode)
	}
	for name, n := range c.Categories {
		if _, ok := categories()[name]; !ok {
			return fmt.Errorf("rates.categories: there is no category %s", name)
		}
		if n < 1 || n > maxLimit {
			return fmt.Errorf("rates.categories: %s must be between 1 and %d", name, maxLimit)
		}
	}
	if c.Recovery < 0 {
		return errors.New("rates.address_recovery must not be negative")
	}
	_, err := parseNetworks(c.Exempt)
	return err
}

// addressRule is the bucket of an address; its zero value is no limit.
func (c Config) addressRule() Rule {
	if c.Failures < 0 {
		return Rule{}
	}
	r := Rule{Tokens: c.Failures, Per: c.Recovery}
	if r.Tokens == 0 {
		r.Tokens = usualFailures
	}
	if r.Per == 0 {
		r.Per = usualRecovery
	}
	r.Free = min(freeFailures, r.Tokens/10)
	return r
}

// networks is a list of networks.
type networks []netip.Prefix

func parseNetworks(list []string) (networks, error) {
	var out networks
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil && !strings.Contains(text, "/") {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("rates.address_exempt: %q is no address or network", text)
		}
		out = append(out, p)
	}
	return out, nil
}

func (n networks) contain(a netip.Addr) bool {
	for _, p := range n {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
