package federation

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/people"
)

// InsertLink gives a user an outside identity; a taken one is a fault Exists/Alias, one more than max a fault Limited, an
// unknown user a fault Missing/User, an unknown provider one Missing/Provider.
func (s *Store) InsertLink(ctx context.Context, l *federation.Link, max int) error {
	return s.Update(ctx, "insert link", func(ctx context.Context) error {
		if err := people.Lock(ctx, s.SQL, l.PoolID, l.UserID); err != nil {
			return err
		}
		n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int],
			"SELECT count(*) FROM provider_links WHERE pool_id = $1 AND user_id = $2", l.PoolID, l.UserID)
		if err != nil {
			return err
		}
		if n >= max {
			return fault.Limitedf("A user can have at most %d linked identities.", max)
		}
		added, err := s.Conn(ctx).Exec(ctx, `INSERT INTO provider_links (pool_id, provider, attribute, value_key, value, user_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			l.PoolID, l.Provider, l.Attribute, database.IndexKey(l.Value), l.Value, l.UserID, rows.Millis(l.CreatedAt))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return noProvider(l.Provider)
		case err == nil && added == 0:
			return fault.New(fault.Exists, fault.Alias, "The identity is already linked to a user.")
		}
		return err
	})
}

const selectLink = "SELECT pool_id, provider, attribute, value, user_id, created_at FROM provider_links"

// FindLink finds the link of an outside identity, nil when nobody has it.
func (s *Store) FindLink(ctx context.Context, poolID, provider, attribute, value string) (*federation.Link, error) {
	l, found, err := rows.One(ctx, s.Conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4",
		poolID, provider, attribute, database.IndexKey(value))
	if err != nil || !found {
		return nil, database.Failed("find link", err)
	}
	return l, nil
}

// Links lists the outside identities of a user, oldest first.
func (s *Store) Links(ctx context.Context, poolID, userID string) ([]*federation.Link, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND user_id = $2 ORDER BY created_at, provider, attribute, value_key", poolID, userID)
	return list, database.Failed("list links", err)
}

// LinksOf lists some of the links to a provider.
func (s *Store) LinksOf(ctx context.Context, poolID, provider string, limit int) ([]*federation.Link, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND provider = $2 LIMIT $3 + 0", poolID, provider, limit)
	return list, database.Failed("list links of provider", err)
}

// DeleteLink ends a link; one that is gone is no error.
func (s *Store) DeleteLink(ctx context.Context, l *federation.Link) error {
	_, err := s.Exec(ctx, "DELETE FROM provider_links WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4",
		l.PoolID, l.Provider, l.Attribute, database.IndexKey(l.Value))
	return database.Failed("delete link", err)
}

// RenameLink makes a link known by another attribute and value; renamed is false when it was gone. A taken identity is a
// fault Exists/Alias.
func (s *Store) RenameLink(ctx context.Context, l *federation.Link, attribute, value string) (renamed bool, err error) {
	n, err := s.Exec(ctx, `UPDATE provider_links SET attribute = $5, value_key = $6, value = $7
		WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4`,
		l.PoolID, l.Provider, l.Attribute, database.IndexKey(l.Value), attribute, database.IndexKey(value), value)
	if s.Violation(err) == rows.Unique {
		return false, fault.New(fault.Exists, fault.Alias, "The identity is already linked to a user.").Because(err)
	}
	return n > 0, database.Failed("rename link", err)
}

func scanLink(row rows.Scanner) (*federation.Link, error) {
	l := &federation.Link{}
	var created int64
	err := row.Scan(&l.PoolID, &l.Provider, &l.Attribute, &l.Value, &l.UserID, &created)
	l.CreatedAt = rows.Time(created)
	return l, err
}

var _ federation.LinkStore = (*Store)(nil)
