package session

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertAuthCode adds an authorization code. An unknown user is a fault Missing/User.
func (s *Store) InsertAuthCode(ctx context.Context, c *authorize.Code) error {
	doc, err := database.Encode(c)
	if err != nil {
		return database.Failed("insert authorization code", err)
	}
	_, err = s.Exec(ctx, `INSERT INTO auth_codes (hash, pool_id, user_id, client_id, doc, session_id, replayed, created_at,
		expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.Hash, c.PoolID, c.UserID, c.ClientID, doc, c.SessionID, database.Flag(c.Replayed), rows.Millis(c.CreatedAt), rows.Millis(c.ExpiresAt))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("insert authorization code", err)
}

const authCodeByHash = `SELECT hash, pool_id, user_id, client_id, doc, session_id, replayed, created_at, expires_at
	FROM auth_codes WHERE hash = $1`

// AuthCode reads an authorization code by its digest; nil when there is none.
func (s *Store) AuthCode(ctx context.Context, hash string) (*authorize.Code, error) {
	c, _, err := rows.One(ctx, s.Conn(ctx), scanAuthCode, authCodeByHash, hash)
	return c, database.Failed("read authorization code", err)
}

// UpdateAuthCode changes the use of a code by a function of its old value; what it stands for never changes. For an
// unknown code change is not called and the answer is a fault Missing.
func (s *Store) UpdateAuthCode(ctx context.Context, hash string, change func(*authorize.Code) error) error {
	return s.Update(ctx, "update authorization code", func(ctx context.Context) error {
		c, found, err := rows.One(ctx, s.Conn(ctx), scanAuthCode, authCodeByHash+s.ForUpdate(), hash)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missingf("The code does not exist.")
		}
		if err := change(c); err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE auth_codes SET session_id = $2, replayed = $3 WHERE hash = $1",
			hash, c.SessionID, database.Flag(c.Replayed))
		return err
	})
}

// DeleteAuthCodes removes all authorization codes of a user.
func (s *Store) DeleteAuthCodes(ctx context.Context, poolID, userID string) error {
	_, err := s.Exec(ctx, "DELETE FROM auth_codes WHERE pool_id = $1 AND user_id = $2", poolID, userID)
	return database.Failed("delete authorization codes", err)
}

// DropExpiredAuthCodes removes codes that ended before a time.
func (s *Store) DropExpiredAuthCodes(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired authorization codes", s.Drop(ctx, `DELETE FROM auth_codes WHERE hash IN
		(SELECT hash FROM auth_codes WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

func scanAuthCode(row rows.Scanner) (*authorize.Code, error) {
	c := &authorize.Code{}
	var doc string
	var replayed int
	var created, expires int64
	if err := row.Scan(&c.Hash, &c.PoolID, &c.UserID, &c.ClientID, &doc, &c.SessionID, &replayed, &created, &expires); err != nil {
		return nil, err
	}
	c.Replayed, c.CreatedAt, c.ExpiresAt = replayed != 0, rows.Time(created), rows.Time(expires)
	return c, database.Decode(doc, c)
}
