package workspace

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/workspace"
)

const connectionCredentials = "connection-credentials"

// InsertConnection adds a connection; a taken id is a fault Exists, one more than max in the workspace a fault Limited, an
// unknown workspace a fault Missing.
func (s *Store) InsertConnection(ctx context.Context, c *workspace.Connection, max int) error {
	return s.Update(ctx, "insert connection", func(ctx context.Context) error {
		w, err := s.workspace(ctx, selectWorkspace+" WHERE id = $1"+s.ForUpdate(), c.WorkspaceID)
		if err != nil {
			return err
		}
		if err := s.apart(ctx, w.PoolID, c.ID); err != nil {
			return err
		}
		n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM workspace_connections WHERE workspace_id = $1", c.WorkspaceID)
		if err != nil {
			return err
		}
		if n >= max {
			return fault.Limitedf("A workspace can have at most %d connections.", max)
		}
		doc, credentials, err := s.connectionColumns(c)
		if err != nil {
			return err
		}
		added, err := s.Conn(ctx).Exec(ctx, `INSERT INTO workspace_connections
			(id, workspace_id, display_order, stamp, created_at, modified_at, doc, credentials, first_issuer)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			c.ID, c.WorkspaceID, c.DisplayOrder, c.Stamp, rows.Millis(c.CreatedAt), rows.Millis(c.ModifiedAt), doc, credentials, c.FirstIssuer)
		if err == nil && added == 0 {
			return fault.Newf(fault.Exists, fault.Provider, "There is a connection %s already.", c.ID)
		}
		return err
	})
}

// apart refuses a connection whose people would be called as those of a provider of the pool are: each could speak for the other's. A
// provider that is being made is waited for.
func (s *Store) apart(ctx context.Context, poolID, id string) error {
	if _, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM pools WHERE id = $1"+s.ForUpdate(), poolID); err != nil {
		return err
	}
	_, taken, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], `SELECT 1 FROM providers
		WHERE pool_id = $1 AND lower(substr(name || '_', 1, length(CAST($2 AS TEXT)))) = lower(CAST($2 AS TEXT)) LIMIT 1`, poolID, id+"_")
	if err == nil && taken {
		return fault.Newf(fault.Exists, fault.Provider, "A connection or provider of the pool has the name %s already.", id)
	}
	return err
}

const selectConnection = "SELECT id, workspace_id, display_order, stamp, created_at, modified_at, doc, credentials, first_issuer FROM workspace_connections"

// Connection reads a connection with its credentials.
func (s *Store) Connection(ctx context.Context, workspaceID, id string) (*workspace.Connection, error) {
	return s.connection(ctx, selectConnection+" WHERE id = $1 AND workspace_id = $2", workspaceID, id)
}

func (s *Store) connection(ctx context.Context, query, workspaceID, id string) (*workspace.Connection, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), s.scanConnection, query, id, workspaceID)
	if err == nil && !found {
		return nil, workspace.NoConnection()
	}
	return c, database.Failed("read connection", err)
}

// UpdateConnection changes a connection by a function of its old value and returns the new one.
func (s *Store) UpdateConnection(ctx context.Context, workspaceID, id string, change func(*workspace.Connection) error) (*workspace.Connection, error) {
	var changed *workspace.Connection
	err := s.Update(ctx, "update connection", func(ctx context.Context) error {
		c, err := s.connection(ctx, selectConnection+" WHERE id = $1 AND workspace_id = $2"+s.ForUpdate(), workspaceID, id)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		c.ID, c.WorkspaceID = id, workspaceID
		doc, credentials, err := s.connectionColumns(c)
		if err != nil {
			return err
		}
		changed = c
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE workspace_connections
			SET display_order = $2, stamp = $3, created_at = $4, modified_at = $5, doc = $6, credentials = $7, first_issuer = $8 WHERE id = $1`,
			id, c.DisplayOrder, c.Stamp, rows.Millis(c.CreatedAt), rows.Millis(c.ModifiedAt), doc, credentials, c.FirstIssuer)
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteConnection removes a connection.
func (s *Store) DeleteConnection(ctx context.Context, workspaceID, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM workspace_connections WHERE id = $1 AND workspace_id = $2", id, workspaceID)
	if err == nil && n == 0 {
		return workspace.NoConnection()
	}
	return database.Failed("delete connection", err)
}

// Connections lists the connections of a workspace in the order in which people see them.
func (s *Store) Connections(ctx context.Context, workspaceID string) ([]*workspace.Connection, error) {
	list, err := rows.All(ctx, s.Conn(ctx), s.scanConnection, selectConnection+" WHERE workspace_id = $1 ORDER BY display_order, id", workspaceID)
	return list, database.Failed("list connections", err)
}

var errNoConnectionSealer = errors.New("this store has no key to seal the credentials of connections with")

// SealedCredentials is how the credentials of connections are sealed.
func SealedCredentials() secret.Kind {
	return secret.Kind{Purpose: connectionCredentials, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

func (s *Store) connectionColumns(c *workspace.Connection) (doc string, credentials []byte, err error) {
	if doc, err = database.Encode(c); err != nil || len(c.Credentials) == 0 {
		return doc, nil, err
	}
	if s.sealer == nil {
		return "", nil, errNoConnectionSealer
	}
	plain, err := database.Encode(c.Credentials)
	if err != nil {
		return "", nil, err
	}
	return doc, s.sealer.Seal(connectionCredentials, []byte(plain), []byte(c.ID)), nil
}

func (s *Store) scanConnection(row rows.Scanner) (*workspace.Connection, error) {
	var id, workspaceID, doc, firstIssuer string
	var order, stamp int
	var created, modified int64
	var credentials []byte
	if err := row.Scan(&id, &workspaceID, &order, &stamp, &created, &modified, &doc, &credentials, &firstIssuer); err != nil {
		return nil, err
	}
	c := &workspace.Connection{}
	if err := database.Decode(doc, c); err != nil {
		return nil, err
	}
	c.ID, c.WorkspaceID, c.DisplayOrder, c.Stamp, c.CreatedAt, c.ModifiedAt, c.FirstIssuer = id, workspaceID, order, stamp, rows.Time(created), rows.Time(modified), firstIssuer
	if len(credentials) == 0 {
		return c, nil
	}
	if s.sealer == nil {
		return nil, errNoConnectionSealer
	}
	plain, err := s.sealer.Open(connectionCredentials, credentials, []byte(id))
	if err != nil {
		return nil, err
	}
	return c, database.Decode(string(plain), &c.Credentials)
}

var _ workspace.ConnectionStore = (*Store)(nil)
