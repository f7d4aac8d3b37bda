package session

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// Consume marks an id as used until a time and reports whether this was the first time.
func (s *Store) Consume(ctx context.Context, id string, expires time.Time) (first bool, err error) {
	n, err := s.Exec(ctx, "INSERT INTO marks (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		database.IndexKey(id), rows.Millis(expires))
	return n == 1 && err == nil, database.Failed("consume", err)
}

// Consumed reports whether an id is used up.
func (s *Store) Consumed(ctx context.Context, id string) (bool, error) {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM marks WHERE id = $1", database.IndexKey(id))
	return found, database.Failed("look for mark", err)
}

// DropExpiredMarks removes marks that ended before a time.
func (s *Store) DropExpiredMarks(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired marks", s.Drop(ctx,
		"DELETE FROM marks WHERE id IN (SELECT id FROM marks WHERE expires_at < $1 LIMIT $2 + 0)", before))
}
