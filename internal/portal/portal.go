// Package portal is what people see and end of what a workspace knows of them: the applications that they let have something,
// the browsers in which they are signed in, what is known of them and where it came from. It owns the two clients with which
// every workspace is born, the portal's and the demo application's, and who is signed in to the portal. It leaves grants to
// consent, sessions to authorize and token, and how it all looks to front/login.
package portal

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
)

// Workspaces finds workspaces; *workspace.Workspaces does.
type Workspaces interface {
	Get(ctx context.Context, id string) (*workspace.Workspace, error)
}

// Connections lists those of a workspace; *workspace.Connections does.
type Connections interface {
	List(ctx context.Context, workspaceID string) ([]*workspace.Connection, error)
}

// Clients makes and finds clients of workspaces; *workspace.ClientService does.
type Clients interface {
	Create(ctx context.Context, spec workspace.ClientSpec) (*workspace.App, error)
	Get(ctx context.Context, id string) (*workspace.App, error)
	List(ctx context.Context, workspaceID string) ([]*workspace.App, error)
}

// Grant is a scope that somebody lets a client have.
type Grant struct {
	ClientID, Scope string
	GivenAt         time.Time
}

// Consents remembers who lets which client have what.
type Consents interface {
	Grants(ctx context.Context, workspaceID, userID string) ([]Grant, error)
	// Withdraw takes back all that a user lets a client have. Nothing to take back is a fault Missing.
	Withdraw(ctx context.Context, workspaceID, userID, clientID string) error
}

// Codes redeems authorization codes; *authorize.Codes does.
type Codes interface {
	Redeem(ctx context.Context, x authorize.Exchange) (*token.Set, error)
}

// Tokens checks who shows an access token, and whether a session goes on; *token.Verifier does.
type Tokens interface {
	Access(ctx context.Context, token string, scopes ...string) (*token.Access, error)
	Alive(ctx context.Context, poolID, userID, sessionID string) (*token.Session, *directory.User, error)
}

// Sessions lists and ends token sessions; *token.Sessions does.
type Sessions interface {
	Live(ctx context.Context, user *directory.User) ([]*token.Session, error)
	End(ctx context.Context, id string) error
}

// Browsers lists and ends browser sessions; *authorize.Browser does.
type Browsers interface {
	List(ctx context.Context, poolID, userID string, limit int) ([]*authorize.Session, error)
	Revoke(ctx context.Context, poolID, userID, id string) (bool, error)
	RevokeAll(ctx context.Context, poolID, userID string) error
}

// Sealer encrypts what browsers keep for the portal; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// Parts is what the room is built from. All but Place and Consents are needed.
type Parts struct {
	Workspaces  Workspaces
	Connections Connections
	Clients     Clients
	Consents    Consents // nil: nothing is remembered but what goes on
	Codes       Codes
	Tokens      Tokens
	Sessions    Sessions
	Browsers    Browsers
	Sealer      Sealer
	Now         clock.Clock
	// Development switches the portal and the demo application on where a workspace says nothing.
	Development bool
	// Place says in words where an address is; empty: nobody knows. Nil: never.
	Place func(address string) string
}

// Portal is the room. Safe for concurrent use.
type Portal struct{ parts Parts }

// New builds the room.
func New(p Parts) *Portal { return &Portal{p} }

// Person is somebody who is signed in to the portal of a workspace.
type Person struct {
	Workspace *workspace.Workspace
	Pool      *directory.Pool
	User      *directory.User
	Session   *token.Session // of the client that asks, the portal or another
}

// Life is how long somebody stays signed in to the portal at most; the token session may end before.
const Life = time.Hour
