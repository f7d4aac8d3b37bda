package signin

import (
	"context"
	"time"
)

// Lockout counts the wrong passwords of a user. The zero value is a clean record.
type Lockout struct {
	Failures    int
	LastFailure time.Time
	LockedUntil time.Time
}

// Store keeps what sign-in must remember between requests: little, because challenge sessions are sealed into the
// string that the client carries.
type Store interface {
	// A user id may be an invented one: wrong passwords count for a name that nobody has, too, or else the count would
	// tell who exists.
	Lockout(ctx context.Context, poolID, userID string) (Lockout, error)
	// UpdateLockout changes a record by a function of its old value, with no writer in between.
	UpdateLockout(ctx context.Context, poolID, userID string, change func(*Lockout)) error
	// Consume marks an id as used and reports whether this was the first time: single use is decided here. The mark
	// is kept until expires.
	Consume(ctx context.Context, id string, expires time.Time) (first bool, err error)
	// Consumed reports whether an id is used up.
	Consumed(ctx context.Context, id string) (bool, error)
	DropExpiredMarks(ctx context.Context, before time.Time) error
	// CountAttempt adds one to a counter and returns how many there were since its window began. The user id may be an
	// invented one.
	CountAttempt(ctx context.Context, poolID, userID, operation string, now time.Time, window time.Duration) (int, error)
}
