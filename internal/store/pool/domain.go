package pool

import (
	"context"

	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertDomain adds a domain; a name that any pool has is a fault Exists, a second domain of its kind in the pool a fault
// Limited, an unknown pool a fault Missing.
func (s *Store) InsertDomain(ctx context.Context, d *domain.Domain) error {
	return s.Update(ctx, "insert domain", func(ctx context.Context) error {
		count := "SELECT count(*) FROM domains WHERE pool_id = $1 AND custom = 0"
		if d.Custom {
			count = "SELECT count(*) FROM domains WHERE pool_id = $1 AND custom = 1"
		}
		if err := Room(ctx, s.SQL, d.PoolID, count, 1, "domains of a kind"); err != nil {
			return err
		}
		doc, err := database.Encode(d.Settings)
		if err != nil {
			return err
		}
		n, err := s.Telling(ctx, database.Change{Kind: database.DomainKind, Pool: d.PoolID, ID: d.Name})(
			s.Conn(ctx).Exec(ctx, `INSERT INTO domains (name, pool_id, custom, doc, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
				d.Name, d.PoolID, database.Flag(d.Custom), doc, rows.Millis(d.CreatedAt), rows.Millis(d.ModifiedAt)))
		if err == nil && n == 0 {
			return fault.New(fault.Exists, "", "Domain already associated with another user pool.")
		}
		return err
	})
}

const selectDomain = "SELECT name, pool_id, doc, created_at, modified_at FROM domains"

// Domain reads a domain, nil when nobody has the name.
func (s *Store) Domain(ctx context.Context, name string) (*domain.Domain, error) {
	d, found, err := rows.One(ctx, s.Conn(ctx), scanDomain, selectDomain+" WHERE name = $1", name)
	if err != nil || !found {
		return nil, database.Failed("read domain", err)
	}
	return d, nil
}

// UpdateDomain changes a domain of a pool by a function of its old value and returns the new one, nil when the pool has
// none of the name.
func (s *Store) UpdateDomain(ctx context.Context, poolID, name string, change func(*domain.Domain) error) (*domain.Domain, error) {
	var changed *domain.Domain
	err := s.Update(ctx, "update domain", func(ctx context.Context) error {
		changed = nil
		d, found, err := rows.One(ctx, s.Conn(ctx), scanDomain, selectDomain+" WHERE name = $1 AND pool_id = $2"+s.ForUpdate(), name, poolID)
		if err != nil || !found {
			return err
		}
		custom := d.Custom
		if err := change(d); err != nil {
			return err
		}
		d.PoolID, d.Name, d.Custom = poolID, name, custom
		doc, err := database.Encode(d.Settings)
		if err != nil {
			return err
		}
		changed = d
		_, err = s.Telling(ctx, database.Change{Kind: database.DomainKind, Pool: poolID, ID: name})(
			s.Conn(ctx).Exec(ctx, "UPDATE domains SET doc = $2, created_at = $3, modified_at = $4 WHERE name = $1",
				name, doc, rows.Millis(d.CreatedAt), rows.Millis(d.ModifiedAt)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteDomain removes a domain of a pool.
func (s *Store) DeleteDomain(ctx context.Context, poolID, name string) (deleted bool, err error) {
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.DomainKind, Pool: poolID, ID: name}, "DELETE FROM domains WHERE name = $1 AND pool_id = $2", name, poolID)
	return n > 0, database.Failed("delete domain", err)
}

// DomainsOf lists the domains of a pool, the prefix first.
func (s *Store) DomainsOf(ctx context.Context, poolID string) ([]*domain.Domain, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanDomain, selectDomain+" WHERE pool_id = $1 ORDER BY custom", poolID)
	return list, database.Failed("list domains", err)
}

func scanDomain(row rows.Scanner) (*domain.Domain, error) {
	d := &domain.Domain{}
	var doc string
	var created, modified int64
	if err := row.Scan(&d.Name, &d.PoolID, &doc, &created, &modified); err != nil {
		return nil, err
	}
	d.CreatedAt, d.ModifiedAt = rows.Time(created), rows.Time(modified)
	return d, database.Decode(doc, &d.Settings)
}

var _ domain.Store = (*Store)(nil)
