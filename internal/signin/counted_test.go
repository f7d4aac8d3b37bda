package signin_test

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/signin"
)

// countedStore counts what a sign-in asks of the store.
type countedStore struct {
	signin.Store
	lockouts, updates, consumed, looked int
}

func (s *countedStore) Lockout(ctx context.Context, poolID, userID string) (signin.Lockout, error) {
	s.lockouts++
	return s.Store.Lockout(ctx, poolID, userID)
}

func (s *countedStore) UpdateLockout(ctx context.Context, poolID, userID string, change func(*signin.Lockout)) error {
	s.updates++
	return s.Store.UpdateLockout(ctx, poolID, userID, change)
}

func (s *countedStore) Consume(ctx context.Context, id string, expires time.Time) (bool, error) {
	s.consumed++
	return s.Store.Consume(ctx, id, expires)
}

func (s *countedStore) Consumed(ctx context.Context, id string) (bool, error) {
	s.looked++
	return s.Store.Consumed(ctx, id)
}
