package directory

import (
	"context"

	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/fault"
)

// SetSessions replaces how a pool tracks sessions.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolSessionConfiguration.html
func (p *Pools) SetSessions(ctx context.Context, id string, s SessionTracking) (*Pool, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var changed *Pool
	err := p.change(ctx, id, func(pool *Pool) error {
		if err := pool.CheckManagesSessions(); err != nil {
			return err
		}
		pool.Sessions, changed = s, pool
		return nil
	})
	return changed, err
}

// SetSSO sets for how many minutes a client reuses a browser's sign-in; 0: never. The pool must track sessions.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolClientSessionConfiguration.html
func (c *Clients) SetSSO(ctx context.Context, pool *Pool, id string, minutes int) (*Client, error) {
	if err := appclient.CheckSSO(minutes); err != nil {
		return nil, err
	}
	if err := pool.CheckManagesSessions(); err != nil {
		return nil, err
	}
	if !pool.Sessions.Enabled {
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
