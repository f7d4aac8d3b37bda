package pool

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store/database"
)

// InsertClient adds an app client; a taken id is a fault Exists, an unknown pool a fault Missing.
func (s *Store) InsertClient(ctx context.Context, c *directory.Client) error {
	doc, secrets, err := s.clientColumns(c)
	if err != nil {
		return database.Failed("insert client", err)
	}
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.ClientKind, Pool: c.PoolID, ID: c.ID}, `INSERT INTO clients (id, pool_id, created_at, modified_at, doc, secrets)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		c.ID, c.PoolID, rows.Millis(c.CreatedAt), rows.Millis(c.ModifiedAt), doc, secrets)
	switch {
	case s.Violation(err) == rows.ForeignKey:
		return fault.NoPool(c.PoolID).Because(err)
	case err == nil && n == 0:
		return fault.Newf(fault.Exists, fault.Client, "User pool client %s already exists.", c.ID)
	}
	return database.Failed("insert client", err)
}

const selectClient = "SELECT id, pool_id, created_at, modified_at, doc, secrets FROM clients"

// Client reads an app client with its secrets.
func (s *Store) Client(ctx context.Context, id string) (*directory.Client, error) {
	return s.client(ctx, id, selectClient+" WHERE id = $1", id)
}

func (s *Store) client(ctx context.Context, id, query string, args ...any) (*directory.Client, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), s.scanClient, query, args...)
	if err == nil && !found {
		return nil, fault.NoClient(id)
	}
	return c, database.Failed("read client", err)
}

// UpdateClient changes an app client of a pool by a function of its old value.
func (s *Store) UpdateClient(ctx context.Context, poolID, id string, change func(*directory.Client) error) error {
	return s.Update(ctx, "update client", func(ctx context.Context) error {
		c, err := s.client(ctx, id, selectClient+" WHERE id = $1 AND pool_id = $2"+s.ForUpdate(), id, poolID)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		c.ID, c.PoolID = id, poolID
		doc, secrets, err := s.clientColumns(c)
		if err != nil {
			return err
		}
		_, err = s.Telling(ctx, database.Change{Kind: database.ClientKind, Pool: poolID, ID: id})(
			s.Conn(ctx).Exec(ctx, "UPDATE clients SET created_at = $2, modified_at = $3, doc = $4, secrets = $5 WHERE id = $1",
				id, rows.Millis(c.CreatedAt), rows.Millis(c.ModifiedAt), doc, secrets))
		return err
	})
}

// DeleteClient removes an app client of a pool.
func (s *Store) DeleteClient(ctx context.Context, poolID, id string) error {
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.ClientKind, Pool: poolID, ID: id}, "DELETE FROM clients WHERE id = $1 AND pool_id = $2", id, poolID)
	if err == nil && n == 0 {
		return fault.NoClient(id)
	}
	return database.Failed("delete client", err)
}

// ListClients lists the clients of a pool after a position, oldest first.
func (s *Store) ListClients(ctx context.Context, poolID string, after directory.Position, limit int) ([]*directory.Client, error) {
	list, err := rows.All(ctx, s.Conn(ctx), s.scanClient,
		selectClient+" WHERE pool_id = $1 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4 + 0",
		poolID, after.CreatedAt, after.ID, limit)
	return list, database.Failed("list clients", err)
}

// clientSecrets is the purpose that client secrets are sealed for. They are bound to the client's id.
const clientSecrets = "client-secrets"

var errNoSealer = errors.New("client secrets cannot be stored or read without a sealer")

// SealedSecrets is how the secrets of clients are sealed.
func SealedSecrets() secret.Kind {
	return secret.Kind{Purpose: clientSecrets, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

// clientColumns is a client as it is stored: its document, and its secrets sealed (NULL for a public client).
func (s *Store) clientColumns(c *directory.Client) (doc string, secrets []byte, err error) {
	if doc, err = database.Encode(c); err != nil || len(c.Secrets) == 0 {
		return doc, nil, err
	}
	if s.sealer == nil {
		return "", nil, errNoSealer
	}
	plain, err := database.Encode(c.Secrets)
	if err != nil {
		return "", nil, err
	}
	return doc, s.sealer.Seal(clientSecrets, []byte(plain), []byte(c.ID)), nil
}

func (s *Store) scanClient(row rows.Scanner) (*directory.Client, error) {
	var id, poolID, doc string
	var created, modified int64
	var secrets []byte
	if err := row.Scan(&id, &poolID, &created, &modified, &doc, &secrets); err != nil {
		return nil, err
	}
	c := &directory.Client{}
	if err := database.Decode(doc, c); err != nil {
		return nil, err
	}
	c.ID, c.PoolID = id, poolID
	c.CreatedAt, c.ModifiedAt = rows.Time(created), rows.Time(modified)
	if len(secrets) == 0 {
		return c, nil
	}
	if s.sealer == nil {
		return nil, errNoSealer
	}
	plain, err := s.sealer.Open(clientSecrets, secrets, []byte(id))
	if err != nil {
		return nil, err
	}
	return c, database.Decode(string(plain), &c.Secrets)
}

var _ directory.ClientStore = (*Store)(nil)
