package people

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// SaveCode keeps a code in place of the one of the same user and purpose. An unknown user is a fault Missing/User.
func (s *Store) SaveCode(ctx context.Context, c account.Code) error {
	_, err := s.Exec(ctx, `INSERT INTO codes (pool_id, user_id, purpose, mac, attribute, value, created_at, expires_at, failures)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (pool_id, user_id, purpose) DO UPDATE SET mac = excluded.mac, attribute = excluded.attribute,
		value = excluded.value, created_at = excluded.created_at, expires_at = excluded.expires_at,
		failures = excluded.failures`,
		c.PoolID, c.UserID, string(c.Purpose), database.NotNull(c.MAC), c.Attribute, c.Value,
		rows.Millis(c.CreatedAt), rows.Millis(c.ExpiresAt), c.Failures)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("save code", err)
}

const selectCode = `SELECT pool_id, user_id, purpose, mac, attribute, value, created_at, expires_at, failures FROM codes
	WHERE pool_id = $1 AND user_id = $2 AND purpose = $3`

// Code reads a code; nil when there is none.
func (s *Store) Code(ctx context.Context, poolID, userID string, p account.Purpose) (*account.Code, error) {
	c, err := s.code(ctx, selectCode, poolID, userID, p)
	return c, database.Failed("read code", err)
}

func (s *Store) code(ctx context.Context, query, poolID, userID string, p account.Purpose) (*account.Code, error) {
	c, _, err := rows.One(ctx, s.Conn(ctx), scanCode, query, poolID, userID, string(p))
	return c, err
}

// UpdateCode changes a code by a function of its old value (nil: there is none), or removes it when keep is false.
func (s *Store) UpdateCode(ctx context.Context, poolID, userID string, p account.Purpose, change func(*account.Code) (keep bool, err error)) error {
	return s.Update(ctx, "update code", func(ctx context.Context) error {
		c, err := s.code(ctx, selectCode+s.ForUpdate(), poolID, userID, p)
		if err != nil {
			return err
		}
		keep, err := change(c)
		if err != nil || c == nil {
			return err
		}
		if !keep {
			_, err = s.Conn(ctx).Exec(ctx, "DELETE FROM codes WHERE pool_id = $1 AND user_id = $2 AND purpose = $3",
				poolID, userID, string(p))
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE codes SET mac = $4, attribute = $5, value = $6, created_at = $7,
			expires_at = $8, failures = $9 WHERE pool_id = $1 AND user_id = $2 AND purpose = $3`,
			poolID, userID, string(p), database.NotNull(c.MAC), c.Attribute, c.Value,
			rows.Millis(c.CreatedAt), rows.Millis(c.ExpiresAt), c.Failures)
		return err
	})
}

// CountAttempt adds one to a counter and returns how many there were since its window began. The user need not exist,
// so that limits do not tell who does.
func (s *Store) CountAttempt(ctx context.Context, poolID, userID, operation string, now time.Time, window time.Duration) (int, error) {
	var tries int
	err := s.Update(ctx, "count attempt", func(ctx context.Context) (err error) {
		tries, _, err = rows.One(ctx, s.Conn(ctx), rows.Value[int],
			`INSERT INTO attempts (pool_id, user_id, operation, tries, ends_at) VALUES ($1, $2, $3, 1, $4)
			ON CONFLICT (pool_id, user_id, operation) DO UPDATE SET
			tries = CASE WHEN attempts.ends_at <= $5 THEN 1 ELSE attempts.tries + 1 END,
			ends_at = CASE WHEN attempts.ends_at <= $5 THEN excluded.ends_at ELSE attempts.ends_at END
			RETURNING tries`,
			poolID, userID, operation, rows.Millis(now.Add(window)), rows.Millis(now))
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoPool(poolID).Because(err)
		}
		return err
	})
	return tries, err
}

// DropExpiredCodes removes codes, and counters, that ended before a time.
func (s *Store) DropExpiredCodes(ctx context.Context, before time.Time) error {
	if err := s.Drop(ctx, `DELETE FROM codes WHERE (pool_id, user_id, purpose) IN
		(SELECT pool_id, user_id, purpose FROM codes WHERE expires_at < $1 LIMIT $2 + 0)`, before); err != nil {
		return database.Failed("drop expired codes", err)
	}
	return database.Failed("drop old attempts", s.Drop(ctx, `DELETE FROM attempts WHERE (pool_id, user_id, operation) IN
		(SELECT pool_id, user_id, operation FROM attempts WHERE ends_at < $1 LIMIT $2 + 0)`, before))
}

func scanCode(row rows.Scanner) (*account.Code, error) {
	c := &account.Code{}
	var purpose string
	var created, expires int64
	err := row.Scan(&c.PoolID, &c.UserID, &purpose, &c.MAC, &c.Attribute, &c.Value, &created, &expires, &c.Failures)
	c.Purpose, c.CreatedAt, c.ExpiresAt = account.Purpose(purpose), rows.Time(created), rows.Time(expires)
	return c, err
}

var _ account.CodeStore = (*Store)(nil)
