package identity

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/sts"
)

// InsertAccessKey adds an access key; a taken id is a fault Exists.
func (s *Store) InsertAccessKey(ctx context.Context, k sts.AccessKey) error {
	disabled := 0
	if k.Disabled {
		disabled = 1
	}
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.AccessKind, ID: k.ID}, `INSERT INTO access_keys (id, sealed, name, created_at, disabled)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		k.ID, database.NotNull(k.Sealed), k.Name, rows.Millis(k.CreatedAt), disabled)
	if err == nil && n == 0 {
		return fault.New(fault.Exists, "", "The access key exists already.")
	}
	return database.Failed("insert access key", err)
}

const selectAccessKey = "SELECT id, sealed, name, created_at, disabled FROM access_keys"

// AccessKey reads an access key; nil when the id is unknown.
func (s *Store) AccessKey(ctx context.Context, id string) (*sts.AccessKey, error) {
	k, found, err := rows.One(ctx, s.Conn(ctx), scanAccessKey, selectAccessKey+" WHERE id = $1", id)
	if err != nil || !found {
		return nil, database.Failed("read access key", err)
	}
	return &k, nil
}

// ListAccessKeys lists all access keys, oldest first.
func (s *Store) ListAccessKeys(ctx context.Context) ([]sts.AccessKey, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanAccessKey, selectAccessKey+" ORDER BY created_at, id")
	return list, database.Failed("list access keys", err)
}

// DeleteAccessKey removes an access key; one that is gone stays gone.
func (s *Store) DeleteAccessKey(ctx context.Context, id string) error {
	_, err := s.ExecTelling(ctx, database.Change{Kind: database.AccessKind, ID: id}, "DELETE FROM access_keys WHERE id = $1", id)
	return database.Failed("delete access key", err)
}

func scanAccessKey(row rows.Scanner) (k sts.AccessKey, err error) {
	var created int64
	var disabled int
	err = row.Scan(&k.ID, &k.Sealed, &k.Name, &created, &disabled)
	k.CreatedAt, k.Disabled = rows.Time(created), disabled != 0
	return k, err
}

var _ sts.Store = (*Store)(nil)
