package token

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Inspect checks an access token for somebody who asks about it (RFC 7662): as Bound does, whatever key it is bound to, and
// of a client that acts for itself, too.
func (v *Verifier) Inspect(ctx context.Context, token string) (*Access, error) {
	claims, _, err := v.genuine(ctx, token)
	switch {
	case err != nil:
		return nil, err
	case claims.Subject != claims.ClientID || claims.Username != "":
		return v.Bound(ctx, token, claims.Confirm.Thumbprint)
	}
	return v.machine(ctx, token)
}

// InspectRefresh gives the session of a refresh token that works for a client, and its user; a fault Denied when it does
// not.
func (v *Verifier) InspectRefresh(ctx context.Context, c *directory.Client, token string) (*Session, *directory.User, error) {
	t, ok := openRefresh(v.Sealer, token)
	now := moment(v.Now)
	if !ok || t.ClientID != c.ID || t.PoolID != c.PoolID || now.UnixMilli() >= t.ExpiresAt {
		return nil, nil, badRefresh()
	}
	s, user, err := v.owner(ctx, t, now, nil)
	if err == nil && accepts(s, t.ID, c, now) == stale {
		err = fault.Deniedf("Invalid Refresh Token")
	}
	return s, user, err
}
