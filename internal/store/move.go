package store

import (
	"context"
	"errors"
	"fmt"

	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/store/database"
)

// Move is database.Move, and does not begin where a server runs.
func Move(ctx context.Context, from, to *Store, tell func(Moved)) error {
	if err := errors.Join(from.unused(ctx, "source"), to.unused(ctx, "target")); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	return database.Move(ctx, from.base, to.base, tell)
}

// unused returns an error that names a server which uses a store, or did when it died less than a minute ago.
func (s *Store) unused(ctx context.Context, which string) error {
	state, err := s.KeyState(ctx)
	if err != nil {
		return err
	}
	if len(state.Holders) > 0 {
		return fmt.Errorf("a server on %s uses the %s: stop it (after a crash, wait %s)", state.Holders[0].Host, which, masterkey.Alive)
	}
	return nil
}
