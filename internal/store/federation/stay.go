package federation

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// SaveStay keeps a stay in the place of the one that its browser had. An unknown user is a fault Missing/User.
func (s *Store) SaveStay(ctx context.Context, y *federation.Stay) error {
	_, err := s.Exec(ctx, `INSERT INTO provider_stays (pool_id, browser_id, user_id, provider, name, doc, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (pool_id, browser_id) DO UPDATE SET user_id = excluded.user_id,
		provider = excluded.provider, name = excluded.name, doc = excluded.doc, expires_at = excluded.expires_at`,
		y.PoolID, y.BrowserID, y.UserID, y.Provider, y.Name, y.Sealed, rows.Millis(y.ExpiresAt))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("save stay", err)
}

const (
	stayColumns = "pool_id, browser_id, user_id, provider, name, doc, expires_at"
	staysOf     = "SELECT " + stayColumns + ` FROM provider_stays WHERE pool_id = $1 AND provider = $2 AND name = $3
		AND expires_at > $4 ORDER BY browser_id LIMIT $5 + 0`
)

// HasStay tells whether a browser has a stay that has not ended.
func (s *Store) HasStay(ctx context.Context, poolID, browserID string, now time.Time) (bool, error) {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int],
		"SELECT 1 FROM provider_stays WHERE pool_id = $1 AND browser_id = $2 AND expires_at > $3", poolID, browserID, rows.Millis(now))
	return found, database.Failed("look for stay", err)
}

// TakeStay removes the stay of a browser and gives it, if it has not ended; nil: there is none.
func (s *Store) TakeStay(ctx context.Context, poolID, browserID string, now time.Time) (y *federation.Stay, err error) {
	err = s.Update(ctx, "take stay", func(ctx context.Context) (err error) {
		y, _, err = rows.One(ctx, s.Conn(ctx), scanStay,
			"DELETE FROM provider_stays WHERE pool_id = $1 AND browser_id = $2 AND expires_at > $3 RETURNING "+stayColumns,
			poolID, browserID, rows.Millis(now))
		return err
	})
	return y, err
}

// StaysOf lists the stays that have not ended of whom a provider calls by a name, a digest.
func (s *Store) StaysOf(ctx context.Context, poolID, provider, name string, now time.Time, limit int) ([]*federation.Stay, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanStay, staysOf, poolID, provider, name, rows.Millis(now), limit)
	return list, database.Failed("list stays", err)
}

// DropExpiredStays removes stays that ended before a time.
func (s *Store) DropExpiredStays(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired stays", s.Drop(ctx, `DELETE FROM provider_stays WHERE (pool_id, browser_id) IN
		(SELECT pool_id, browser_id FROM provider_stays WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

func scanStay(row rows.Scanner) (*federation.Stay, error) {
	y := &federation.Stay{}
	var expires int64
	if err := row.Scan(&y.PoolID, &y.BrowserID, &y.UserID, &y.Provider, &y.Name, &y.Sealed, &expires); err != nil {
		return nil, err
	}
	y.ExpiresAt = rows.Time(expires)
	return y, nil
}

var _ federation.StayStore = (*Store)(nil)
