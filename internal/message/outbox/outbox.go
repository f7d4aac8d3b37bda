// Package outbox keeps messages until they are sent: each is stored, sealed, in the transaction that stores the code in it,
// tried at once and then again until it is taken, refused for good or useless. It owns leases, tries and pauses. It leaves
// wording and delivery to whoever it is built with, and SQL to the store.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message"
)

// Row is a message as it is stored.
type Row struct {
	ID, PoolID string
	UserID     string // empty: a message to nobody
	Topic      string // see message.Message.Topic
	Sealed     []byte
	Lease      string // who may send it until DueAt
	Tries      int    // those that have begun
	DueAt      time.Time
	ExpiresAt  time.Time
}

// Store keeps rows. A row is changed and removed only by the holder of its lease: of two nodes that believe they have a
// message, one is right.
type Store interface {
	// KeepMessage inserts a row, in the transaction of ctx if there is one, and removes those of the same user and topic.
	KeepMessage(ctx context.Context, r Row) error
	// ClaimMessages takes up to n rows that are due, counts a try of each, and gives them a new lease until a time.
	ClaimMessages(ctx context.Context, lease string, now, until time.Time, n int) ([]Row, error)
	// PostponeMessage writes Sealed, Tries and DueAt of a row and ends its lease.
	PostponeMessage(ctx context.Context, r Row) error
	// DropMessage removes a row.
	DropMessage(ctx context.Context, id, lease string) error
}

// Sealer encrypts what lies in the store; *secret.Keyring does.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}

// Config is how patient the house is. Zero values take defaults.
type Config struct {
	Patience time.Duration `yaml:"patience" doc:"how long an answer waits for its message to be taken, so that a wrong address is told at once; a slower one is sent behind the answer. 0 means 2s, below 0 answers never wait"`
	Parallel int           `yaml:"parallel" doc:"messages sent at once by one node; 0 means 16"`
}

func (c Config) filled() Config {
	if c.Patience == 0 {
		c.Patience = 2 * time.Second
	}
	if c.Parallel == 0 {
		c.Parallel = 16
	}
	return c
}

// Check refuses what cannot work.
func (c Config) Check() error {
	if c.Parallel < 0 {
		return errors.New("message.outbox: parallel must not be negative")
	}
	return nil
}

// Parts is what an outbox is built from. Word, Failed and Away may be nil.
type Parts struct {
	Config
	Store Store
	Keys  Sealer
	// Word finishes a message before its first try. Its fault is the answer of the request that the message belongs to.
	Word     func(ctx context.Context, m message.Message) (message.Message, error)
	Delivery message.Sender
	// Failed is told of each try that came to nothing, and whether the message is given up.
	Failed func(ctx context.Context, m message.Message, err error, givenUp bool)
	// Away is told that the store did not do what it was asked. No message has failed by that: what is kept is sent later, and what
	// was sent may be sent once more.
	Away func(err error)
	Now  clock.Clock
}

// Outbox is the one Post. Safe for concurrent use.
type Outbox struct {
	Parts
	queue chan struct{} // a place for each message that is under way or waits for its slot
	slots chan struct{} // one for each message that is being sent
	wake  chan struct{} // a message is due earlier than the next look
	under sync.WaitGroup
}

const (
	// maxWaiting bounds the messages that wait for a slot in memory; more wait in the store alone.
	maxWaiting = 1000
	// oneTry ends a try that hangs, and the wait for a slot before it.
	oneTry = 30 * time.Second
	// leaseTime is how long the holder of a lease is believed to be alive. It outlasts the wording and one try.
	leaseTime = 90 * time.Second
	// usualLife is how long a message that does not say so is of use.
	usualLife = time.Hour
)

// New makes an outbox. What an earlier process left behind is sent while Run runs.
func New(p Parts) *Outbox {
	p.Config = p.Config.filled()
	if p.Word == nil {
		p.Word = func(_ context.Context, m message.Message) (message.Message, error) { return m, nil }
	}
	if p.Failed == nil {
		p.Failed = func(context.Context, message.Message, error, bool) {}
	}
	if p.Away == nil {
		p.Away = func(error) {}
	}
	return &Outbox{
		Parts: p, queue: make(chan struct{}, p.Parallel+maxWaiting), slots: make(chan struct{}, p.Parallel), wake: make(chan struct{}, 1),
	}
}

// letter is what is sealed.
type letter struct {
	message.Message
	Worded bool
}

const purpose = "outbox-message"

// Sealed is how messages are sealed, in rows of an id.
func Sealed() secret.Kind {
	return secret.Kind{Purpose: purpose, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

func (o *Outbox) seal(r *Row, l letter) error {
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	r.Sealed = o.Keys.Seal(purpose, plain, []byte(r.ID))
	return nil
}

func (o *Outbox) open(r Row) (l letter, err error) {
	plain, err := o.Keys.Open(purpose, r.Sealed, []byte(r.ID))
	if err == nil {
		err = json.Unmarshal(plain, &l)
	}
	return l, err
}

// Keep stores a message. The lease that it returns is the caller's for a while, in which it should be sent.
func (o *Outbox) Keep(ctx context.Context, m message.Message) (message.Kept, error) {
	now := o.Now().UTC().Truncate(time.Millisecond)
	m.ID, m.Try = random.LowerAlnum(26), 1
	if m.ExpiresAt.IsZero() {
		m.ExpiresAt = now.Add(usualLife)
	}
	k := message.Kept{Message: m, Lease: random.Alnum(22)}
	r := o.row(k, now)
	if err := o.seal(&r, letter{Message: m}); err != nil {
		return message.Kept{}, err
	}
	if err := o.Store.KeepMessage(ctx, r); err != nil {
		return message.Kept{}, fmt.Errorf("keep message: %w", err)
	}
	return k, nil
}

func (o *Outbox) row(k message.Kept, now time.Time) Row {
	r := Row{
		ID: k.ID, PoolID: k.PoolID, UserID: k.UserID, Topic: k.Topic(), Lease: k.Lease, Tries: k.Try,
		DueAt: now.Add(leaseTime), ExpiresAt: k.ExpiresAt,
	}
	if k.To == "" {
		r.UserID, r.Topic = "", "" // a message to nobody replaces none
	}
	return r
}

// Send words and sends a message, and waits for the answer of whoever takes it, but not longer than it is patient.
func (o *Outbox) Send(ctx context.Context, k message.Kept) error {
	l := letter{Message: k.Message}
	r := o.row(k, o.Now())
	if err := o.word(ctx, &l); err != nil {
		o.drop(context.WithoutCancel(ctx), r, l, nil)
		return err
	}
	if o.Patience < 0 || l.Unheard {
		o.start(ctx, r, l, nil)
		return nil
	}
	patience := time.NewTimer(o.Patience)
	defer patience.Stop()
	wait := make(chan error, 1)
	o.start(ctx, r, l, wait)
	select {
	case err := <-wait:
		return err
	case <-patience.C:
		return nil
	}
}

// SendBehind sends a message, and returns at once.
func (o *Outbox) SendBehind(ctx context.Context, k message.Kept) {
	o.start(ctx, o.row(k, o.Now()), letter{Message: k.Message}, nil)
}

// start sends a message as soon as there is a slot for it, and tells whoever waits: nil where it was not refused for good.
func (o *Outbox) start(ctx context.Context, r Row, l letter, wait chan<- error) {
	tell := func(err error) {
		if wait != nil {
			wait <- err
		}
	}
	select {
	case o.queue <- struct{}{}:
	default:
		tell(nil) // too many wait already: its lease ends, and then it is its turn
		return
	}
	ctx = context.WithoutCancel(ctx)
	o.under.Go(func() {
		defer func() { <-o.queue }()
		ctx, cancel := context.WithTimeout(ctx, oneTry)
		defer cancel()
		select {
		case o.slots <- struct{}{}:
			defer func() { <-o.slots }()
		case <-ctx.Done():
			tell(nil)
			return
		}
		err := o.try(ctx, &l)
		if errors.Is(err, message.ErrRefused) {
			tell(err)
		} else {
			tell(nil)
		}
		o.settle(context.WithoutCancel(ctx), r, l, err)
	})
}

// try words a message that is not, and sends it.
func (o *Outbox) try(ctx context.Context, l *letter) error {
	if l.To == "" {
		return nil
	}
	if err := o.word(ctx, l); err != nil {
		return err
	}
	return o.Delivery.Send(ctx, l.Message)
}

func (o *Outbox) word(ctx context.Context, l *letter) error {
	if l.Worded || l.To == "" {
		return nil
	}
	m, err := o.Word(ctx, l.Message)
	if err != nil {
		return err
	}
	l.Message, l.Worded = m, true
	return nil
}

// Wait returns when every message that is under way has been sent or put back.
func (o *Outbox) Wait() { o.under.Wait() }

// Sender is the outbox for those who have nothing to store with a message: it keeps and sends.
func (o *Outbox) Sender() message.Sender { return keeper{o, o.Send} }

// Behind is Sender without waiting. A message to nobody costs what any other costs.
func (o *Outbox) Behind() message.Sender {
	return keeper{o, func(ctx context.Context, k message.Kept) error {
		o.SendBehind(ctx, k)
		return nil
	}}
}

type keeper struct {
	*Outbox
	send func(context.Context, message.Kept) error
}

// Send keeps a message and sends it.
func (k keeper) Send(ctx context.Context, m message.Message) error {
	kept, err := k.Keep(ctx, m)
	if err != nil {
		return err
	}
	return k.send(ctx, kept)
}

// refusal reports whether a function has decided against a message, so that another try is no use.
func refusal(err error) bool {
	return errors.Is(err, message.ErrRefused) || fault.Is(err, fault.Invalid, fault.Lambda) || fault.Is(err, fault.Invalid, fault.LambdaResponse)
}

var _ message.Post = (*Outbox)(nil)
