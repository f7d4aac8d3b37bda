// Package risk is threat protection: what the owner of a pool wants to happen when a password is known to be stolen or a
// sign-in looks dangerous, how dangerous one looks, what is done about it, and what users did. It leaves asking to signin
// and account, and lists and maps to leaked and place.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
package risk

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// Configuration is that of a pool, or of one client, which it then replaces for that client. Nil parts are not set.
type Configuration struct {
	PoolID   string `json:"-"`
	ClientID string `json:"-"` // empty: of the pool
	Parts
	ModifiedAt time.Time `json:"-"`
}

// Parts are what is set one by one.
type Parts struct {
	Compromised *Compromised `json:"compromised,omitempty"`
	Takeover    *Takeover    `json:"takeover,omitempty"`
	Exceptions  *Exceptions  `json:"exceptions,omitempty"`
}

// Compromised is about passwords that are known to be stolen.
type Compromised struct {
	Events []string `json:"events,omitempty"` // SIGN_IN, PASSWORD_CHANGE, SIGN_UP; none: all
	Action string   `json:"action"`           // BLOCK, NO_ACTION
}

// Takeover is about sign-ins that look like somebody else's, by how much they do.
type Takeover struct {
	Notify *Notify `json:"notify,omitempty"`
	Low    *Action `json:"low,omitempty"`
	Medium *Action `json:"medium,omitempty"`
	High   *Action `json:"high,omitempty"`
}

// Action is what is done at one level of risk.
type Action struct {
	Notify bool   `json:"notify,omitempty"`
	Event  string `json:"event"` // BLOCK, MFA_IF_CONFIGURED, MFA_REQUIRED, NO_ACTION
}

// Notify is how people are told. SourceARN is kept and returned.
type Notify struct {
	From      string `json:"from,omitempty"`
	ReplyTo   string `json:"reply_to,omitempty"`
	SourceARN string `json:"source_arn"`
	Block     *Email `json:"block,omitempty"`
	NoAction  *Email `json:"no_action,omitempty"`
	MFA       *Email `json:"mfa,omitempty"`
}

// Email is one text to send.
type Email struct {
	Subject string `json:"subject"`
	HTML    string `json:"html,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Exceptions are networks (CIDR) that are always shut out, or never looked at.
type Exceptions struct {
	Blocked []string `json:"blocked,omitempty"`
	Skipped []string `json:"skipped,omitempty"`
}

// Store keeps configurations.
type Store interface {
	RiskConfiguration(ctx context.Context, poolID, clientID string) (*Configuration, error) // nil: never set
	// UpdateRiskConfiguration changes one by a function of its old value; the zero one, with its keys, when there was none.
	UpdateRiskConfiguration(ctx context.Context, poolID, clientID string, change func(*Configuration) error) (*Configuration, error)
	DeleteRiskConfiguration(ctx context.Context, poolID, clientID string) error
}

// Risks sets and gives configurations.
type Risks struct {
	store Store
	now   clock.Clock
}

// New builds the service.
func New(s Store, now clock.Clock) *Risks { return &Risks{s, now} }

// Target is a pool or one of its clients.
type Target struct {
	Pool     *directory.Pool
	ClientID string // empty: the pool
}

// Get gives the configuration of a target as it was set, with nil parts if it never was.
func (r *Risks) Get(ctx context.Context, t Target) (*Configuration, error) {
	if err := enabled(t.Pool); err != nil {
		return nil, err
	}
	c, err := r.store.RiskConfiguration(ctx, t.Pool.ID, t.ClientID)
	if err == nil && c == nil {
		return &Configuration{PoolID: t.Pool.ID, ClientID: t.ClientID}, nil
	}
	return c, err
}

// of is what counts for a client: its own configuration, which then is the whole one, or that of the pool.
func (r *Risks) of(ctx context.Context, poolID, clientID string) (*Configuration, error) {
	for _, id := range []string{clientID, ""} {
		c, err := r.store.RiskConfiguration(ctx, poolID, id)
		if err != nil || c != nil {
			return c, err
		}
	}
	return &Configuration{PoolID: poolID}, nil
}

// Set replaces the parts that are given. Without any, everything is as it was before the first time: a client then has the
// configuration of its pool.
func (r *Risks) Set(ctx context.Context, t Target, given Parts) (*Configuration, error) {
	if err := enabled(t.Pool); err != nil {
		return nil, err
	}
	if err := given.check(); err != nil {
		return nil, err
	}
	if given == (Parts{}) {
		return &Configuration{PoolID: t.Pool.ID, ClientID: t.ClientID}, r.store.DeleteRiskConfiguration(ctx, t.Pool.ID, t.ClientID)
	}
	return r.store.UpdateRiskConfiguration(ctx, t.Pool.ID, t.ClientID, func(c *Configuration) error {
		if given.Compromised != nil {
			c.Compromised = given.Compromised
		}
		if given.Takeover != nil {
			c.Takeover = given.Takeover
		}
		if given.Exceptions != nil {
			c.Exceptions = given.Exceptions
		}
		c.ModifiedAt = r.now().UTC().Truncate(time.Millisecond)
		return nil
	})
}

func (p Parts) check() error {
	if t := p.Takeover; t != nil {
		for _, a := range []*Action{t.Low, t.Medium, t.High} {
			if a != nil && a.Notify && t.Notify == nil {
				return fault.Invalidf("NotifyConfiguration is required when an action notifies users.")
			}
		}
	}
	if e := p.Exceptions; e != nil {
		for _, list := range [][]string{e.Blocked, e.Skipped} {
			for _, network := range list {
				if !isNetwork(network) {
					return fault.Invalidf("%s is not an IP range in CIDR notation.", network)
				}
			}
		}
	}
	return nil
}

// isNetwork accepts ranges in CIDR notation and single addresses.
func isNetwork(text string) bool {
	_, err := prefixOf(text)
	return err == nil
}

func prefixOf(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}

// contain tells whether an address is in one of these networks. An unknown one is in none.
func contain(networks []string, a netip.Addr) bool {
	for _, text := range networks {
		if p, err := prefixOf(text); err == nil && a.IsValid() && p.Contains(a) {
			return true
		}
	}
	return false
}
