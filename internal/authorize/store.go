package authorize

import (
	"context"
	"time"
)

// Store keeps authorization codes and browser sessions under digests: who reads the database can use neither. Unknown
// ones are nil, no error.
type Store interface {
	InsertAuthCode(ctx context.Context, c *Code) error // an unknown user is fault.NoUser
	AuthCode(ctx context.Context, hash string) (*Code, error)
	// UpdateAuthCode changes a code by a function of its old value, with no writer in between: of two clients that use
	// one code at once one is first. For an unknown code change is not called and the answer is a fault Missing.
	UpdateAuthCode(ctx context.Context, hash string, change func(*Code) error) error
	DeleteAuthCodes(ctx context.Context, poolID, userID string) error // used ones, too
	DropExpiredAuthCodes(ctx context.Context, before time.Time) error

	InsertBrowserSession(ctx context.Context, s *Session) error // an unknown user is fault.NoUser
	BrowserSession(ctx context.Context, hash string) (*Session, error)
	// ListBrowserSessions gives those of a user that have not ended, newest first.
	ListBrowserSessions(ctx context.Context, poolID, userID string, now time.Time, limit int) ([]*Session, error)
	// DeleteBrowserSession removes one by its id and reports whether it was there.
	DeleteBrowserSession(ctx context.Context, poolID, userID, id string) (bool, error)
	DeleteBrowserSessions(ctx context.Context, poolID, userID string) error
	DropExpiredBrowserSessions(ctx context.Context, before time.Time) error
}
