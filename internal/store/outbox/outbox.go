package outbox

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/store/database"
)

// KeepMessage inserts a message that waits to be sent, and removes those that it makes useless. An unknown user is a
// fault Missing/User, an unknown pool a fault Missing.
func (s *Store) KeepMessage(ctx context.Context, r outbox.Row) error {
	return s.Update(ctx, "keep message", func(ctx context.Context) error {
		if r.Topic != "" {
			_, err := s.Conn(ctx).Exec(ctx, "DELETE FROM outbox WHERE pool_id = $1 AND user_id = $2 AND topic = $3", r.PoolID, r.UserID, r.Topic)
			if err != nil {
				return err
			}
		}
		var user any
		if r.UserID != "" {
			user = r.UserID
		}
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO outbox (id, pool_id, user_id, topic, sealed, lease, tries, due_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			r.ID, r.PoolID, user, r.Topic, database.NotNull(r.Sealed), r.Lease, r.Tries, rows.Millis(r.DueAt), rows.Millis(r.ExpiresAt))
		switch {
		case s.Violation(err) != rows.ForeignKey:
			return err
		case r.UserID == "":
			return fault.NoPool(r.PoolID).Because(err)
		}
		return fault.NoUser().Because(err)
	})
}

const selectDue = `SELECT id, pool_id, user_id, topic, sealed, tries, expires_at FROM outbox WHERE due_at <= $1
	ORDER BY due_at LIMIT $2 + 0`

// ClaimMessages takes up to n messages that are due. Nodes that claim at once get different ones.
func (s *Store) ClaimMessages(ctx context.Context, lease string, now, until time.Time, n int) (out []outbox.Row, err error) {
	// Most looks find nothing, and need not wait for writers.
	_, due, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM outbox WHERE due_at <= $1 LIMIT 1", rows.Millis(now))
	if err != nil || !due {
		return nil, database.Failed("look for messages", err)
	}
	err = s.Update(ctx, "claim messages", func(ctx context.Context) (err error) {
		out, err = rows.All(ctx, s.Conn(ctx), scanDue, selectDue+s.ForUpdate(), rows.Millis(now), n)
		if err != nil {
			return err
		}
		for i := range out {
			out[i].Tries, out[i].Lease, out[i].DueAt = out[i].Tries+1, lease, until
			_, err := s.Conn(ctx).Exec(ctx, "UPDATE outbox SET lease = $2, tries = $3, due_at = $4 WHERE id = $1",
				out[i].ID, lease, out[i].Tries, rows.Millis(until))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// WaitingMessages counts the messages that are not taken yet.
func (s *Store) WaitingMessages(ctx context.Context) (int, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT COUNT(*) FROM outbox")
	return n, database.Failed("count messages", err)
}

// PostponeMessage puts a message back until it is due, if its lease still holds.
func (s *Store) PostponeMessage(ctx context.Context, r outbox.Row) error {
	_, err := s.Exec(ctx, "UPDATE outbox SET sealed = $3, tries = $4, due_at = $5, lease = '' WHERE id = $1 AND lease = $2",
		r.ID, r.Lease, database.NotNull(r.Sealed), r.Tries, rows.Millis(r.DueAt))
	return database.Failed("postpone message", err)
}

// DropMessage removes a message, if its lease still holds.
func (s *Store) DropMessage(ctx context.Context, id, lease string) error {
	_, err := s.Exec(ctx, "DELETE FROM outbox WHERE id = $1 AND lease = $2", id, lease)
	return database.Failed("drop message", err)
}

func scanDue(row rows.Scanner) (r outbox.Row, err error) {
	var user *string
	var expires int64
	err = row.Scan(&r.ID, &r.PoolID, &user, &r.Topic, &r.Sealed, &r.Tries, &expires)
	if user != nil {
		r.UserID = *user
	}
	r.ExpiresAt = rows.Time(expires)
	return r, err
}

var _ outbox.Store = (*Store)(nil)
