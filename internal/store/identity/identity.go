package identity

import (
	"context"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertIdentity adds an identity with its logins; a login that another one has is a fault Exists/Alias, an unknown pool a fault
// Missing.
func (s *Store) InsertIdentity(ctx context.Context, i *identitypool.Identity) error {
	return s.Update(ctx, "insert identity", func(ctx context.Context) error {
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO identities (id, pool_id, disabled, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			i.ID, i.PoolID, database.Flag(i.Disabled), rows.Millis(i.Created), rows.Millis(i.Modified))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return identitypool.NoPool(i.PoolID).Because(err)
		case err == nil && n == 0:
			return fault.New(fault.Exists, "", "The identity exists already.")
		case err != nil:
			return err
		}
		return s.insertLogins(ctx, i, i.Logins)
	})
}

func (s *Store) insertLogins(ctx context.Context, i *identitypool.Identity, logins []identitypool.Login) error {
	for _, l := range logins {
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO identity_logins (pool_id, provider, subject_key, subject, identity_id)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, i.PoolID, l.Provider, database.IndexKey(l.Subject), database.Storable(l.Subject), i.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Exists, fault.Alias, "The login is already linked to an identity.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const selectIdentity = "SELECT i.id, i.pool_id, i.disabled, i.created_at, i.modified_at FROM identities i"

// Identity reads an identity with its logins.
func (s *Store) Identity(ctx context.Context, id string) (*identitypool.Identity, error) {
	return s.identity(ctx, selectIdentity+" WHERE i.id = $1", id)
}

func (s *Store) identity(ctx context.Context, query, id string) (*identitypool.Identity, error) {
	i, found, err := rows.One(ctx, s.Conn(ctx), scanIdentity, query, id)
	if err == nil && !found {
		return nil, identitypool.NoIdentity(id)
	}
	if err == nil {
		err = s.readLogins(ctx, i)
	}
	return i, database.Failed("read identity", err)
}

func (s *Store) readLogins(ctx context.Context, i *identitypool.Identity) (err error) {
	i.Logins, err = rows.All(ctx, s.Conn(ctx), scanLogin,
		"SELECT provider, subject FROM identity_logins WHERE identity_id = $1 ORDER BY provider, subject_key", i.ID)
	return err
}

// FindIdentity finds the identity that a login belongs to; nil: none.
func (s *Store) FindIdentity(ctx context.Context, poolID string, l identitypool.Login) (*identitypool.Identity, error) {
	i, found, err := rows.One(ctx, s.Conn(ctx), scanIdentity, selectIdentity+` JOIN identity_logins l ON l.identity_id = i.id
		WHERE l.pool_id = $1 AND l.provider = $2 AND l.subject_key = $3`, poolID, l.Provider, database.IndexKey(l.Subject))
	if err != nil || !found {
		return nil, database.Failed("find identity", err)
	}
	return i, database.Failed("find identity", s.readLogins(ctx, i))
}

// ChangeIdentity changes an identity by a function of its old value and returns the new one. A login that another identity has is a
// fault Exists/Alias.
func (s *Store) ChangeIdentity(ctx context.Context, id string, change func(*identitypool.Identity) error) (*identitypool.Identity, error) {
	var changed *identitypool.Identity
	err := s.Update(ctx, "change identity", func(ctx context.Context) error {
		i, err := s.identity(ctx, selectIdentity+" WHERE i.id = $1"+s.ForUpdate(), id)
		if err != nil {
			return err
		}
		before := *i
		before.Logins = slices.Clone(i.Logins)
		if err := change(i); err != nil {
			return err
		}
		i.ID, i.PoolID = before.ID, before.PoolID
		for _, l := range before.Logins {
			if slices.Contains(i.Logins, l) {
				continue
			}
			if _, err := s.Conn(ctx).Exec(ctx, "DELETE FROM identity_logins WHERE pool_id = $1 AND provider = $2 AND subject_key = $3",
				i.PoolID, l.Provider, database.IndexKey(l.Subject)); err != nil {
				return err
			}
		}
		fresh := slices.DeleteFunc(slices.Clone(i.Logins), func(l identitypool.Login) bool { return slices.Contains(before.Logins, l) })
		if err := s.insertLogins(ctx, i, fresh); err != nil {
			return err
		}
		changed = i
		slices.SortFunc(i.Logins, func(a, b identitypool.Login) int {
			return strings.Compare(a.Provider+"\x00"+a.Subject, b.Provider+"\x00"+b.Subject)
		})
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE identities SET disabled = $2, modified_at = $3 WHERE id = $1", id, database.Flag(i.Disabled), rows.Millis(i.Modified))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteIdentity removes an identity and its logins.
func (s *Store) DeleteIdentity(ctx context.Context, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM identities WHERE id = $1", id)
	if err == nil && n == 0 {
		return identitypool.NoIdentity(id)
	}
	return database.Failed("delete identity", err)
}

// ListIdentities lists the identities of a pool after an id, by id.
func (s *Store) ListIdentities(ctx context.Context, poolID, after string, limit int, hideDisabled bool) ([]*identitypool.Identity, error) {
	most := 1
	if hideDisabled {
		most = 0
	}
	list, err := rows.All(ctx, s.Conn(ctx), scanIdentity,
		selectIdentity+" WHERE i.pool_id = $1 AND i.id > $2 AND i.disabled <= $3 ORDER BY i.id LIMIT $4 + 0", poolID, after, most, limit)
	for _, i := range list {
		if err == nil {
			err = s.readLogins(ctx, i)
		}
	}
	return list, database.Failed("list identities", err)
}

func scanIdentity(row rows.Scanner) (*identitypool.Identity, error) {
	i := &identitypool.Identity{}
	var disabled int
	var created, modified int64
	err := row.Scan(&i.ID, &i.PoolID, &disabled, &created, &modified)
	i.Disabled, i.Created, i.Modified = disabled != 0, rows.Time(created), rows.Time(modified)
	return i, err
}

func scanLogin(row rows.Scanner) (l identitypool.Login, err error) {
	err = row.Scan(&l.Provider, &l.Subject)
	return l, err
}

var _ identitypool.IdentityStore = (*Store)(nil)
