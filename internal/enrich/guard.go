package enrich

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/kit/clock"
)

// guard stands before a source: so many look-ups at once, and none for a while after too many failures.
type guard struct {
	source   Source
	name     string
	slots    chan struct{} // nil: no limit
	failures int           // below 0: the breaker never opens
	pause    time.Duration
	observer Observer
	now      clock.Clock

	mu      sync.Mutex
	failed  int       // in a row
	blocked time.Time // zero: the breaker is closed; else when the next look-up may try
}

// errBroken is the answer while the breaker is open.
var errBroken = errors.New("the source failed too often and is left alone for a while")

// What a fetch came to, for metrics.
const (
	Answered = "answered"
	Nobody   = "missing"
	Refused  = "refused" // the breaker is open
	// and Failed
)

func (g *guard) fetch(ctx context.Context, q Query) (a Answer, err error) {
	may, trial := g.may()
	if !may {
		g.tell(0, Refused)
		return Answer{}, errBroken
	}
	if g.slots != nil {
		select {
		case g.slots <- struct{}{}:
			defer func() { <-g.slots }()
		case <-ctx.Done():
			// The others' slowness shows in their own look-ups; this one never was one.
			return Answer{}, fmt.Errorf("wait for one of %d look-ups to end: %w", cap(g.slots), ctx.Err())
		}
	}
	began := g.now()
	returned := false
	defer func() {
		if !returned {
			g.judge(errors.New("panic"), trial) // the cache makes an error of it
		}
	}()
	a, err = g.source.Fetch(ctx, q)
	returned = true
	g.judge(err, trial)
	switch took := g.now().Sub(began); {
	case err != nil:
		g.tell(took, string(Failed))
	case a.Doc == nil:
		g.tell(took, Nobody)
	default:
		g.tell(took, Answered)
	}
	return a, err
}

func (g *guard) tell(took time.Duration, outcome string) {
	if g.observer != nil {
		g.observer.Fetched(g.name, took, outcome)
	}
}

// may reports whether a look-up may go on. While the breaker is open one look-up in each pause may, as a trial: it is half
// open then.
func (g *guard) may() (may, trial bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.blocked.IsZero() {
		return true, false
	}
	now := g.now()
	if now.Before(g.blocked) {
		return false, false
	}
	g.blocked = now.Add(g.pause)
	return true, true
}

// judge counts. An error that only the question is to blame for says that the source works.
func (g *guard) judge(err error, trial bool) {
	if g.failures < 0 {
		return
	}
	works := err == nil || upstream.IsAboutQuestion(err)
	if trial && g.observer != nil {
		g.observer.Tried(g.name, works)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.blocked.IsZero()
	if works {
		g.failed, g.blocked = 0, time.Time{}
	} else if g.failed++; g.failed >= g.failures {
		g.blocked = g.now().Add(g.pause)
	}
	if is := g.blocked.IsZero(); is != was && g.observer != nil {
		g.observer.Breaker(g.name, !is)
	}
}
