package pool

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertPool adds a pool; a taken id is a fault Exists.
func (s *Store) InsertPool(ctx context.Context, p *directory.Pool) error {
	doc, err := database.Encode(p)
	if err != nil {
		return database.Failed("insert pool", err)
	}
	n, err := s.Exec(ctx, "INSERT INTO pools (id, created_at, modified_at, doc) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
		p.ID, rows.Millis(p.CreatedAt), rows.Millis(p.ModifiedAt), doc)
	if err == nil && n == 0 {
		return fault.Newf(fault.Exists, "", "User pool %s already exists.", p.ID)
	}
	return database.Failed("insert pool", err)
}

const selectPool = "SELECT doc, created_at, modified_at FROM pools"

// Pool reads a pool.
func (s *Store) Pool(ctx context.Context, id string) (*directory.Pool, error) {
	return s.pool(ctx, selectPool+" WHERE id = $1", id)
}

func (s *Store) pool(ctx context.Context, query, id string) (*directory.Pool, error) {
	p, found, err := rows.One(ctx, s.Conn(ctx), scanPool, query, id)
	if err == nil && !found {
		return nil, fault.NoPool(id)
	}
	return p, database.Failed("read pool", err)
}

// UpdatePool changes a pool by a function of its old value.
func (s *Store) UpdatePool(ctx context.Context, id string, change func(*directory.Pool) error) error {
	return s.Update(ctx, "update pool", func(ctx context.Context) error {
		p, err := s.pool(ctx, selectPool+" WHERE id = $1"+s.ForUpdate(), id)
		if err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		p.ID = id
		doc, err := database.Encode(p)
		if err != nil {
			return err
		}
		if _, err = s.Conn(ctx).Exec(ctx, "UPDATE pools SET created_at = $2, modified_at = $3, doc = $4 WHERE id = $1",
			id, rows.Millis(p.CreatedAt), rows.Millis(p.ModifiedAt), doc); err != nil {
			return err
		}
		return s.Tell(ctx, database.Change{Kind: database.PoolKind, Pool: id})
	})
}

// DeletePool removes a pool and everything in it.
func (s *Store) DeletePool(ctx context.Context, id string) error {
	return s.Update(ctx, "delete pool", func(ctx context.Context) error {
		n, err := s.Conn(ctx).Exec(ctx, "DELETE FROM pools WHERE id = $1", id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.NoPool(id)
		}
		for _, kind := range []database.Kind{database.PoolKind, database.ClientKind, database.KeyKind} {
			if err := s.Tell(ctx, database.Change{Kind: kind, Pool: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ListPools lists pools after a position, oldest first.
func (s *Store) ListPools(ctx context.Context, after directory.Position, limit int) ([]*directory.Pool, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanPool,
		selectPool+" WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3 + 0", after.CreatedAt, after.ID, limit)
	return list, database.Failed("list pools", err)
}

// CountUsers counts the users of a pool, by walking an index.
func (s *Store) CountUsers(ctx context.Context, poolID string) (int, error) {
	n, _, err := rows.One(ctx, s.Stale(ctx), rows.Value[int], "SELECT count(*) FROM users WHERE pool_id = $1", poolID)
	return n, database.Failed("count users", err)
}

func scanPool(row rows.Scanner) (*directory.Pool, error) {
	var doc string
	var created, modified int64
	if err := row.Scan(&doc, &created, &modified); err != nil {
		return nil, err
	}
	p := &directory.Pool{}
	if err := database.Decode(doc, p); err != nil {
		return nil, err
	}
	p.CreatedAt, p.ModifiedAt = rows.Time(created), rows.Time(modified)
	return p, nil
}

var _ directory.PoolStore = (*Store)(nil)
