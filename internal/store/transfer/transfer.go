package transfer

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/transfer/archive"
)

const selectTransfer = "SELECT doc FROM transfers WHERE pool_id = $1 AND source = $2"

// Transfer reads what is remembered of a transfer into to; found is false, and to unchanged, when nothing is.
func (s *Store) Transfer(ctx context.Context, poolID, source string, to any) (found bool, err error) {
	doc, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[string], selectTransfer, poolID, source)
	if err == nil && found {
		err = database.Decode(doc, to)
	}
	return found, database.Failed("read transfer", err)
}

// UpdateTransfer changes what is remembered by a function of its old value, which it reads into old first; change returns
// the new one. An unknown pool is a fault Missing.
func (s *Store) UpdateTransfer(ctx context.Context, poolID, source string, old any, change func(context.Context) (any, error)) error {
	return s.Update(ctx, "update transfer", func(ctx context.Context) error {
		_, err := s.Conn(ctx).Exec(ctx, "INSERT INTO transfers (pool_id, source, modified_at, doc) VALUES ($1, $2, 0, '{}') ON CONFLICT DO NOTHING",
			poolID, source)
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoPool(poolID).Because(err)
		}
		if err != nil {
			return err
		}
		doc, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[string], selectTransfer+s.ForUpdate(), poolID, source)
		if err != nil {
			return err
		}
		if err := database.Decode(doc, old); err != nil {
			return err
		}
		changed, err := change(ctx)
		if err != nil {
			return err
		}
		if doc, err = database.Encode(changed); err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE transfers SET modified_at = $3, doc = $4 WHERE pool_id = $1 AND source = $2",
			poolID, source, rows.Millis(time.Now()), doc)
		return err
	})
}

var _ archive.Store = (*Store)(nil)
