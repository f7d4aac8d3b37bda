package limit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// leases are the tokens that this node has in hand, by key.
type leases struct {
	store Store
	now   clock.Clock

	mu         sync.Mutex
	young, old map[string]*lease // old ones are those that were not asked for since young began
}

// lease is what a node has in hand of one key. Its fields belong to who holds its turn.
type lease struct {
	turn  chan struct{} // one at a time asks the store; the others wait for what it brings
	left  int           // tokens from the store
	ends  time.Time     // when left is worth nothing
	free  int           // tokens that need no store
	again time.Time     // when free is renewed
	empty time.Time     // until when the store has none
}

// token is one token that was taken, for giving it back.
type token struct {
	lease *lease
	free  bool
}

const (
	// maxKeys bounds the memory that callers from many addresses can take: about 150 bytes a key.
	maxKeys = 100_000
	// portions is how many leases a full bucket makes.
	portions = 8
)

func newLeases(s Store, now clock.Clock) *leases {
	return &leases{store: s, now: now, young: map[string]*lease{}}
}

// take takes a token of a key, from the hand or from the store.
func (l *leases) take(ctx context.Context, key string, r Rule) (token, bool, error) {
	x := l.of(key)
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		return token{}, false, ctx.Err()
	}
	defer func() { <-x.turn }()
	now := l.now()
	if !now.Before(x.again) {
		x.free, x.again = r.Free, now.Add(r.Per)
	}
	if x.free > 0 {
		x.free--
		return token{x, true}, true, nil
	}
	if r.Tokens == 0 { // nodes do not share this one
		return token{}, false, nil
	}
	if !now.Before(x.ends) {
		x.left = 0
	}
	if x.left == 0 {
		if now.Before(x.empty) {
			return token{}, false, nil
		}
		got, err := l.store.LeaseTokens(ctx, key, r, max(1, r.Tokens/portions), now)
		if err != nil {
			return token{}, false, fmt.Errorf("lease tokens: %w", err)
		}
		x.left, x.ends = got, now.Add(r.Per)
		if got == 0 {
			x.empty = now.Add(r.each())
			return token{}, false, nil
		}
	}
	x.left--
	return token{x, false}, true, nil
}

// giveBack returns a token that was not needed. What was leased is renewed in between at most once per Per, so the
// token is at worst one of the next lease.
func (t token) giveBack() {
	if t.lease == nil {
		return
	}
	t.lease.turn <- struct{}{}
	if t.free {
		t.lease.free++
	} else {
		t.lease.left++
	}
	<-t.lease.turn
}

// of finds the lease of a key. When there are too many, those that were not asked for in a while are forgotten: what the
// store knows of their keys stays, and what it does not is a few tries.
func (l *leases) of(key string) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.young[key]
	if x != nil {
		return x
	}
	if x = l.old[key]; x == nil {
		x = &lease{turn: make(chan struct{}, 1)}
	}
	if len(l.young) >= maxKeys/2 {
		l.young, l.old = map[string]*lease{}, l.young
	}
	l.young[key] = x
	return x
}
