package message

import (
	"context"
	"sync"
	"time"
)

// Behind sends without making its caller wait, for answers whose time must not tell whether there was somebody to send
// to. Safe for concurrent use.
type Behind struct {
	next   Sender
	failed func(context.Context, error)
	slots  chan struct{}
	under  sync.WaitGroup
}

const (
	maxBehind     = 64 // messages under way; more are sent before their callers go on again
	behindTimeout = 30 * time.Second
)

// NewBehind makes a sender that hands messages to next; failed is told of each that could not be sent.
func NewBehind(next Sender, failed func(context.Context, error)) *Behind {
	return &Behind{next: next, failed: failed, slots: make(chan struct{}, maxBehind)}
}

// Send takes a message and returns at once.
func (b *Behind) Send(ctx context.Context, m Message) error {
	select {
	case b.slots <- struct{}{}:
	default:
		return b.next.Send(ctx, m)
	}
	ctx = context.WithoutCancel(ctx)
	b.under.Go(func() {
		defer func() { <-b.slots }()
		ctx, cancel := context.WithTimeout(ctx, behindTimeout)
		defer cancel()
		if err := b.next.Send(ctx, m); err != nil {
			b.failed(ctx, err)
		}
	})
	return nil
}

// Wait returns when every message that is under way has been sent or given up.
func (b *Behind) Wait() { b.under.Wait() }

var _ Sender = (*Behind)(nil)
