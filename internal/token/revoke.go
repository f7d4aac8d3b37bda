package token

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Sessions ends sessions by their refresh tokens.
type Sessions struct{ Parts }

// NewSessions makes the service.
func NewSessions(p Parts) *Sessions { return &Sessions{p} }

// Revoke ends the session of a refresh token, and with it the access tokens of the same origin_jti. The caller has
// authenticated the client. A session that has ended already is a success; another client's token is Denied of
// Client, another kind of token Unsupported of TokenType, a client without revocation Unsupported.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
func (s *Sessions) Revoke(ctx context.Context, c *directory.Client, token string) error {
	if !c.TokenRevocation {
		return fault.New(fault.Unsupported, "", "This feature is not enabled for this client")
	}
	t, ok := openRefresh(s.Sealer, token)
	switch {
	case !ok && strings.Count(token, ".") == 2:
		return fault.New(fault.Unsupported, fault.TokenType, "Token type is not supported.")
	case !ok:
		return fault.Invalidf("Invalid Refresh Token")
	case t.ClientID != c.ID:
		return fault.New(fault.Denied, fault.Client, "The token was not issued to this client.")
	}
	return revoke(ctx, s.Sessions, t.SessionID, moment(s.Now))
}

// End ends the session of an id. One that has ended or never began is no error.
func (s *Sessions) End(ctx context.Context, id string) error {
	return revoke(ctx, s.Sessions, id, moment(s.Now))
}

// revoke marks a session as ended, once. A session that is gone stays gone.
func revoke(ctx context.Context, store SessionStore, id string, at time.Time) error {
	known, err := store.Session(ctx, id)
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	if known != nil {
		audit.Note(ctx, func(r *audit.Record) { r.Pool, r.User = known.PoolID, known.UserID })
	}
	if known == nil || !known.RevokedAt.IsZero() {
		return nil
	}
	err = store.UpdateSession(ctx, id, func(s *Session) error {
		if s.RevokedAt.IsZero() {
			s.RevokedAt = at
		}
		return nil
	})
	if err != nil && !fault.Is(err, fault.Missing, "") {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}
