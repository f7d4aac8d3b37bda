package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cognate.dev/cognate/internal/kit/random"
)

// look is how often a node looks for messages that others left behind.
const look = 5 * time.Second

// pauses are the waits after the tries of a message; the last one repeats.
func pauses() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	}
}

// pause is the wait after a number of tries, a tenth more or less, so that a mail server that comes back is not met by
// everything at once.
func pause(tries int) time.Duration {
	all := pauses()
	d := all[min(max(tries, 1), len(all))-1]
	return d - d/10 + rand.N(d/5) //nolint:gosec // nothing secret
}

// Run sends what is due, again and again, until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		for o.turn(ctx) {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-o.wake:
		}
	}
}

// turn claims as many messages as can be sent at once and begins; it reports whether there may be more.
func (o *Outbox) turn(ctx context.Context) (more bool) {
	free := cap(o.slots) - len(o.slots)
	if free == 0 || ctx.Err() != nil {
		return false
	}
	now := o.Now().UTC().Truncate(time.Millisecond)
	rows, err := o.Store.ClaimMessages(ctx, random.Alnum(22), now, now.Add(leaseTime), free)
	if err != nil && ctx.Err() == nil {
		o.Away(fmt.Errorf("look for messages that are due: %w", err))
	}
	for _, r := range rows {
		o.resume(ctx, r, now)
	}
	return err == nil && len(rows) == free
}

var (
	errUseless = errors.New("its code has expired")
	errSealed  = errors.New("no key opens it")
)

// resume goes on with a message of the store.
func (o *Outbox) resume(ctx context.Context, r Row, now time.Time) {
	l, err := o.open(r)
	switch {
	case err != nil:
		err = errors.Join(errSealed, err)
	case !r.ExpiresAt.After(now):
		err = errUseless
	default:
		l.Try = r.Tries
		o.start(ctx, r, l, nil)
		return
	}
	o.drop(context.WithoutCancel(ctx), r, l, err)
}

// settle writes down what came of a try.
func (o *Outbox) settle(ctx context.Context, r Row, l letter, err error) {
	if err == nil || refusal(err) {
		o.drop(ctx, r, l, err)
		return
	}
	wait := pause(r.Tries)
	r.DueAt = o.Now().UTC().Add(wait).Truncate(time.Millisecond)
	if !r.DueAt.Before(r.ExpiresAt) {
		o.drop(ctx, r, l, err)
		return
	}
	unwritten := o.seal(&r, l)
	if unwritten == nil {
		unwritten = o.Store.PostponeMessage(ctx, r) // if that fails it is due when its lease ends
	}
	o.Failed(ctx, l.Message, errors.Join(err, unwritten), false)
	time.AfterFunc(wait, func() {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	})
}

// drop forgets a message, and why unless that is none of anybody's business.
func (o *Outbox) drop(ctx context.Context, r Row, l letter, why error) {
	if why != nil {
		o.Failed(ctx, l.Message, why, true)
	}
	if err := o.Store.DropMessage(ctx, r.ID, r.Lease); err != nil { // sent once more, under the same id, when its lease ends
		o.Away(fmt.Errorf("forget the message %s: %w", r.ID, err))
	}
}
