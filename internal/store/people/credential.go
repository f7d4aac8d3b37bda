package people

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

const (
	credentialColumns = "hash, srp, temporary_until, history, changed_at"
	selectCredential  = "SELECT " + credentialColumns + " FROM credentials WHERE pool_id = $1 AND user_id = $2"
)

// Credential reads a user's credential; the zero Credential when there is none.
func (s *Store) Credential(ctx context.Context, poolID, userID string) (*directory.Credential, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), scanCredential, selectCredential, poolID, userID)
	if err == nil && !found {
		return &directory.Credential{}, nil
	}
	return c, database.Failed("read credential", err)
}

// UpdateCredential changes a credential by a function of its old value. An unknown user is a fault Missing/User.
func (s *Store) UpdateCredential(ctx context.Context, poolID, userID string, change func(*directory.Credential) error) error {
	return s.Update(ctx, "update credential", func(ctx context.Context) error {
		c, err := s.lockCredential(ctx, poolID, userID)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		history := ""
		if len(c.History) > 0 {
			if history, err = database.Encode(c.History); err != nil {
				return err
			}
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE credentials SET hash = $3, srp = $4, temporary_until = $5, history = $6,
			changed_at = $7 WHERE pool_id = $1 AND user_id = $2`,
			poolID, userID, c.Hash, c.SRP, rows.Millis(c.TemporaryUntil), history, rows.Millis(c.ChangedAt))
		return err
	})
}

// InsertCredential gives a credential to a user who has none, in one statement. An unknown user is a fault Missing/User.
func (s *Store) InsertCredential(ctx context.Context, poolID, userID string, c *directory.Credential) error {
	history := ""
	if len(c.History) > 0 {
		var err error
		if history, err = database.Encode(c.History); err != nil {
			return database.Failed("insert credential", err)
		}
	}
	_, err := s.Exec(ctx, `INSERT INTO credentials (pool_id, user_id, hash, srp, temporary_until, history, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		poolID, userID, c.Hash, c.SRP, rows.Millis(c.TemporaryUntil), history, rows.Millis(c.ChangedAt))
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("insert credential", err)
}

// lockCredential reads a credential for a change and makes the zero one first if there is none: a row that does not
// exist cannot be locked.
func (s *Store) lockCredential(ctx context.Context, poolID, userID string) (*directory.Credential, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), scanCredential, selectCredential+s.ForUpdate(), poolID, userID)
	if found || err != nil {
		return c, err
	}
	_, err = s.Conn(ctx).Exec(ctx, `INSERT INTO credentials (pool_id, user_id, hash, srp, temporary_until, history, changed_at)
		VALUES ($1, $2, '', NULL, 0, '', 0) ON CONFLICT DO NOTHING`, poolID, userID)
	if s.Violation(err) == rows.ForeignKey {
		return nil, fault.NoUser().Because(err)
	}
	if err != nil {
		return nil, err
	}
	c, found, err = rows.One(ctx, s.Conn(ctx), scanCredential, selectCredential+s.ForUpdate(), poolID, userID)
	if err == nil && !found {
		return nil, fault.NoUser() // deleted at this moment
	}
	return c, err
}

// DropSRP forgets all SRP verifiers of a pool.
func (s *Store) DropSRP(ctx context.Context, poolID string) error {
	_, err := s.Exec(ctx, "UPDATE credentials SET srp = NULL WHERE pool_id = $1 AND srp IS NOT NULL", poolID)
	return database.Failed("drop SRP verifiers", err)
}

// scanCredential reads credentialColumns.
func scanCredential(row rows.Scanner) (*directory.Credential, error) {
	c := &directory.Credential{}
	var until, changed int64
	var history string
	if err := row.Scan(&c.Hash, &c.SRP, &until, &history, &changed); err != nil {
		return nil, err
	}
	c.TemporaryUntil, c.ChangedAt = rows.Time(until), rows.Time(changed)
	return c, database.Decode(history, &c.History)
}

var _ directory.CredentialStore = (*Store)(nil)
