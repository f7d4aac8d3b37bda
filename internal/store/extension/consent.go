package extension

import (
	"context"
	"slices"
	"time"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// SaveGrants remembers what somebody has agreed to; what was agreed to before is so anew. A user or client that is gone is a fault
// Missing.
func (s *Store) SaveGrants(ctx context.Context, list []consent.Grant) error {
	return s.Update(ctx, "save grants", func(ctx context.Context) error {
		for _, g := range list {
			_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO scope_grants (pool_id, user_id, client_id, scope, given_at, language) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (pool_id, user_id, client_id, scope) DO UPDATE SET given_at = excluded.given_at, language = excluded.language`,
				g.PoolID, g.UserID, g.ClientID, g.Scope, rows.Millis(g.GivenAt), g.Language)
			if s.Violation(err) == rows.ForeignKey {
				return fault.New(fault.Missing, "", "The user or the client does not exist any more.").Because(err)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Grants lists what a user has agreed to, by client and scope; an empty client: for all.
func (s *Store) Grants(ctx context.Context, poolID, userID, clientID string) ([]consent.Grant, error) {
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (g consent.Grant, err error) {
		var given int64
		err = row.Scan(&g.PoolID, &g.UserID, &g.ClientID, &g.Scope, &given, &g.Language)
		g.GivenAt = rows.Time(given)
		return g, err
	}, `SELECT pool_id, user_id, client_id, scope, given_at, language FROM scope_grants
		WHERE pool_id = $1 AND user_id = $2 AND (client_id = $3 OR $3 = '') ORDER BY client_id, scope`, poolID, userID, clientID)
	return list, database.Failed("list grants", err)
}

// DropGrants forgets some scopes that somebody had agreed to, ends the client's sessions with one of them, and takes back codes.
func (s *Store) DropGrants(ctx context.Context, poolID, userID, clientID string, scopes []string, at time.Time) error {
	if len(scopes) == 0 {
		return nil
	}
	return s.Update(ctx, "drop grants", func(ctx context.Context) error {
		for _, scope := range scopes {
			_, err := s.Conn(ctx).Exec(ctx, "DELETE FROM scope_grants WHERE pool_id = $1 AND user_id = $2 AND client_id = $3 AND scope = $4",
				poolID, userID, clientID, scope)
			if err != nil {
				return err
			}
		}
		if _, err := s.Conn(ctx).Exec(ctx, unusedCodes, poolID, userID, clientID); err != nil {
			return err
		}
		return s.endWith(ctx, poolID, userID, clientID, scopes, at)
	})
}

const unusedCodes = "DELETE FROM auth_codes WHERE pool_id = $1 AND user_id = $2 AND client_id = $3 AND session_id = ''"

// endWith ends the sessions of a client with a user that have one of some scopes.
func (s *Store) endWith(ctx context.Context, poolID, userID, clientID string, scopes []string, at time.Time) error {
	type held struct{ id, scopes string }
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (h held, err error) {
		err = row.Scan(&h.id, &h.scopes)
		return h, err
	}, "SELECT id, scopes FROM sessions WHERE pool_id = $1 AND user_id = $2 AND client_id = $3 AND revoked_at = 0", poolID, userID, clientID)
	if err != nil {
		return err
	}
	for _, h := range list {
		var has []string
		if h.scopes != "" {
			if err := database.Decode(h.scopes, &has); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(has, func(name string) bool { return slices.Contains(scopes, name) }) {
			continue
		}
		if _, err := s.Conn(ctx).Exec(ctx, "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0", h.id, rows.Millis(at)); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw forgets all that a user lets a client have, ends its sessions with the user, and takes back codes. It reports whether
// there was anything.
func (s *Store) Withdraw(ctx context.Context, poolID, userID, clientID string, at time.Time) (was bool, err error) {
	err = s.Update(ctx, "withdraw grants", func(ctx context.Context) error {
		was = false // the store may run this again
		whose := []any{poolID, userID, clientID}
		for _, one := range []struct {
			statement string
			args      []any
		}{
			{"DELETE FROM scope_grants WHERE pool_id = $1 AND user_id = $2 AND client_id = $3", whose},
			{unusedCodes, whose},
			{"UPDATE sessions SET revoked_at = $4 WHERE pool_id = $1 AND user_id = $2 AND client_id = $3 AND revoked_at = 0", append(whose, rows.Millis(at))},
		} {
			n, err := s.Conn(ctx).Exec(ctx, one.statement, one.args...)
			if err != nil {
				return err
			}
			was = was || n > 0
		}
		return nil
	})
	return was, err
}

var _ consent.Store = (*Store)(nil)
