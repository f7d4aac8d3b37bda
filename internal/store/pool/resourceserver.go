package pool

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertResourceServer adds a resource server; a taken identifier is a fault Exists, one more than max a fault Limited,
// an unknown pool a fault Missing.
func (s *Store) InsertResourceServer(ctx context.Context, r *directory.ResourceServer, max int) error {
	return s.Update(ctx, "insert resource server", func(ctx context.Context) error {
		scopes, err := database.Encode(r.Scopes)
		if err != nil {
			return err
		}
		if err := Room(ctx, s.SQL, r.PoolID, "SELECT count(*) FROM resource_servers WHERE pool_id = $1", max, "resource servers"); err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO resource_servers (pool_id, identifier, name, scopes, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			r.PoolID, r.Identifier, r.Name, scopes, rows.Millis(r.CreatedAt), rows.Millis(r.ModifiedAt))
		if err == nil && n == 0 {
			return fault.Newf(fault.Exists, "", "%s already exists in user pool %s.", r.Identifier, r.PoolID)
		}
		return err
	})
}

const selectResourceServer = "SELECT pool_id, identifier, name, scopes, created_at, modified_at FROM resource_servers"

// ResourceServer reads a resource server.
func (s *Store) ResourceServer(ctx context.Context, poolID, identifier string) (*directory.ResourceServer, error) {
	return s.resourceServer(ctx, selectResourceServer+" WHERE pool_id = $1 AND identifier = $2", poolID, identifier)
}

func (s *Store) resourceServer(ctx context.Context, query, poolID, identifier string) (*directory.ResourceServer, error) {
	r, found, err := rows.One(ctx, s.Conn(ctx), scanResourceServer, query, poolID, identifier)
	if err == nil && !found {
		return nil, noResourceServer(identifier)
	}
	return r, database.Failed("read resource server", err)
}

// UpdateResourceServer changes a resource server by a function of its old value and returns the new one.
func (s *Store) UpdateResourceServer(ctx context.Context, poolID, identifier string, change func(*directory.ResourceServer) error) (*directory.ResourceServer, error) {
	var changed *directory.ResourceServer
	err := s.Update(ctx, "update resource server", func(ctx context.Context) error {
		r, err := s.resourceServer(ctx, selectResourceServer+" WHERE pool_id = $1 AND identifier = $2"+s.ForUpdate(), poolID, identifier)
		if err != nil {
			return err
		}
		if err := change(r); err != nil {
			return err
		}
		r.PoolID, r.Identifier = poolID, identifier
		scopes, err := database.Encode(r.Scopes)
		if err != nil {
			return err
		}
		changed = r
		_, err = s.Telling(ctx, database.Change{Kind: database.ResourceKind, Pool: poolID})(s.Conn(ctx).Exec(ctx, `UPDATE resource_servers SET name = $3, scopes = $4, created_at = $5, modified_at = $6
			WHERE pool_id = $1 AND identifier = $2`,
			poolID, identifier, r.Name, scopes, rows.Millis(r.CreatedAt), rows.Millis(r.ModifiedAt)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteResourceServer removes a resource server.
func (s *Store) DeleteResourceServer(ctx context.Context, poolID, identifier string) error {
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.ResourceKind, Pool: poolID},
		"DELETE FROM resource_servers WHERE pool_id = $1 AND identifier = $2", poolID, identifier)
	if err == nil && n == 0 {
		return noResourceServer(identifier)
	}
	return database.Failed("delete resource server", err)
}

// ListResourceServers lists the resource servers of a pool after an identifier, by identifier.
func (s *Store) ListResourceServers(ctx context.Context, poolID, after string, limit int) ([]*directory.ResourceServer, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanResourceServer,
		selectResourceServer+" WHERE pool_id = $1 AND identifier > $2 ORDER BY identifier LIMIT $3 + 0", poolID, after, limit)
	return list, database.Failed("list resource servers", err)
}

func noResourceServer(identifier string) error {
	return fault.Missingf("Resource server %s does not exist.", identifier)
}

func scanResourceServer(row rows.Scanner) (*directory.ResourceServer, error) {
	r := &directory.ResourceServer{}
	var scopes string
	var created, modified int64
	if err := row.Scan(&r.PoolID, &r.Identifier, &r.Name, &scopes, &created, &modified); err != nil {
		return nil, err
	}
	r.CreatedAt, r.ModifiedAt = rows.Time(created), rows.Time(modified)
	return r, database.Decode(scopes, &r.Scopes)
}

var _ directory.ResourceStore = (*Store)(nil)
