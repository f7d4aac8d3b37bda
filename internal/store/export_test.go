package store

import (
	"context"
	"time"
)

// SetLeaseLife shortens how long jobs stay taken.
func (s *Store) SetLeaseLife(d time.Duration) { s.leaseLife = d }

// Execute runs a statement in the transaction of ctx.
func (s *Store) Execute(ctx context.Context, statement string) error {
	_, err := s.conn(ctx).Exec(ctx, statement)
	return err
}

// SealedColumns are the columns that Reseal knows, as table.column.
func SealedColumns() (names []string) {
	for _, p := range sealedPlaces {
		names = append(names, p.table+"."+p.column)
	}
	return names
}
