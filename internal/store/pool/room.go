package pool

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// Room refuses one more thing in a pool that already has max of them, as count, a statement of ($1: the pool's id), finds. The pool
// stays locked until the transaction ends, so that two callers cannot both take the last place.
func Room(ctx context.Context, s database.SQL, poolID, count string, max int, things string) error {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM pools WHERE id = $1"+s.ForUpdate(), poolID)
	if err != nil {
		return err
	}
	if !found {
		return fault.NoPool(poolID)
	}
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], count, poolID)
	if err == nil && n >= max {
		return fault.Limitedf("A user pool can have at most %d %s.", max, things)
	}
	return err
}
