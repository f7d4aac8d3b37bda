package directory

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
)

// The bounds and defaults of session management.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html
const (
	defaultSessions = 20
	maxSessions     = 100
	defaultSSO      = 60      // minutes
	maxSSO          = 129_600 // minutes, 90 days
	// MaxSSO is the longest time for which a client can reuse a browser's sign-in.
	MaxSSO = maxSSO * time.Minute
)

// SessionTracking is what SetUserPoolSessionConfiguration replaces. UpdateUserPool does not touch it.
type SessionTracking struct {
	Enabled    bool `json:"enabled,omitempty"`
	MaxPerUser int  `json:"max_per_user,omitempty"` // token sessions; 0: 20
}

// Most is how many token sessions a user can have.
func (s SessionTracking) Most() int {
	if s.MaxPerUser == 0 {
		return defaultSessions
	}
	return s.MaxPerUser
}

// SetSessions replaces how a pool tracks sessions.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolSessionConfiguration.html
func (p *Pools) SetSessions(ctx context.Context, id string, s SessionTracking) (*Pool, error) {
	if s.MaxPerUser < 1 || s.MaxPerUser > maxSessions {
		return nil, fault.Invalidf("MaxPerUser must be between 1 and %d.", maxSessions)
	}
	var changed *Pool
	err := p.change(ctx, id, func(pool *Pool) error {
		if pool.Tier == tierLite {
			return featureMissing("Session management", pool.Tier)
		}
		pool.Sessions, changed = s, pool
		return nil
	})
	return changed, err
}

// SSOMinutes is for how many minutes after a sign-in the client takes the browser's word for it.
func (c *Client) SSOMinutes() int {
	if c.SSO == nil {
		return defaultSSO
	}
	return *c.SSO
}

// SetSSO sets for how many minutes a client reuses a browser's sign-in; 0: never. The pool must track sessions.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolClientSessionConfiguration.html
func (c *Clients) SetSSO(ctx context.Context, pool *Pool, id string, minutes int) (*Client, error) {
	switch {
	case minutes < 0 || minutes > maxSSO:
		return nil, fault.Invalidf("MaxValidityMinutes must be between 0 and %d.", maxSSO)
	case pool.Tier == tierLite:
		return nil, featureMissing("Session management", pool.Tier)
	case !pool.Sessions.Enabled:
		return nil, Untracked()
	}
	var changed *Client
	err := c.write(ctx, pool.ID, id, func(ctx context.Context) error {
		return c.store.UpdateClient(ctx, pool.ID, id, func(client *Client) error {
			client.SSO, client.ModifiedAt = &minutes, moment(c.now)
			changed = client
			return nil
		})
	})
	return changed, err
}

// Untracked is the answer of session operations where the pool does not track sessions.
func Untracked() *fault.Fault {
	return fault.New(fault.Unsupported, fault.Operation, "User session tracking is not enabled for the user pool.")
}
