package federation

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertTrip keeps a sealed trip under a digest until a time. An unknown pool is a fault Missing.
func (s *Store) InsertTrip(ctx context.Context, hash, poolID, sealed string, until time.Time) error {
	_, err := s.Exec(ctx, "INSERT INTO provider_trips (hash, pool_id, doc, expires_at) VALUES ($1, $2, $3, $4)",
		hash, poolID, sealed, rows.Millis(until))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoPool(poolID).Because(err)
	}
	return database.Failed("insert trip", err)
}

// TakeTrip removes a trip of a pool that has not ended, and gives it; empty: there is none.
func (s *Store) TakeTrip(ctx context.Context, hash, poolID string, now time.Time) (sealed string, err error) {
	err = s.Update(ctx, "take trip", func(ctx context.Context) (err error) {
		sealed, _, err = rows.One(ctx, s.Conn(ctx), rows.Value[string],
			"DELETE FROM provider_trips WHERE hash = $1 AND pool_id = $2 AND expires_at > $3 RETURNING doc", hash, poolID, rows.Millis(now))
		return err
	})
	if err != nil {
		return "", err
	}
	return sealed, nil
}

// DropExpiredTrips removes trips that ended before a time.
func (s *Store) DropExpiredTrips(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired trips", s.Drop(ctx, `DELETE FROM provider_trips WHERE hash IN
		(SELECT hash FROM provider_trips WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

var _ federation.TripStore = (*Store)(nil)
