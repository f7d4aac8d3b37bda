package session

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertBrowserSession adds a browser session. An unknown user is a fault Missing/User.
func (s *Store) InsertBrowserSession(ctx context.Context, b *authorize.Session) error {
	amr, err := database.Encode(b.AMR)
	if err != nil {
		return database.Failed("insert browser session", err)
	}
	_, err = s.Exec(ctx, `INSERT INTO browser_sessions (id, hash, pool_id, user_id, provider, amr, auth_time, user_agent,
		address, created_at, expires_at, level) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		b.ID, b.Hash, b.PoolID, b.UserID, b.Provider, amr, rows.Millis(b.AuthTime), b.UserAgent, b.Address,
		rows.Millis(b.CreatedAt), rows.Millis(b.ExpiresAt), b.Level)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("insert browser session", err)
}

const selectBrowserSession = `SELECT id, hash, pool_id, user_id, provider, amr, auth_time, user_agent, address, created_at,
	expires_at, level FROM browser_sessions`

// BrowserSession reads a browser session by the digest of its secret; nil when there is none.
func (s *Store) BrowserSession(ctx context.Context, hash string) (*authorize.Session, error) {
	b, _, err := rows.One(ctx, s.Conn(ctx), scanBrowserSession, selectBrowserSession+" WHERE hash = $1", hash)
	return b, database.Failed("read browser session", err)
}

// ListBrowserSessions lists the browser sessions of a user that have not ended, newest first.
func (s *Store) ListBrowserSessions(ctx context.Context, poolID, userID string, now time.Time, limit int) ([]*authorize.Session, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanBrowserSession, selectBrowserSession+` WHERE pool_id = $1 AND user_id = $2
		AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT $4 + 0`, poolID, userID, rows.Millis(now), limit)
	return list, database.Failed("list browser sessions", err)
}

// DeleteBrowserSession removes one browser session of a user and reports whether it was there.
func (s *Store) DeleteBrowserSession(ctx context.Context, poolID, userID, id string) (bool, error) {
	n, err := s.Exec(ctx, "DELETE FROM browser_sessions WHERE pool_id = $1 AND user_id = $2 AND id = $3", poolID, userID, id)
	return n > 0, database.Failed("delete browser session", err)
}

// DeleteBrowserSessions removes all browser sessions of a user.
func (s *Store) DeleteBrowserSessions(ctx context.Context, poolID, userID string) error {
	_, err := s.Exec(ctx, "DELETE FROM browser_sessions WHERE pool_id = $1 AND user_id = $2", poolID, userID)
	return database.Failed("delete browser sessions", err)
}

// DropExpiredBrowserSessions removes browser sessions that ended before a time.
func (s *Store) DropExpiredBrowserSessions(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired browser sessions", s.Drop(ctx, `DELETE FROM browser_sessions WHERE id IN
		(SELECT id FROM browser_sessions WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

func scanBrowserSession(row rows.Scanner) (*authorize.Session, error) {
	b := &authorize.Session{}
	var amr string
	var auth, created, expires int64
	if err := row.Scan(&b.ID, &b.Hash, &b.PoolID, &b.UserID, &b.Provider, &amr, &auth, &b.UserAgent, &b.Address, &created,
		&expires, &b.Level); err != nil {
		return nil, err
	}
	b.AuthTime, b.CreatedAt, b.ExpiresAt = rows.Time(auth), rows.Time(created), rows.Time(expires)
	return b, database.Decode(amr, &b.AMR)
}

var _ authorize.Store = (*Store)(nil)
