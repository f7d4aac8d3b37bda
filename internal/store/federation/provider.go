package federation

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/pool"
)

// InsertProvider adds an identity provider; a taken name or identifier, also one of a connection, is a fault Exists/Provider, one more than max a
// fault Limited, an unknown pool a fault Missing.
func (s *Store) InsertProvider(ctx context.Context, p *federation.Provider, max int) error {
	return s.Update(ctx, "insert provider", func(ctx context.Context) error {
		if err := pool.Room(ctx, s.SQL, p.PoolID, "SELECT count(*) FROM providers WHERE pool_id = $1", max, "identity providers"); err != nil {
			return err
		}
		if err := s.apart(ctx, p); err != nil {
			return err
		}
		doc, secrets, err := s.providerColumns(p)
		if err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO providers (pool_id, name, created_at, modified_at, doc, secrets)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			p.PoolID, p.Name, rows.Millis(p.CreatedAt), rows.Millis(p.ModifiedAt), doc, secrets)
		if err == nil && n == 0 {
			return fault.Newf(fault.Exists, fault.Provider, "A provider with the name %s already exists in the pool.", p.Name)
		}
		if err != nil {
			return err
		}
		return s.claimIdentifiers(ctx, p)
	})
}

// apart refuses a provider whose people would be called as those of a connection of the pool are: each could speak for the other's.
func (s *Store) apart(ctx context.Context, p *federation.Provider) error {
	_, taken, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], `SELECT 1 FROM workspace_connections c JOIN workspaces w ON w.id = c.workspace_id
		WHERE w.pool_id = $1 AND lower(substr(CAST($2 AS TEXT), 1, length(c.id) + 1)) = lower(c.id || '_') LIMIT 1`, p.PoolID, p.Name+"_")
	if err == nil && taken {
		return fault.Newf(fault.Exists, fault.Provider, "A provider with the name %s already exists in the pool.", p.Name)
	}
	return err
}

func (s *Store) claimIdentifiers(ctx context.Context, p *federation.Provider) error {
	for _, identifier := range p.Identifiers {
		n, err := s.Conn(ctx).Exec(ctx,
			"INSERT INTO provider_identifiers (pool_id, identifier, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			p.PoolID, identifier, p.Name)
		if err == nil && n == 0 {
			return fault.Newf(fault.Exists, fault.Provider, "A provider with the identifier %s already exists in the pool.", identifier)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const selectProvider = "SELECT p.pool_id, p.name, p.created_at, p.modified_at, p.doc, p.secrets FROM providers p"

// Provider reads an identity provider with its secrets.
func (s *Store) Provider(ctx context.Context, poolID, name string) (*federation.Provider, error) {
	return s.provider(ctx, name, selectProvider+" WHERE p.pool_id = $1 AND p.name = $2", poolID, name)
}

// ProviderByIdentifier reads the identity provider that has an identifier.
func (s *Store) ProviderByIdentifier(ctx context.Context, poolID, identifier string) (*federation.Provider, error) {
	return s.provider(ctx, identifier, selectProvider+` JOIN provider_identifiers i ON i.pool_id = p.pool_id AND i.name = p.name
		WHERE i.pool_id = $1 AND i.identifier = $2`, poolID, identifier)
}

func (s *Store) provider(ctx context.Context, asked, query string, args ...any) (*federation.Provider, error) {
	p, found, err := rows.One(ctx, s.Conn(ctx), s.scanProvider, query, args...)
	if err == nil && !found {
		return nil, noProvider(asked)
	}
	return p, database.Failed("read provider", err)
}

// ProviderExists tells whether a pool has an identity provider of the name.
func (s *Store) ProviderExists(ctx context.Context, poolID, name string) (bool, error) {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int],
		"SELECT 1 FROM providers WHERE pool_id = $1 AND name = $2", poolID, name)
	return found, database.Failed("look for provider", err)
}

// ReservesName tells whether a username begins with the name of an identity provider of the pool, or the id of a connection of its
// workspaces, and an underscore.
func (s *Store) ReservesName(ctx context.Context, poolID, username string, fold bool) (bool, error) {
	const outsiders = `(SELECT name FROM providers WHERE pool_id = $1 UNION ALL
		SELECT c.id FROM workspace_connections c JOIN workspaces w ON w.id = c.workspace_id WHERE w.pool_id = $1) outsiders`
	const begins = "SELECT 1 FROM " + outsiders + " WHERE substr(CAST($2 AS TEXT), 1, length(name) + 1) = name || '_' LIMIT 1"
	const folded = "SELECT 1 FROM " + outsiders + " WHERE lower(substr(CAST($2 AS TEXT), 1, length(name) + 1)) = lower(name || '_') LIMIT 1"
	query := begins
	if fold {
		query = folded
	}
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], query, poolID, username)
	return found, database.Failed("look for provider of a name", err)
}

// UpdateProvider changes an identity provider by a function of its old value and returns the new one.
func (s *Store) UpdateProvider(ctx context.Context, poolID, name string, change func(*federation.Provider) error) (*federation.Provider, error) {
	var changed *federation.Provider
	err := s.Update(ctx, "update provider", func(ctx context.Context) error {
		p, err := s.provider(ctx, name, selectProvider+" WHERE p.pool_id = $1 AND p.name = $2"+s.ForUpdate(), poolID, name)
		if err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		p.PoolID, p.Name = poolID, name
		changed = p
		doc, secrets, err := s.providerColumns(p)
		if err != nil {
			return err
		}
		if _, err := s.Conn(ctx).Exec(ctx,
			"UPDATE providers SET created_at = $3, modified_at = $4, doc = $5, secrets = $6 WHERE pool_id = $1 AND name = $2",
			poolID, name, rows.Millis(p.CreatedAt), rows.Millis(p.ModifiedAt), doc, secrets); err != nil {
			return err
		}
		if _, err := s.Conn(ctx).Exec(ctx,
			"DELETE FROM provider_identifiers WHERE pool_id = $1 AND name = $2", poolID, name); err != nil {
			return err
		}
		return s.claimIdentifiers(ctx, p)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteProvider removes an identity provider, its identifiers and the links to it.
func (s *Store) DeleteProvider(ctx context.Context, poolID, name string) error {
	n, err := s.Exec(ctx, "DELETE FROM providers WHERE pool_id = $1 AND name = $2", poolID, name)
	if err == nil && n == 0 {
		return noProvider(name)
	}
	return database.Failed("delete provider", err)
}

// ListProviders lists the identity providers of a pool after a name, by name.
func (s *Store) ListProviders(ctx context.Context, poolID, after string, limit int) ([]*federation.Provider, error) {
	list, err := rows.All(ctx, s.Conn(ctx), s.scanProvider,
		selectProvider+" WHERE p.pool_id = $1 AND p.name > $2 ORDER BY p.name LIMIT $3 + 0", poolID, after, limit)
	return list, database.Failed("list providers", err)
}

func noProvider(asked string) error {
	return fault.Newf(fault.Missing, fault.Provider, "Identity provider %s does not exist.", asked)
}

// providerSecrets is the purpose that secrets of providers are sealed for. They are bound to pool and name.
const providerSecrets = "provider-secrets"

var errNoProviderSealer = errors.New("secrets of identity providers cannot be stored or read without a sealer")

// SealedSecrets is how the secrets of providers are sealed.
func SealedSecrets() secret.Kind {
	return secret.Kind{Purpose: providerSecrets, Bound: func(row []string) []byte { return bound(row[0], row[1]) }}
}

func bound(poolID, name string) []byte { return []byte(poolID + "\x00" + name) }

// providerColumns is a provider as it is stored: its document, and its secrets sealed (NULL when it has none).
func (s *Store) providerColumns(p *federation.Provider) (doc string, secrets []byte, err error) {
	if doc, err = database.Encode(p); err != nil || len(p.Secrets) == 0 {
		return doc, nil, err
	}
	if s.sealer == nil {
		return "", nil, errNoProviderSealer
	}
	plain, err := database.Encode(p.Secrets)
	if err != nil {
		return "", nil, err
	}
	return doc, s.sealer.Seal(providerSecrets, []byte(plain), bound(p.PoolID, p.Name)), nil
}

func (s *Store) scanProvider(row rows.Scanner) (*federation.Provider, error) {
	var poolID, name, doc string
	var created, modified int64
	var secrets []byte
	if err := row.Scan(&poolID, &name, &created, &modified, &doc, &secrets); err != nil {
		return nil, err
	}
	p := &federation.Provider{}
	if err := database.Decode(doc, p); err != nil {
		return nil, err
	}
	p.PoolID, p.Name = poolID, name
	p.CreatedAt, p.ModifiedAt = rows.Time(created), rows.Time(modified)
	if len(secrets) == 0 {
		return p, nil
	}
	if s.sealer == nil {
		return nil, errNoProviderSealer
	}
	plain, err := s.sealer.Open(providerSecrets, secrets, bound(poolID, name))
	if err != nil {
		return nil, err
	}
	return p, database.Decode(string(plain), &p.Secrets)
}

var _ federation.Store = (*Store)(nil)
