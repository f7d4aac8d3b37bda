package app

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/often"
)

const (
	// steerEvery is how often the database is asked for the time.
	steerEvery = 10 * time.Second
	// steerMost is the difference up to which a node believes the database rather than its machine. Beyond it one of them is
	// wrong by more than clocks run apart, and tokens would carry times that nobody else believes.
	steerMost = 10 * time.Second
	// steerTold is the difference from which on the log hears of it.
	steerTold = time.Second
)

// agreeOnTime holds the clock of what nodes must agree on in step with the database, where nodes share one: sessions, codes,
// counters and sign-outs of one node are compared with those of others.
func (h *house) agreeOnTime(ctx context.Context) {
	if !h.store.Shared() {
		return
	}
	r, err := h.clock.Read(func() (time.Time, error) { return h.store.Now(ctx) })
	if err != nil {
		return // the database is away, and much else says so
	}
	off := r.Offset()
	switch {
	case off.Abs() > steerMost:
		h.clock.Release()
		h.told.Log.Error("the clocks of this machine and of the database are too far apart to follow; set them", "ahead", off.String())
		return
	case off.Abs() > steerTold:
		h.told.Log.Warn("the clock of this machine is off; that of the database counts", "ahead", off.String())
	}
	h.clock.Steer(r)
}

// keepTime agrees now and then, until ctx ends.
func (h *house) keepTime(ctx context.Context) {
	often.Every(ctx, steerEvery, h.agreeOnTime)
}
