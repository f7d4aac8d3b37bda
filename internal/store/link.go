package store

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/rows"
)

// InsertLink gives a user an outside identity; a taken one is a fault Exists/Alias, one more than max a fault Limited, an
// unknown user a fault Missing/User, an unknown provider one Missing/Provider.
func (s *Store) InsertLink(ctx context.Context, l *federation.Link, max int) error {
	return s.update(ctx, "insert link", func(ctx context.Context) error {
		if _, err := s.user(ctx, userByID+s.lock, l.PoolID, l.UserID); err != nil {
			return err
		}
		n, _, err := rows.One(ctx, s.conn(ctx), rows.Value[int],
			"SELECT count(*) FROM provider_links WHERE pool_id = $1 AND user_id = $2", l.PoolID, l.UserID)
		if err != nil {
			return err
		}
		if n >= max {
			return fault.Limitedf("A user can have at most %d linked identities.", max)
		}
		added, err := s.conn(ctx).Exec(ctx, `INSERT INTO provider_links (pool_id, provider, attribute, value_key, value, user_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			l.PoolID, l.Provider, l.Attribute, aliasKey(l.Value), l.Value, l.UserID, rows.Millis(l.CreatedAt))
		switch {
		case s.engine.Violation(err) == rows.ForeignKey:
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
	l, found, err := rows.One(ctx, s.conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4",
		poolID, provider, attribute, aliasKey(value))
	if err != nil || !found {
		return nil, failed("find link", err)
	}
	return l, nil
}

// Links lists the outside identities of a user, oldest first.
func (s *Store) Links(ctx context.Context, poolID, userID string) ([]*federation.Link, error) {
	list, err := rows.All(ctx, s.conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND user_id = $2 ORDER BY created_at, provider, attribute, value_key", poolID, userID)
	return list, failed("list links", err)
}

// LinksOf lists some of the links to a provider.
func (s *Store) LinksOf(ctx context.Context, poolID, provider string, limit int) ([]*federation.Link, error) {
	list, err := rows.All(ctx, s.conn(ctx), scanLink,
		selectLink+" WHERE pool_id = $1 AND provider = $2 LIMIT $3 + 0", poolID, provider, limit)
	return list, failed("list links of provider", err)
}

// DeleteLink ends a link; one that is gone is no error.
func (s *Store) DeleteLink(ctx context.Context, l *federation.Link) error {
	_, err := s.exec(ctx, "DELETE FROM provider_links WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4",
		l.PoolID, l.Provider, l.Attribute, aliasKey(l.Value))
	return failed("delete link", err)
}

// RenameLink makes a link known by another attribute and value; renamed is false when it was gone. A taken identity is a
// fault Exists/Alias.
func (s *Store) RenameLink(ctx context.Context, l *federation.Link, attribute, value string) (renamed bool, err error) {
	n, err := s.exec(ctx, `UPDATE provider_links SET attribute = $5, value_key = $6, value = $7
		WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value_key = $4`,
		l.PoolID, l.Provider, l.Attribute, aliasKey(l.Value), attribute, aliasKey(value), value)
	if s.engine.Violation(err) == rows.Unique {
		return false, fault.New(fault.Exists, fault.Alias, "The identity is already linked to a user.").Because(err)
	}
	return n > 0, failed("rename link", err)
}

func scanLink(row rows.Scanner) (*federation.Link, error) {
	l := &federation.Link{}
	var created int64
	err := row.Scan(&l.PoolID, &l.Provider, &l.Attribute, &l.Value, &l.UserID, &created)
	l.CreatedAt = rows.Time(created)
	return l, err
}

var _ federation.LinkStore = (*Store)(nil)
