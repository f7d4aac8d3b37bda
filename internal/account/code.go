package account

import (
	"context"
	"time"
)

// Purpose says what a code proves. One code per user and purpose is alive: a new one replaces the old.
type Purpose string

// The purposes. Attribute codes carry the attribute: "attribute:email".
const (
	SignUpCode Purpose = "sign-up"
	ResetCode  Purpose = "reset"
)

// Code is a code that was sent, without the code: only its MAC is kept.
type Code struct {
	PoolID    string
	UserID    string
	Purpose   Purpose
	MAC       []byte
	Attribute string // the attribute it was sent to: email, phone_number
	Value     string // the value it was sent to; a code does not survive a change of the attribute
	CreatedAt time.Time
	ExpiresAt time.Time
	Failures  int
}

// CodeStore keeps codes and counts attempts.
type CodeStore interface {
	SaveCode(ctx context.Context, c Code) error
	// Code returns nil when there is none.
	Code(ctx context.Context, poolID, userID string, p Purpose) (*Code, error)
	// UpdateCode changes or, when keep is false, removes a code as a function of its old value (nil: there is none),
	// with no writer in between: a code works once. An error from change rolls back, so a failure that must be
	// counted is returned by the caller after the update.
	UpdateCode(ctx context.Context, poolID, userID string, p Purpose, change func(*Code) (keep bool, err error)) error
	// CountAttempt adds one to a user's counter of an operation and returns how many there were since the window
	// (of the given length) began. Counters start again when their window has passed.
	CountAttempt(ctx context.Context, poolID, userID, operation string, now time.Time, window time.Duration) (int, error)
	DropExpiredCodes(ctx context.Context, before time.Time) error
}
