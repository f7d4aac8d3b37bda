package limit

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/store/database"
)

// LeaseTokens takes tokens out of a bucket. The row is the time at which it is full again, in nanoseconds: a bucket for
// many requests a second needs finer steps than milliseconds.
func (s *Store) LeaseTokens(ctx context.Context, key string, r limit.Rule, want int, now time.Time) (got int, err error) {
	err = s.Update(ctx, "lease tokens", func(ctx context.Context) error {
		if _, err := s.Conn(ctx).Exec(ctx, "INSERT INTO buckets (id, full_at) VALUES ($1, 0) ON CONFLICT DO NOTHING", key); err != nil {
			return err
		}
		full, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int64], "SELECT full_at FROM buckets WHERE id = $1"+s.ForUpdate(), key)
		if err != nil {
			return err
		}
		var then time.Time
		if got, then = r.Lease(time.Unix(0, full), now, want); got == 0 {
			return nil
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE buckets SET full_at = $2 WHERE id = $1", key, then.UnixNano())
		return err
	})
	return got, err
}

// DropFullBuckets removes the buckets that are full.
func (s *Store) DropFullBuckets(ctx context.Context, now time.Time) error {
	return database.Failed("drop full buckets", s.Drop(ctx,
		"DELETE FROM buckets WHERE id IN (SELECT id FROM buckets WHERE full_at < CAST($1 AS BIGINT) * 1000000 LIMIT $2 + 0)", now))
}

// Provisioned reads the request limit that was set for a category, 0 when none was.
func (s *Store) Provisioned(ctx context.Context, category string) (int, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT value FROM provisioned_limits WHERE category = $1", category)
	return n, database.Failed("read limit", err)
}

// Provision sets the request limit of a category.
func (s *Store) Provision(ctx context.Context, category string, value int) error {
	_, err := s.Exec(ctx, `INSERT INTO provisioned_limits (category, value) VALUES ($1, $2)
		ON CONFLICT (category) DO UPDATE SET value = excluded.value`, category, value)
	return database.Failed("set limit", err)
}

var _ limit.Store = (*Store)(nil)
