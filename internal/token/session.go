package token

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// Session is one sign-in and the family of tokens that came from it; its ID is the origin_jti of them all.
type Session struct {
	ID        string // origin_jti, a UUID; equal to EventID for clients whose tokens carry no origin_jti
	PoolID    string
	UserID    string
	ClientID  string
	EventID   string
	AuthTime  time.Time
	ExpiresAt time.Time // when the refresh token ends; rotation does not extend it
	RevokedAt time.Time // zero: alive
	Scopes    []string
	Resource  string // OAuth: the audience of the access tokens, if the request named one
	DeviceKey string
	// RefreshID is the jti of the refresh token that counts. After a rotation PreviousID worked until RotatedAt + grace.
	RefreshID  string
	PreviousID string
	RotatedAt  time.Time
	CreatedAt  time.Time
	// ActiveAt is the last sign-in or, in pools that track sessions, refresh; zero: CreatedAt. From is where it came from.
	ActiveAt  time.Time
	From      Origin
	BrowserID string   // of the browser session that it came through; empty: none
	AMR       []string // how the user has proven who they are (RFC 8176)
	ACR       string   // the level that was asked for and reached; empty: none was asked for
	OpenID    *OpenID  // of a strict issuer; nil: the pool's own
}

// SessionStore keeps sessions. An unknown id is a nil session, no error.
type SessionStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	InsertSession(ctx context.Context, s *Session) error
	Session(ctx context.Context, id string) (*Session, error)
	// SessionAndUser reads a session and whom it belongs to at once; both are nil when the id is unknown.
	SessionAndUser(ctx context.Context, id string) (*Session, *directory.User, error)
	// UpdateSession changes a session by a function of its old value, with no writer in between: of two concurrent
	// rotations one sees the other's result.
	UpdateSession(ctx context.Context, id string, change func(*Session) error) error
	// RevokeSessions ends all sessions of a user.
	RevokeSessions(ctx context.Context, poolID, userID string, at time.Time) error
	ListSessions(ctx context.Context, poolID, userID string, limit int) ([]*Session, error) // newest first
	// LiveSessions lists those that are neither revoked nor have ended, the last used first.
	LiveSessions(ctx context.Context, poolID, userID string, now time.Time, limit int) ([]*Session, error)
	// DropExpiredSessions removes sessions that ended before a time. Callers pass one day ago: the longest access token
	// may outlive the refresh token that it came from, and is dead without its session.
	DropExpiredSessions(ctx context.Context, before time.Time) error
}
