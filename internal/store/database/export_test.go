package database

import (
	"context"
	"time"
)

// SetLeaseLife shortens how long jobs stay taken.
func (db *DB) SetLeaseLife(d time.Duration) { db.leaseLife = d }

// Execute runs a statement in the transaction of ctx.
func (db *DB) Execute(ctx context.Context, statement string) error {
	_, err := SQL{db}.Conn(ctx).Exec(ctx, statement)
	return err
}
