package store

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/rows"
)

// Keys lists the keys of a pool that are published at a time, newest first.
func (s *Store) Keys(ctx context.Context, poolID string, at time.Time) ([]key.Stored, error) {
	list, err := rows.All(ctx, s.conn(ctx), scanKey, `SELECT pool_id, kid, used_for, private, public, created_at, retired_at,
		publish_until FROM signing_keys WHERE pool_id = $1 AND (retired_at = 0 OR publish_until > $2)
		ORDER BY created_at DESC, kid`, poolID, rows.Millis(at))
	return list, failed("list keys", err)
}

// errLost undoes a PutActiveKey that came second.
var errLost = errors.New("another key is active")

// PutActiveKey makes k the signing key of its pool and use, in place of the expected one; won is false, and nothing is
// changed, when another key is active. An unknown pool is a fault Missing.
func (s *Store) PutActiveKey(ctx context.Context, k key.Stored, expected string, publishUntil time.Time) (won bool, err error) {
	err = s.update(ctx, "put active key", func(ctx context.Context) error {
		active, found, err := rows.One(ctx, s.conn(ctx), rows.Value[string],
			"SELECT kid FROM signing_keys WHERE pool_id = $1 AND used_for = $2 AND retired_at = 0"+s.lock,
			k.PoolID, string(k.Use))
		if err != nil {
			return err
		}
		if found {
			if active != expected {
				return errLost
			}
			if _, err := s.conn(ctx).Exec(ctx,
				"UPDATE signing_keys SET retired_at = $3, publish_until = $4 WHERE pool_id = $1 AND kid = $2",
				k.PoolID, active, rows.Millis(k.CreatedAt), rows.Millis(publishUntil)); err != nil {
				return err
			}
		}
		n, err := s.telling(ctx, Change{Kind: KeyKind, Pool: k.PoolID})(
			s.conn(ctx).Exec(ctx, `INSERT INTO signing_keys
			(pool_id, kid, used_for, private, public, created_at, retired_at, publish_until)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT DO NOTHING`,
				k.PoolID, k.KID, string(k.Use), notNull(k.Private), notNull(k.Public), rows.Millis(k.CreatedAt)))
		switch {
		case s.engine.Violation(err) == rows.ForeignKey:
			return fault.NoPool(k.PoolID).Because(err)
		case err == nil && n == 0:
			return errLost
		}
		return err
	})
	if errors.Is(err, errLost) {
		return false, nil
	}
	return err == nil, err
}

// DropExpiredKeys removes keys that are no longer published.
func (s *Store) DropExpiredKeys(ctx context.Context, at time.Time) error {
	_, err := s.exec(ctx, "DELETE FROM signing_keys WHERE retired_at <> 0 AND publish_until <= $1", rows.Millis(at))
	return failed("drop expired keys", err)
}

func scanKey(row rows.Scanner) (k key.Stored, err error) {
	var use string
	var created, retired, until int64
	err = row.Scan(&k.PoolID, &k.KID, &use, &k.Private, &k.Public, &created, &retired, &until)
	k.Use, k.CreatedAt = key.Use(use), rows.Time(created)
	k.RetiredAt, k.PublishUntil = rows.Time(retired), rows.Time(until)
	return k, err
}

var _ key.Store = (*Store)(nil)
