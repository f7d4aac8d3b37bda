package account

import (
	"context"
	"sync"
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

// Parts is what the room is built from. All but Limits, Hooks, Judge, Home and Failed are needed.
type Parts struct {
	Directory *directory.Directory
	Tx        directory.Transactor
	Codes     CodeStore
	Sessions  Sessions
	Sender    message.Sender
	Keys      *secret.Keyring
	Now       clock.Clock
	Limits    Limits
	Hooks     Hooks
	// Home is where a pool's pages answer, for links in messages. Nil: there are none, and codes are sent.
	Home  func(ctx context.Context, pool *directory.Pool) (string, error)
	Judge Judge // nil: nothing is judged
	// Failed is told of a message that could not be sent after its caller was answered. Nil: nobody is.
	Failed func(ctx context.Context, err error)
}

// Accounts is the room's one service.
type Accounts struct {
	dir      *directory.Directory
	tx       directory.Transactor
	codes    CodeStore
	sessions Sessions
	sender   message.Sender
	keys     *secret.Keyring
	now      clock.Clock
	limits   Limits
	hooks    Hooks
	home     func(context.Context, *directory.Pool) (string, error)
	judge    Judge
	failed   func(context.Context, error)
	behind   chan struct{} // a slot for each message sent behind an answer
	sending  sync.WaitGroup
}

// maxBehind bounds the messages that are sent behind answers; more are sent before their answers again.
const maxBehind = 64

// New builds the service.
func New(p Parts) *Accounts {
	if p.Failed == nil {
		p.Failed = func(context.Context, error) {}
	}
	if p.Judge == nil {
		p.Judge = allow{}
	}
	return &Accounts{
		judge: p.Judge,
		dir:   p.Directory, tx: p.Tx, codes: p.Codes, sessions: p.Sessions, sender: p.Sender, keys: p.Keys, now: p.Now,
		limits: p.Limits.filled(), hooks: p.Hooks, home: p.Home, failed: p.Failed, behind: make(chan struct{}, maxBehind),
	}
}

// Wait returns when every message that is being sent behind an answer has been sent or given up.
func (a *Accounts) Wait() { a.sending.Wait() }

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
