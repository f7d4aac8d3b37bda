// Package consent is what people agree to: which scopes a client may have of them. It owns what is asked, what is remembered and
// how it is withdrawn. It leaves the page that asks to front/login, and where in a sign-in it is asked to workspace/journey.
package consent

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Grant is one scope that somebody lets a client have.
type Grant struct {
	PoolID   string    `json:"-"`
	UserID   string    `json:"subject"`
	ClientID string    `json:"client_id"`
	Scope    string    `json:"scope_name"`
	GivenAt  time.Time `json:"given_at"`
	Language string    `json:"language,omitempty"` // of the page that asked; empty: no page of ours
}

// Store keeps grants.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// SaveGrants remembers grants; one that was given before is given anew. A user or client that is gone is a fault Missing.
	SaveGrants(ctx context.Context, list []Grant) error
	// Grants are those of a user, by client and scope; an empty client: to all.
	Grants(ctx context.Context, poolID, userID, clientID string) ([]Grant, error)
	// DropGrants forgets some scopes, ends the client's token sessions with the user that have one of them, and takes back the codes
	// that it has not used.
	DropGrants(ctx context.Context, poolID, userID, clientID string, scopes []string, at time.Time) error
	// Withdraw forgets all that a user has let a client have, ends its token sessions with the user and takes back the codes that
	// it has not used. It reports whether there was anything.
	Withdraw(ctx context.Context, poolID, userID, clientID string, at time.Time) (bool, error)
}

// Workspaces finds workspaces; *workspace.Workspaces does.
type Workspaces interface {
	Get(ctx context.Context, id string) (*workspace.Workspace, error)
}

// Clients lists the clients of workspaces; *workspace.ClientService does.
type Clients interface {
	Get(ctx context.Context, id string) (*workspace.App, error)
}

// Parts is what the room is built from. All but Page are needed.
type Parts struct {
	Store      Store
	Workspaces Workspaces
	Clients    Clients
	Logins     *journey.Logins
	Now        clock.Clock
	// Page is the URL of the page with which a workspace asks in the place of ours; empty or nil: it has none.
	Page func(ctx context.Context, workspaceID string) (string, error)
}

// Consents asks, remembers and forgets. Safe for concurrent use.
type Consents struct{ parts Parts }

// New builds the room.
func New(p Parts) *Consents { return &Consents{p} }

// StepName is the step of a sign-in that asks.
const StepName = "consent"

// Path is the page that asks, below a workspace's site.
const Path = "/consent"
