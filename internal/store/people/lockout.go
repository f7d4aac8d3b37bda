package people

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store/database"
)

const selectLockout = `SELECT failures, last_failure, locked_until FROM lockouts WHERE pool_id = $1 AND user_id = $2`

// Lockout reads the record of a user; the zero Lockout when it is clean.
func (s *Store) Lockout(ctx context.Context, poolID, userID string) (signin.Lockout, error) {
	l, _, err := rows.One(ctx, s.Conn(ctx), scanLockout, selectLockout, poolID, userID)
	return l, database.Failed("read lockout", err)
}

// UpdateLockout changes a record by a function of its old value. The user need not exist, so that locking does not
// tell who does; an unknown pool is a fault Missing.
func (s *Store) UpdateLockout(ctx context.Context, poolID, userID string, change func(*signin.Lockout)) error {
	return s.Update(ctx, "update lockout", func(ctx context.Context) error {
		l, found, err := rows.One(ctx, s.Conn(ctx), scanLockout, selectLockout+s.ForUpdate(), poolID, userID)
		if err != nil {
			return err
		}
		if !found {
			if l, err = s.startLockout(ctx, poolID, userID); err != nil {
				return err
			}
		}
		change(&l)
		if l == (signin.Lockout{}) {
			_, err = s.Conn(ctx).Exec(ctx, "DELETE FROM lockouts WHERE pool_id = $1 AND user_id = $2", poolID, userID)
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE lockouts SET failures = $3, last_failure = $4, locked_until = $5
			WHERE pool_id = $1 AND user_id = $2`,
			poolID, userID, l.Failures, rows.Millis(l.LastFailure), rows.Millis(l.LockedUntil))
		return err
	})
}

// startLockout makes a clean record and locks it: a row that does not exist cannot be locked. The loop is for one that
// is cleaned up in between.
func (s *Store) startLockout(ctx context.Context, poolID, userID string) (signin.Lockout, error) {
	for {
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO lockouts (pool_id, user_id, failures, last_failure, locked_until)
			VALUES ($1, $2, 0, 0, 0) ON CONFLICT DO NOTHING`, poolID, userID)
		if s.Violation(err) == rows.ForeignKey {
			return signin.Lockout{}, fault.NoPool(poolID).Because(err)
		}
		if err != nil {
			return signin.Lockout{}, err
		}
		l, found, err := rows.One(ctx, s.Conn(ctx), scanLockout, selectLockout+s.ForUpdate(), poolID, userID)
		if found || err != nil {
			return l, err
		}
	}
}

// lockoutMemory is how long a record is kept after the last failure. It means nothing after 15 minutes already.
const lockoutMemory = 24 * time.Hour

// DropOldLockouts removes failures that are forgotten.
func (s *Store) DropOldLockouts(ctx context.Context, now time.Time) error {
	return database.Failed("drop old lockouts", s.Drop(ctx, `DELETE FROM lockouts WHERE (pool_id, user_id) IN
		(SELECT pool_id, user_id FROM lockouts WHERE last_failure < $1 LIMIT $2 + 0)`, now.Add(-lockoutMemory)))
}

func scanLockout(row rows.Scanner) (l signin.Lockout, err error) {
	var last, until int64
	err = row.Scan(&l.Failures, &last, &until)
	l.LastFailure, l.LockedUntil = rows.Time(last), rows.Time(until)
	return l, err
}
