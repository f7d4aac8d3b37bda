package store

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
)

// InsertTrip keeps a sealed trip under a digest until a time. An unknown pool is a fault Missing.
func (s *Store) InsertTrip(ctx context.Context, hash, poolID, sealed string, until time.Time) error {
	_, err := s.exec(ctx, "INSERT INTO provider_trips (hash, pool_id, doc, expires_at) VALUES ($1, $2, $3, $4)",
		hash, poolID, sealed, rows.Millis(until))
	if s.engine.Violation(err) == rows.ForeignKey {
		return fault.NoPool(poolID).Because(err)
	}
	return failed("insert trip", err)
}

// TakeTrip removes a trip of a pool that has not ended, and gives it; empty: there is none.
func (s *Store) TakeTrip(ctx context.Context, hash, poolID string, now time.Time) (sealed string, err error) {
	err = s.update(ctx, "take trip", func(ctx context.Context) (err error) {
		sealed, _, err = rows.One(ctx, s.conn(ctx), rows.Value[string],
			"DELETE FROM provider_trips WHERE hash = $1 AND pool_id = $2 AND expires_at > $3 RETURNING doc", hash, poolID, rows.Millis(now))
		return err
	})
	if err != nil {
		return "", err
	}
	return sealed, nil
}

func (s *Store) dropExpiredTrips(ctx context.Context, before time.Time) error {
	return failed("drop expired trips", s.drop(ctx, `DELETE FROM provider_trips WHERE hash IN
		(SELECT hash FROM provider_trips WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

var _ federation.TripStore = (*Store)(nil)
