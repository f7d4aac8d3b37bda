package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Known is what is known of a person since they came through a connection. Tokens are made of it, also when they are refreshed.
type Known struct {
	Context    map[string]any `json:"c"`
	AMR        []string       `json:"m,omitempty"`
	ACR        string         `json:"a,omitempty"`
	IDPSubject string         `json:"s,omitempty"`
	AuthTime   time.Time      `json:"t"`
	// Before is what was known before the steps had their say, which begin from it again in another sign-in; nil: they changed
	// nothing.
	Before *Known `json:"b,omitempty"`
}

// Kept is a context as the store has it.
type Kept struct {
	ID           string
	WorkspaceID  string
	ConnectionID string
	PoolID       string
	UserID       string
	BrowserID    string // of the browser session in which somebody came
	Stamp        int    // the connection's
	Sealed       []byte
	// CachedUntil is until when it counts for other requests of the browser; the zero time: for none.
	CachedUntil time.Time
	UsedAt      time.Time // by a request, the last time
	ExpiresAt   time.Time // when no token can be made of it any more
}

// ContextStore keeps contexts, sealed. Unknown ones are nil, no error.
type ContextStore interface {
	// SaveContext keeps one, and ends it for other requests that the browser had of the connection. An unknown user is
	// fault.NoUser.
	SaveContext(ctx context.Context, k *Kept) error
	KeptContext(ctx context.Context, id string) (*Kept, error)
	// CachedContext is the one that a browser has of a connection, whether or not it still counts.
	CachedContext(ctx context.Context, workspaceID, browserID, connectionID string) (*Kept, error)
	// UseContext notes that a request has used one, and lets it live at least until a time.
	UseContext(ctx context.Context, id string, at, until time.Time) error
	// DropContexts forgets all of a connection, or all of a user.
	DropContexts(ctx context.Context, workspaceID, connectionID string) error
	DropContextsOf(ctx context.Context, poolID, userID string) error
}

// Contexts keeps what is known of people.
type Contexts struct {
	Store ContextStore
	Keys  Sealer
	Now   clock.Clock
}

const contextPurpose = "authentication-context"

// SealedContext says how contexts are sealed, for who changes the master key.
func SealedContext() secret.Kind {
	return secret.Kind{Purpose: contextPurpose, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

// Keep stores what is known of somebody.
func (s *Contexts) Keep(ctx context.Context, k *Kept, known Known) error {
	plain, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("encode context: %w", err)
	}
	if k.ID == "" {
		k.ID = random.UUID()
	}
	k.Sealed = s.Keys.Seal(contextPurpose, plain, []byte(k.ID))
	return s.Store.SaveContext(ctx, k)
}

// Open reads what is kept.
func (s *Contexts) Open(k *Kept) (Known, error) {
	var known Known
	plain, err := s.Keys.Open(contextPurpose, k.Sealed, []byte(k.ID))
	if err = errors.Join(err, mapping.Read(plain, &known)); err != nil {
		return Known{}, fmt.Errorf("open context: %w", err)
	}
	return known, nil
}

// Find reads a context by its id; nil: it is gone.
func (s *Contexts) Find(ctx context.Context, id string) (*Kept, error) {
	k, err := s.Store.KeptContext(ctx, id)
	if err != nil || k == nil || !s.Now().Before(k.ExpiresAt) {
		return nil, err
	}
	return k, nil
}

// TraceStore keeps traces of sign-ins, sealed.
type TraceStore interface {
	// InsertTrace keeps one until a time. An unknown workspace is a fault Missing.
	InsertTrace(ctx context.Context, t *Trace, sealed []byte, until time.Time) error
	// Traces lists those of a workspace that began before a time, the newest first; their lines are not read.
	Traces(ctx context.Context, workspaceID string, before time.Time, limit int) ([]*Trace, error)
	// Trace reads one; nil: there is none.
	Trace(ctx context.Context, workspaceID, id string) (t *Trace, sealed []byte, err error)
}

// TraceLife is how long it can be asked why a sign-in gave what it gave.
const TraceLife = 7 * 24 * time.Hour

const tracePurpose = "login-trace"

// SealedTrace says how traces are sealed.
func SealedTrace() secret.Kind {
	return secret.Kind{Purpose: tracePurpose, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

// noTrace is the answer for a trace that is not there.
func noTrace() error { return fault.Missingf("There is no such trace.") }
