// Package gate lets a bounded number of expensive things run at once and tells how long a newcomer would wait, so that
// a server can turn callers away while that is still early. It owns the queue; who is turned away, and with what
// words, its callers decide.
package gate

import (
	"context"
	"sync/atomic"
	"time"
)

// Gate is a number of slots and the queue before them. Safe for concurrent use.
type Gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	mean    atomic.Int64 // nanoseconds that a slot is held, smoothed; 0: nothing is known yet
}

// New makes a gate with so many slots, at least one.
func New(slots int) *Gate { return &Gate{slots: make(chan struct{}, max(1, slots))} }

// Enter takes a slot and waits for one if need be. Call leave once, when the work is done. The error is that of ctx,
// when it ends before a slot is free; a context that has ended takes no slot.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil { // a select could still pick the free slot
		return nil, err
	}
	select {
	case g.slots <- struct{}{}:
		return g.entered(), nil
	default:
	}
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	select {
	case g.slots <- struct{}{}:
		return g.entered(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *Gate) entered() (leave func()) {
	began := time.Now()
	return func() {
		g.learn(time.Since(began))
		<-g.slots
	}
}

const (
	// smoothing is how many observations the mean remembers, about. Of two that end at the same time one may be lost, which
	// a mean survives.
	smoothing = 16
	// believed is how many times the mean one observation counts for at most. When the machine stands still for a second, whatever
	// runs seems to take one, and whoever comes next would be turned away from a queue that is short. If everything is slower from
	// now on, the mean gets there all the same: ten times in thirteen observations.
	believed = 4
)

func (g *Gate) learn(took time.Duration) {
	mean := g.mean.Load()
	if mean == 0 {
		g.mean.Store(int64(took))
		return
	}
	g.mean.Store(mean + (min(int64(took), believed*mean)-mean)/smoothing)
}

// Expected is how long a newcomer would wait for a slot, about: nothing while one is free.
func (g *Gate) Expected() time.Duration {
	if len(g.slots) < cap(g.slots) {
		return 0
	}
	return time.Duration((g.waiting.Load() + 1) * g.mean.Load() / int64(cap(g.slots)))
}

// Load tells how many slots are taken, how many callers wait for one, and how many slots there are.
func (g *Gate) Load() (running, waiting, slots int) {
	return len(g.slots), int(g.waiting.Load()), cap(g.slots)
}
