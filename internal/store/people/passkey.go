package people

import (
	"context"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertPasskey adds a passkey to a user who has fewer than most. One that the pool knows already is a fault Exists, one
// too many a fault Limited, an unknown user a fault Missing/User.
func (s *Store) InsertPasskey(ctx context.Context, poolID, userID string, p factor.Passkey, most int) error {
	return s.Update(ctx, "insert passkey", func(ctx context.Context) error {
		if err := Lock(ctx, s.SQL, poolID, userID); err != nil { // the lock makes the count hold
			return err
		}
		have, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int],
			"SELECT count(*) FROM passkeys WHERE pool_id = $1 AND user_id = $2", poolID, userID)
		if err != nil {
			return err
		}
		if have >= most {
			return fault.Limitedf("A user can have at most %d passkeys.", most)
		}
		doc, err := database.Encode(p)
		if err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO passkeys (pool_id, id, user_id, doc, sign_count, created_at, used_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			poolID, p.ID, userID, doc, int64(p.SignCount), rows.Millis(p.CreatedAt), rows.Millis(p.UsedAt))
		if err == nil && n == 0 {
			return fault.New(fault.Exists, "", "The passkey is registered already.")
		}
		return err
	})
}

const (
	selectPasskeys = "SELECT id, doc, sign_count, created_at, used_at FROM passkeys WHERE pool_id = $1 AND user_id = $2"
	passkeyByID    = selectPasskeys + " AND id = $3"
)

// Passkeys lists the passkeys of a user, oldest first.
func (s *Store) Passkeys(ctx context.Context, poolID, userID string) ([]factor.Passkey, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanPasskey, selectPasskeys+" ORDER BY created_at, id", poolID, userID)
	return list, database.Failed("list passkeys", err)
}

// UpdatePasskey changes a passkey by a function of its old value. An unknown one is a fault Missing.
func (s *Store) UpdatePasskey(ctx context.Context, poolID, userID, id string, change func(*factor.Passkey) error) error {
	return s.Update(ctx, "update passkey", func(ctx context.Context) error {
		p, found, err := rows.One(ctx, s.Conn(ctx), scanPasskey, passkeyByID+s.ForUpdate(), poolID, userID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missingf("The passkey does not exist.")
		}
		if err := change(&p); err != nil {
			return err
		}
		doc, err := database.Encode(p)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE passkeys SET doc = $3, sign_count = $4, used_at = $5 WHERE pool_id = $1 AND id = $2",
			poolID, id, doc, int64(p.SignCount), rows.Millis(p.UsedAt))
		return err
	})
}

// DeletePasskey removes a passkey of a user and reports whether it was there.
func (s *Store) DeletePasskey(ctx context.Context, poolID, userID, id string) (found bool, err error) {
	n, err := s.Exec(ctx, "DELETE FROM passkeys WHERE pool_id = $1 AND user_id = $2 AND id = $3", poolID, userID, id)
	return n == 1, database.Failed("delete passkey", err)
}

func scanPasskey(row rows.Scanner) (p factor.Passkey, err error) {
	var doc string
	var count, created, used int64
	if err := row.Scan(&p.ID, &doc, &count, &created, &used); err != nil {
		return p, err
	}
	p.SignCount, p.CreatedAt, p.UsedAt = uint32(count), rows.Time(created), rows.Time(used)
	return p, database.Decode(doc, &p)
}
