package clock

import (
	"sync/atomic"
	"time"
)

// Steered is a clock that is held in step with another one, such as that of a database which several machines share. Safe
// for concurrent use.
type Steered struct {
	own    Clock
	offset atomic.Int64 // nanoseconds
}

// NewSteered makes a clock that shows what own does, until it is steered.
func NewSteered(own Clock) *Steered { return &Steered{own: own} }

// Now returns the time; its method value is a Clock.
func (s *Steered) Now() time.Time { return s.own().Add(time.Duration(s.offset.Load())) }

// worth is the difference that is worth following: a reading is never exact, and a clock that jumps to and fro is worse than
// one that is a little off.
const worth = 10 * time.Millisecond

// Reading is what another clock showed between two moments of the own clock.
type Reading struct{ Before, Theirs, After time.Time }

// Read asks another clock, a few times, and gives the reading that took the least time.
func (s *Steered) Read(ask func() (time.Time, error)) (best Reading, err error) {
	for i := range 3 {
		r := Reading{Before: s.own()}
		if r.Theirs, err = ask(); err != nil {
			return Reading{}, err
		}
		r.After = s.own()
		if i == 0 || r.took() < best.took() {
			best = r
		}
	}
	return best, nil
}

func (r Reading) took() time.Duration { return r.After.Sub(r.Before) }

// Offset is how far the other clock is ahead, give or take half of what the reading took.
func (r Reading) Offset() time.Duration { return r.Theirs.Sub(r.Before.Add(r.took() / 2)) }

// Steer follows a reading. One that took so long that it says nothing new changes nothing.
func (s *Steered) Steer(r Reading) {
	change := r.Offset() - time.Duration(s.offset.Load())
	if change.Abs() > max(worth, r.took()/2) {
		s.offset.Store(int64(r.Offset()))
	}
}

// Release lets the clock show what its own does.
func (s *Steered) Release() { s.offset.Store(0) }
