package account

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message"
)

// Sessions ends sign-ins; it joins the transaction of ctx.
type Sessions interface {
	RevokeSessions(ctx context.Context, poolID, userID string, at time.Time) error
}

// Browsers ends what a user has in browsers: sessions, and codes that nobody has exchanged. It joins the transaction of ctx.
type Browsers interface {
	RevokeAll(ctx context.Context, poolID, userID string) error
}

// Parts is what the room is built from. All but Limits, Hooks, Judge, Home and Browsers are needed.
type Parts struct {
	Directory *directory.Directory
	Tx        directory.Transactor
	Codes     CodeStore
	Sessions  Sessions
	Post      message.Post
	Keys      *secret.Keyring
	Now       clock.Clock
	Limits    Limits
	Hooks     Hooks
	// Home is where a pool's pages answer, for links in messages. Nil: there are none, and codes are sent.
	Home     func(ctx context.Context, pool *directory.Pool) (string, error)
	Judge    Judge    // nil: nothing is judged
	Browsers Browsers // nil: nobody signs in with one
}

// Accounts is the room's one service.
type Accounts struct {
	dir      *directory.Directory
	tx       directory.Transactor
	codes    CodeStore
	sessions Sessions
	post     message.Post
	keys     *secret.Keyring
	now      clock.Clock
	limits   Limits
	hooks    Hooks
	home     func(context.Context, *directory.Pool) (string, error)
	judge    Judge
	browsers Browsers
}

// New builds the service.
func New(p Parts) *Accounts {
	if p.Judge == nil {
		p.Judge = allow{}
	}
	return &Accounts{
		judge: p.Judge, browsers: p.Browsers,
		dir: p.Directory, tx: p.Tx, codes: p.Codes, sessions: p.Sessions, post: p.Post, keys: p.Keys, now: p.Now,
		limits: p.Limits.filled(), hooks: p.Hooks, home: p.Home,
	}
}

// endSessions ends every sign-in of a user, in the transaction of ctx. Browsers come first, because what came through them is
// told to clients only while it is alive.
func (a *Accounts) endSessions(ctx context.Context, poolID, userID string, at time.Time) error {
	if err := a.endBrowsers(ctx, poolID, userID); err != nil {
		return err
	}
	return a.sessions.RevokeSessions(ctx, poolID, userID, at)
}

func (a *Accounts) endBrowsers(ctx context.Context, poolID, userID string) error {
	if a.browsers == nil {
		return nil
	}
	return a.browsers.RevokeAll(ctx, poolID, userID)
}

// Caller names the app client and the person of a request without an access token.
type Caller struct {
	ClientID   string
	SecretHash string
	Username   string // or an alias
	Hide       bool   // tell nobody who exists, whatever the client says
	// ClientMetadata goes to hooks and senders, and nowhere else; here and below.
	ClientMetadata map[string]string
}

// Self is the person behind a verified access token.
type Self struct {
	Pool   *directory.Pool
	Client *directory.Client
	User   *directory.User
	// ClientMetadata is that of the request.
	ClientMetadata map[string]string
}

// Delivery says where a code went, as CodeDeliveryDetails does.
type Delivery struct {
	Destination string // masked
	Medium      message.Medium
	Attribute   string // email, phone_number
}

// moment is the current time in the resolution that is stored.
func (a *Accounts) moment() time.Time { return a.now().UTC().Truncate(time.Millisecond) }
