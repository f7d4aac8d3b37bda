package identity

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertIdentityPool adds an identity pool; a taken id is a fault Exists, one more than max a fault Limited. Two callers at once may
// both take the last place.
func (s *Store) InsertIdentityPool(ctx context.Context, p *identitypool.Pool, max int) error {
	return s.Update(ctx, "insert identity pool", func(ctx context.Context) error {
		n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM identity_pools")
		if err != nil {
			return err
		}
		if n >= max {
			return fault.Limitedf("There can be at most %d identity pools.", max)
		}
		doc, err := database.Encode(p)
		if err != nil {
			return err
		}
		added, err := s.Conn(ctx).Exec(ctx, "INSERT INTO identity_pools (id, created_at, modified_at, doc) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			p.ID, rows.Millis(p.Created), rows.Millis(p.Modified), doc)
		if err == nil && added == 0 {
			return fault.New(fault.Exists, "", "The identity pool exists already.")
		}
		return err
	})
}

const selectIdentityPool = "SELECT id, created_at, modified_at, doc FROM identity_pools"

// IdentityPool reads an identity pool.
func (s *Store) IdentityPool(ctx context.Context, id string) (*identitypool.Pool, error) {
	return s.identityPool(ctx, selectIdentityPool+" WHERE id = $1", id)
}

func (s *Store) identityPool(ctx context.Context, query, id string) (*identitypool.Pool, error) {
	p, found, err := rows.One(ctx, s.Conn(ctx), scanIdentityPool, query, id)
	if err == nil && !found {
		return nil, identitypool.NoPool(id)
	}
	return p, database.Failed("read identity pool", err)
}

// UpdateIdentityPool changes an identity pool by a function of its old value and returns the new one.
func (s *Store) UpdateIdentityPool(ctx context.Context, id string, change func(*identitypool.Pool) error) (*identitypool.Pool, error) {
	var changed *identitypool.Pool
	err := s.Update(ctx, "update identity pool", func(ctx context.Context) error {
		p, err := s.identityPool(ctx, selectIdentityPool+" WHERE id = $1"+s.ForUpdate(), id)
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
		changed = p
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE identity_pools SET created_at = $2, modified_at = $3, doc = $4 WHERE id = $1",
			id, rows.Millis(p.Created), rows.Millis(p.Modified), doc)
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteIdentityPool removes an identity pool and its identities.
func (s *Store) DeleteIdentityPool(ctx context.Context, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM identity_pools WHERE id = $1", id)
	if err == nil && n == 0 {
		return identitypool.NoPool(id)
	}
	return database.Failed("delete identity pool", err)
}

// ListIdentityPools lists the identity pools after an id, by id.
func (s *Store) ListIdentityPools(ctx context.Context, after string, limit int) ([]*identitypool.Pool, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanIdentityPool, selectIdentityPool+" WHERE id > $1 ORDER BY id LIMIT $2 + 0", after, limit)
	return list, database.Failed("list identity pools", err)
}

func scanIdentityPool(row rows.Scanner) (*identitypool.Pool, error) {
	p := &identitypool.Pool{}
	var created, modified int64
	var id, doc string
	if err := row.Scan(&id, &created, &modified, &doc); err != nil {
		return nil, err
	}
	if err := database.Decode(doc, p); err != nil {
		return nil, err
	}
	p.ID, p.Created, p.Modified = id, rows.Time(created), rows.Time(modified)
	return p, nil
}

var _ identitypool.PoolStore = (*Store)(nil)
