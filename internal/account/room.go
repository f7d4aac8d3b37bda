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

// Parts is what the room is built from. All but Limits, Hooks, Judge and Home are needed.
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
	Home  func(ctx context.Context, pool *directory.Pool) (string, error)
	Judge Judge // nil: nothing is judged
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
}

// New builds the service.
func New(p Parts) *Accounts {
	if p.Judge == nil {
		p.Judge = allow{}
	}
	return &Accounts{
		judge: p.Judge,
		dir:   p.Directory, tx: p.Tx, codes: p.Codes, sessions: p.Sessions, post: p.Post, keys: p.Keys, now: p.Now,
		limits: p.Limits.filled(), hooks: p.Hooks, home: p.Home,
	}
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
