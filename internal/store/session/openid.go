package session

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertPushed keeps a pushed authorization request. An unknown pool is a fault Missing.
func (s *Store) InsertPushed(ctx context.Context, p *authorize.Pushed) error {
	doc, err := database.Encode(p)
	if err != nil {
		return database.Failed("insert pushed request", err)
	}
	_, err = s.Exec(ctx, "INSERT INTO pushed_requests (hash, pool_id, client_id, doc, begun, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		p.Hash, p.PoolID, p.ClientID, doc, database.Flag(p.Begun), rows.Millis(p.ExpiresAt))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoPool(p.PoolID).Because(err)
	}
	return database.Failed("insert pushed request", err)
}

// Pushed reads a pushed request by the digest of its secret; nil when there is none.
func (s *Store) Pushed(ctx context.Context, hash string) (*authorize.Pushed, error) {
	p, _, err := rows.One(ctx, s.Conn(ctx), scanPushed,
		"SELECT hash, pool_id, client_id, doc, begun, expires_at FROM pushed_requests WHERE hash = $1", hash)
	return p, database.Failed("read pushed request", err)
}

func scanPushed(row rows.Scanner) (*authorize.Pushed, error) {
	p := &authorize.Pushed{}
	var doc string
	var begun int
	var expires int64
	if err := row.Scan(&p.Hash, &p.PoolID, &p.ClientID, &doc, &begun, &expires); err != nil {
		return nil, err
	}
	p.Begun, p.ExpiresAt = begun != 0, rows.Time(expires)
	return p, database.Decode(doc, p)
}

// BeginPushed marks a pushed request as begun, once, and moves its end.
func (s *Store) BeginPushed(ctx context.Context, hash string, until time.Time) error {
	_, err := s.Exec(ctx, "UPDATE pushed_requests SET begun = 1, expires_at = $2 WHERE hash = $1 AND begun = 0", hash, rows.Millis(until))
	return database.Failed("begin pushed request", err)
}

// DeletePushed removes a pushed request and reports whether it was there.
func (s *Store) DeletePushed(ctx context.Context, hash string) (bool, error) {
	n, err := s.Exec(ctx, "DELETE FROM pushed_requests WHERE hash = $1", hash)
	return n > 0, database.Failed("delete pushed request", err)
}

// DropExpiredPushed removes pushed requests that ended before a time.
func (s *Store) DropExpiredPushed(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired pushed requests", s.Drop(ctx, `DELETE FROM pushed_requests WHERE hash IN
		(SELECT hash FROM pushed_requests WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

// InsertNotice puts down what a client has to be told. An unknown pool is a fault Missing.
func (s *Store) InsertNotice(ctx context.Context, n *authorize.Notice) error {
	doc, err := database.Encode(n)
	if err != nil {
		return database.Failed("insert notice", err)
	}
	_, err = s.Exec(ctx, "INSERT INTO signout_notices (id, pool_id, client_id, doc, tries, due_at) VALUES ($1, $2, $3, $4, $5, $6)",
		n.ID, n.PoolID, n.ClientID, doc, n.Tries, rows.Millis(n.DueAt))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoPool(n.PoolID).Because(err)
	}
	return database.Failed("insert notice", err)
}

// TakeNotices gives notices that are due, the oldest first, and makes each due again later, so that one node tells it. Each
// has its tries counted.
func (s *Store) TakeNotices(ctx context.Context, now, again time.Time, limit int) ([]*authorize.Notice, error) {
	const query = "SELECT id, pool_id, client_id, doc, tries, due_at FROM signout_notices WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2 + 0"
	due, err := rows.All(ctx, s.Conn(ctx), scanNotice, query, rows.Millis(now), limit)
	if err != nil || len(due) == 0 { // nothing is written where nobody signs out
		return nil, database.Failed("look for notices", err)
	}
	err = s.Update(ctx, "take notices", func(ctx context.Context) (err error) {
		due, err = rows.All(ctx, s.Conn(ctx), scanNotice, query+s.ForUpdate(), rows.Millis(now), limit)
		for _, n := range due {
			n.Tries++
			if err == nil {
				_, err = s.Conn(ctx).Exec(ctx, "UPDATE signout_notices SET tries = $2, due_at = $3 WHERE id = $1", n.ID, n.Tries, rows.Millis(again))
			}
		}
		return err
	})
	return due, err
}

func scanNotice(row rows.Scanner) (*authorize.Notice, error) {
	n := &authorize.Notice{}
	var doc string
	var due int64
	if err := row.Scan(&n.ID, &n.PoolID, &n.ClientID, &doc, &n.Tries, &due); err != nil {
		return nil, err
	}
	n.DueAt = rows.Time(due)
	return n, database.Decode(doc, n)
}

// DeleteNotice forgets a notice; one that is gone is no error.
func (s *Store) DeleteNotice(ctx context.Context, id string) error {
	_, err := s.Exec(ctx, "DELETE FROM signout_notices WHERE id = $1", id)
	return database.Failed("delete notice", err)
}

var _ authorize.StrictStore = (*Store)(nil)
