package sealing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// keyTable is the SQL of a table of signing keys: those of user pools, or of issuers that are none.
type keyTable struct{ list, active, retire, insert, drop string }

func keysIn(table string) keyTable {
	return keyTable{
		list: fmt.Sprintf(`SELECT pool_id, kid, used_for, private, public, created_at, retired_at,
			publish_until FROM %s WHERE pool_id = $1 AND (retired_at = 0 OR publish_until > $2)
			ORDER BY created_at DESC, kid`, table),
		active: fmt.Sprintf("SELECT kid FROM %s WHERE pool_id = $1 AND used_for = $2 AND retired_at = 0", table),
		retire: fmt.Sprintf("UPDATE %s SET retired_at = $3, publish_until = $4 WHERE pool_id = $1 AND kid = $2", table),
		insert: fmt.Sprintf(`INSERT INTO %s (pool_id, kid, used_for, private, public, created_at, retired_at, publish_until)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT DO NOTHING`, table),
		drop: fmt.Sprintf("DELETE FROM %s WHERE retired_at <> 0 AND publish_until <= $1", table),
	}
}

var (
	poolKeys   = keysIn("signing_keys")
	issuerKeys = keysIn("issuer_keys")
)

// Keys lists the keys of a pool that are published at a time, newest first.
func (s *Store) Keys(ctx context.Context, poolID string, at time.Time) ([]key.Stored, error) {
	return s.keys(ctx, poolKeys, poolID, at)
}

func (s *Store) keys(ctx context.Context, in keyTable, poolID string, at time.Time) ([]key.Stored, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanKey, in.list, poolID, rows.Millis(at))
	return list, database.Failed("list keys", err)
}

// errLost undoes a PutActiveKey that came second.
var errLost = errors.New("another key is active")

// PutActiveKey makes k the signing key of its pool and use, in place of the expected one; won is false, and nothing is
// changed, when another key is active. An unknown pool is a fault Missing.
func (s *Store) PutActiveKey(ctx context.Context, k key.Stored, expected string, publishUntil time.Time) (won bool, err error) {
	return s.putActiveKey(ctx, poolKeys, k, expected, publishUntil)
}

func (s *Store) putActiveKey(ctx context.Context, in keyTable, k key.Stored, expected string, publishUntil time.Time) (won bool, err error) {
	err = s.Update(ctx, "put active key", func(ctx context.Context) error {
		active, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[string], in.active+s.ForUpdate(), k.PoolID, string(k.Use))
		if err != nil {
			return err
		}
		if found {
			if active != expected {
				return errLost
			}
			if _, err := s.Conn(ctx).Exec(ctx, in.retire, k.PoolID, active, rows.Millis(k.CreatedAt), rows.Millis(publishUntil)); err != nil {
				return err
			}
		}
		n, err := s.Telling(ctx, database.Change{Kind: database.KeyKind, Pool: k.PoolID})(
			s.Conn(ctx).Exec(ctx, in.insert,
				k.PoolID, k.KID, string(k.Use), database.NotNull(k.Private), database.NotNull(k.Public), rows.Millis(k.CreatedAt)))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return fault.NoPool(k.PoolID).Because(err)
		case err == nil && n == 0:
			return errLost
		}
		return err
	})
	if errors.Is(err, errLost) {
		return false, nil
	}
	return err == nil, err
}

// DropExpiredKeys removes keys that are no longer published.
func (s *Store) DropExpiredKeys(ctx context.Context, at time.Time) error {
	return s.dropExpiredKeys(ctx, poolKeys, at)
}

func (s *Store) dropExpiredKeys(ctx context.Context, in keyTable, at time.Time) error {
	_, err := s.Exec(ctx, in.drop, rows.Millis(at))
	return database.Failed("drop expired keys", err)
}

// Issuers keeps the signing keys of issuers that are no user pools, under names of their own in the place of pool ids.
type Issuers struct{ store *Store }

// Issuers are the other issuers' keys.
func (s *Store) Issuers() Issuers { return Issuers{s} }

// Keys is key.Store's.
func (i Issuers) Keys(ctx context.Context, issuer string, at time.Time) ([]key.Stored, error) {
	return i.store.keys(ctx, issuerKeys, issuer, at)
}

// PutActiveKey is key.Store's.
func (i Issuers) PutActiveKey(ctx context.Context, k key.Stored, expected string, publishUntil time.Time) (won bool, err error) {
	return i.store.putActiveKey(ctx, issuerKeys, k, expected, publishUntil)
}

// DropExpiredKeys is key.Store's.
func (i Issuers) DropExpiredKeys(ctx context.Context, at time.Time) error {
	return i.store.dropExpiredKeys(ctx, issuerKeys, at)
}

func scanKey(row rows.Scanner) (k key.Stored, err error) {
	var use string
	var created, retired, until int64
	err = row.Scan(&k.PoolID, &k.KID, &use, &k.Private, &k.Public, &created, &retired, &until)
	k.Use, k.CreatedAt = key.Use(use), rows.Time(created)
	k.RetiredAt, k.PublishUntil = rows.Time(retired), rows.Time(until)
	return k, err
}

var (
	_ key.Store = (*Store)(nil)
	_ key.Store = Issuers{}
)
