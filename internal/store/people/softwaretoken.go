package people

import (
	"context"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// Registered counts what a user has registered.
func (s *Store) Registered(ctx context.Context, poolID, userID string) (factor.Registered, error) {
	r, _, err := rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (r factor.Registered, err error) {
		var tokens int
		err = row.Scan(&tokens, &r.Passkeys)
		r.SoftwareToken = tokens > 0
		return r, err
	}, `SELECT
		(SELECT count(*) FROM software_tokens WHERE pool_id = $1 AND user_id = $2 AND secret IS NOT NULL),
		(SELECT count(*) FROM passkeys WHERE pool_id = $1 AND user_id = $2)`, poolID, userID)
	return r, database.Failed("count factors", err)
}

const selectSoftwareToken = `SELECT secret, pending, name, last_step, verified_at FROM software_tokens
	WHERE pool_id = $1 AND user_id = $2`

// SoftwareToken reads a user's authenticator app; the zero value when there is none.
func (s *Store) SoftwareToken(ctx context.Context, poolID, userID string) (factor.SoftwareToken, error) {
	t, _, err := rows.One(ctx, s.Conn(ctx), scanSoftwareToken, selectSoftwareToken, poolID, userID)
	return t, database.Failed("read software token", err)
}

// UpdateSoftwareToken changes an authenticator app by a function of its old value; one without secrets is removed. An
// unknown user is a fault Missing/User.
func (s *Store) UpdateSoftwareToken(ctx context.Context, poolID, userID string, change func(*factor.SoftwareToken) error) error {
	return s.Update(ctx, "update software token", func(ctx context.Context) error {
		t, err := s.lockSoftwareToken(ctx, poolID, userID)
		if err != nil {
			return err
		}
		if err := change(&t); err != nil {
			return err
		}
		if t.Secret == nil && t.Pending == nil {
			_, err = s.Conn(ctx).Exec(ctx, "DELETE FROM software_tokens WHERE pool_id = $1 AND user_id = $2", poolID, userID)
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE software_tokens SET secret = $3, pending = $4, name = $5, last_step = $6,
			verified_at = $7 WHERE pool_id = $1 AND user_id = $2`,
			poolID, userID, t.Secret, t.Pending, t.Name, t.LastStep, rows.Millis(t.VerifiedAt))
		return err
	})
}

// lockSoftwareToken reads a record for a change and makes an empty one first: a row that does not exist cannot be
// locked. The loop is for one that is removed in between.
func (s *Store) lockSoftwareToken(ctx context.Context, poolID, userID string) (factor.SoftwareToken, error) {
	for {
		t, found, err := rows.One(ctx, s.Conn(ctx), scanSoftwareToken, selectSoftwareToken+s.ForUpdate(), poolID, userID)
		if found || err != nil {
			return t, err
		}
		_, err = s.Conn(ctx).Exec(ctx, `INSERT INTO software_tokens (pool_id, user_id, secret, pending, name, last_step, verified_at)
			VALUES ($1, $2, NULL, NULL, '', 0, 0) ON CONFLICT DO NOTHING`, poolID, userID)
		if s.Violation(err) == rows.ForeignKey {
			return t, fault.NoUser().Because(err)
		}
		if err != nil {
			return t, err
		}
	}
}

func scanSoftwareToken(row rows.Scanner) (t factor.SoftwareToken, err error) {
	var verified int64
	err = row.Scan(&t.Secret, &t.Pending, &t.Name, &t.LastStep, &verified)
	t.VerifiedAt = rows.Time(verified)
	return t, err
}
