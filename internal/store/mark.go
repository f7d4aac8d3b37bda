package store

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// Consume marks an id as used until a time and reports whether this was the first time.
func (s *Store) Consume(ctx context.Context, id string, expires time.Time) (first bool, err error) {
	n, err := s.exec(ctx, "INSERT INTO marks (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		aliasKey(id), rows.Millis(expires))
	return n == 1 && err == nil, failed("consume", err)
}

// Consumed reports whether an id is used up.
func (s *Store) Consumed(ctx context.Context, id string) (bool, error) {
	_, found, err := rows.One(ctx, s.conn(ctx), rows.Value[int], "SELECT 1 FROM marks WHERE id = $1", aliasKey(id))
	return found, failed("look for mark", err)
}

// DropExpiredMarks removes marks that ended before a time.
func (s *Store) DropExpiredMarks(ctx context.Context, before time.Time) error {
	return failed("drop expired marks", s.drop(ctx,
		"DELETE FROM marks WHERE id IN (SELECT id FROM marks WHERE expires_at < $1 LIMIT $2 + 0)", before))
}
