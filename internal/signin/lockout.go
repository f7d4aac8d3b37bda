package signin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/fault"
)

const (
	freeFailures = 5                // wrong passwords that cost nothing but the last one
	longestLock  = 15 * time.Minute // and how long it takes to forget all failures
)

// lockAfter is how long the nth failure in a row locks a user: 1 s after the fifth, then twice as long each time.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
func lockAfter(n int) time.Duration {
	switch {
	case n < freeFailures:
		return 0
	case n-freeFailures >= 10: // 1024 s
		return longestLock
	}
	return time.Second << (n - freeFailures)
}

// guard refuses an answer while the user is locked, and notes whether there are failures to forget.
func (m *Machine) guard(ctx context.Context, a *Attempt) error {
	l, err := m.Store.Lockout(ctx, a.PoolID, a.UserID)
	if err != nil {
		return fmt.Errorf("read lockout: %w", err)
	}
	if a.Now.Before(l.LockedUntil) {
		return locked()
	}
	a.guarded, a.failed = a.UserID, l.Failures > 0
	return nil
}

// count adds a failure. One that comes while the user is locked (it was under way before) is late and changes nothing.
func (m *Machine) count(ctx context.Context, a *Attempt) (late bool, err error) {
	now := m.now()
	err = m.Store.UpdateLockout(ctx, a.PoolID, a.UserID, func(l *Lockout) {
		if late = now.Before(l.LockedUntil); late {
			return
		}
		if now.Sub(l.LastFailure) >= longestLock {
			l.Failures = 0
		}
		l.Failures++
		l.LastFailure = now
		l.LockedUntil = now.Add(lockAfter(l.Failures))
	})
	if err != nil {
		return false, fmt.Errorf("count wrong answer: %w", err)
	}
	return late, nil
}

// forget clears the count after a complete sign-in, unless nothing of it could have been guessed: somebody who signs in
// by a passkey is neither kept out by wrong passwords of others nor gives them new tries. A failure that came after the guard of
// this request looked is not forgotten.
func (m *Machine) forget(ctx context.Context, a *Attempt) error {
	if !slices.ContainsFunc(a.Trail, func(k Kind) bool { return traitsOf(k).guesses }) {
		return nil
	}
	if a.guarded != a.UserID {
		if err := m.guard(ctx, a); err != nil {
			return err
		}
	}
	if !a.failed {
		return nil
	}
	if err := m.Store.UpdateLockout(ctx, a.PoolID, a.UserID, func(l *Lockout) { *l = Lockout{} }); err != nil {
		return fmt.Errorf("forget wrong answers: %w", err)
	}
	return nil
}

func locked() error { return fault.Deniedf("Password attempts exceeded") }

func (m *Machine) now() time.Time { return m.Now().UTC().Truncate(time.Millisecond) }
