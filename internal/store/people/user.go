package people

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertUser adds a user; a clash is a fault Exists with Username or Alias, an unknown pool a fault Missing.
func (s *Store) InsertUser(ctx context.Context, u *directory.User, keys directory.Keys) error {
	return s.Update(ctx, "insert user", func(ctx context.Context) error {
		c, err := columnsOf(u)
		if err != nil {
			return err
		}
		n, err := s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: u.PoolID, ID: u.ID})(
			s.Conn(ctx).Exec(ctx, `INSERT INTO users (pool_id, id, username, username_key, status, enabled,
			attributes, pending, mfa, signed_out_at, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
				u.PoolID, u.ID, u.Username, keys.Username, string(u.Status), c.enabled, c.attributes, c.pending, c.mfa,
				rows.Millis(u.SignedOutAt), rows.Millis(u.CreatedAt), rows.Millis(u.ModifiedAt)))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return fault.NoPool(u.PoolID).Because(err)
		case err != nil:
			return err
		case n == 0:
			return usernameTaken()
		}
		if err := s.claimAliases(ctx, u.PoolID, u.ID, keys.Aliases); err != nil {
			return err
		}
		return s.reindex(ctx, u.PoolID, u.ID, nil, searchable(u.Attributes))
	})
}

// Columns are those of a user, of the table users as u.
const Columns = `u.id, u.username, u.status, u.enabled, u.attributes, u.pending, u.mfa, u.signed_out_at,
	u.created_at, u.modified_at`

const (
	userByID       = "SELECT " + Columns + " FROM users u WHERE u.pool_id = $1 AND u.id = $2"
	userByUsername = "SELECT " + Columns + " FROM users u WHERE u.pool_id = $1 AND u.username_key = $2"
	// One value may be different kinds of alias of different users: the order of kinds decides.
	userByAlias = "SELECT " + Columns + ` FROM aliases a CROSS JOIN users u
	WHERE a.pool_id = $1 AND a.kind IN ('email', 'phone_number', 'preferred_username') AND a.value = $2
	AND u.pool_id = a.pool_id AND u.id = a.user_id ORDER BY a.kind LIMIT 1`
)

// User reads a user by sub.
func (s *Store) User(ctx context.Context, poolID, id string) (*directory.User, error) {
	return read(ctx, s.SQL, userByID, poolID, id)
}

// FindUser looks for a username (folded), then a sub, then an alias (folded).
func (s *Store) FindUser(ctx context.Context, poolID, login, folded string) (*directory.User, error) {
	for _, try := range [...]struct{ query, value string }{
		{userByUsername, folded}, {userByID, login}, {userByAlias, database.IndexKey(folded)},
	} {
		if try.query == userByID && len(login) != subLength {
			continue
		}
		u, found, err := rows.One(ctx, s.Conn(ctx), scanUser(poolID), try.query, poolID, try.value)
		if found || err != nil {
			return u, database.Failed("find user", err)
		}
	}
	return nil, fault.NoUser()
}

// subLength is the length of a UUID; only such a login can be a sub.
const subLength = 36

func read(ctx context.Context, s database.SQL, query, poolID, value string) (*directory.User, error) {
	u, found, err := rows.One(ctx, s.Conn(ctx), scanUser(poolID), query, poolID, value)
	if err == nil && !found {
		return nil, fault.NoUser()
	}
	return u, database.Failed("read user", err)
}

// Lock holds a user until the transaction of ctx ends, so that what is counted of the user stays so; nobody is a fault Missing.
func Lock(ctx context.Context, s database.SQL, poolID, id string) error {
	_, err := read(ctx, s, userByID+s.ForUpdate(), poolID, id)
	return err
}

// UpdateUser changes a user by a function of the old value, replaces its keys and returns the new value. A clash is a
// fault Exists with Username or Alias.
func (s *Store) UpdateUser(ctx context.Context, poolID, id string, change func(*directory.User) (directory.Keys, error)) (*directory.User, error) {
	var changed *directory.User
	err := s.Update(ctx, "update user", func(ctx context.Context) error {
		u, err := read(ctx, s.SQL, userByID+s.ForUpdate(), poolID, id)
		if err != nil {
			return err
		}
		before := searchable(u.Attributes)
		keys, err := change(u)
		if err != nil {
			return err
		}
		u.PoolID, u.ID = poolID, id
		changed = u
		c, err := columnsOf(u)
		if err != nil {
			return err
		}
		_, err = s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID, ID: id})(
			s.Conn(ctx).Exec(ctx, `UPDATE users SET username = $3, username_key = $4, status = $5, enabled = $6,
			attributes = $7, pending = $8, mfa = $9, signed_out_at = $10, created_at = $11, modified_at = $12
			WHERE pool_id = $1 AND id = $2`,
				poolID, id, u.Username, keys.Username, string(u.Status), c.enabled, c.attributes, c.pending, c.mfa,
				rows.Millis(u.SignedOutAt), rows.Millis(u.CreatedAt), rows.Millis(u.ModifiedAt)))
		if s.Violation(err) == rows.Unique {
			return usernameTaken().Because(err)
		}
		if err != nil {
			return err
		}
		if err := s.replaceAliases(ctx, poolID, id, keys.Aliases); err != nil {
			return err
		}
		return s.reindex(ctx, poolID, id, before, searchable(u.Attributes))
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteUser removes a user and everything that belongs to the user.
func (s *Store) DeleteUser(ctx context.Context, poolID, id string) error {
	return s.Update(ctx, "delete user", func(ctx context.Context) error {
		u, err := read(ctx, s.SQL, userByID+s.ForUpdate(), poolID, id)
		if err != nil {
			return err
		}
		if err := s.reindex(ctx, poolID, id, searchable(u.Attributes), nil); err != nil {
			return err
		}
		for _, statement := range [...]string{
			"DELETE FROM attempts WHERE pool_id = $1 AND user_id = $2",
			"DELETE FROM lockouts WHERE pool_id = $1 AND user_id = $2",
			"DELETE FROM users WHERE pool_id = $1 AND id = $2",
		} {
			if _, err := s.Conn(ctx).Exec(ctx, statement, poolID, id); err != nil {
				return err
			}
		}
		return s.Tell(ctx, database.Change{Kind: database.PersonKind, Pool: poolID, ID: id})
	})
}

// usernameTaken is the clash of a username, or of a sub, which is the username in some pools.
func usernameTaken() *fault.Fault {
	return fault.New(fault.Exists, fault.Username, "User already exists")
}

// userText is what of a user is stored as text. Empty parts are empty text.
type userText struct {
	enabled                  int
	attributes, pending, mfa string
}

func columnsOf(u *directory.User) (c userText, err error) {
	if u.Enabled {
		c.enabled = 1
	}
	if len(u.Attributes) > 0 {
		if c.attributes, err = database.Encode(u.Attributes); err != nil {
			return c, err
		}
	}
	if len(u.Pending) > 0 {
		if c.pending, err = database.Encode(u.Pending); err != nil {
			return c, err
		}
	}
	if len(u.MFA.Methods) > 0 || u.MFA.Preferred != "" {
		c.mfa, err = database.Encode(u.MFA)
	}
	return c, err
}

// Row is a user as Columns hold it, for whoever reads it together with something else.
type Row struct {
	id, username, status         string
	text                         userText
	signedOut, created, modified int64
}

// Into is where Columns go.
func (r *Row) Into() []any {
	return []any{&r.id, &r.username, &r.status, &r.text.enabled, &r.text.attributes, &r.text.pending, &r.text.mfa,
		&r.signedOut, &r.created, &r.modified}
}

// User is what was read, as one of a pool. Attributes are never nil.
func (r *Row) User(poolID string) (*directory.User, error) {
	u := &directory.User{
		PoolID: poolID, ID: r.id, Username: r.username, Status: directory.Status(r.status), Enabled: r.text.enabled != 0,
		Attributes: map[string]string{}, SignedOutAt: rows.Time(r.signedOut), CreatedAt: rows.Time(r.created), ModifiedAt: rows.Time(r.modified),
	}
	if err := database.Decode(r.text.attributes, &u.Attributes); err != nil {
		return nil, err
	}
	if err := database.Decode(r.text.pending, &u.Pending); err != nil {
		return nil, err
	}
	return u, database.Decode(r.text.mfa, &u.MFA)
}

func scanUser(poolID string) func(rows.Scanner) (*directory.User, error) {
	return func(row rows.Scanner) (*directory.User, error) {
		var r Row
		if err := row.Scan(r.Into()...); err != nil {
			return nil, err
		}
		return r.User(poolID)
	}
}

var _ directory.UserStore = (*Store)(nil)
