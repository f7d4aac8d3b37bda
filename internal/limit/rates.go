package limit

import (
	"context"
	"sync"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// Limit is how many requests a second the operations of a category may make together.
type Limit struct {
	Category    string
	Free        int // what the installation has
	Provisioned int // what is set; Free unless somebody asked for more
}

// maxLimit keeps a typing error from being believed.
const maxLimit = 1_000_000

// Rates sets and gives the limits of categories.
type Rates struct {
	store Store
	now   clock.Clock
	own   map[string]int // as configured

	mu    sync.Mutex
	known map[string]known
}

// known is what was set for a category when it was last read.
type known struct {
	value int
	until time.Time
}

// rememberFor is how long a node goes by a limit that another node has changed.
const rememberFor = 5 * time.Second

func newRates(s Store, now clock.Clock, own map[string]int) *Rates {
	return &Rates{store: s, now: now, own: own, known: map[string]known{}}
}

func perSecond(n int) Rule { return Rule{Tokens: n, Per: time.Second} }

// free is what a category has without anybody asking for more.
func (r *Rates) free(name string) (n int, adjustable, ok bool) {
	c, ok := categories()[name]
	if n := r.own[name]; n > 0 {
		return n, c.adjustable, ok
	}
	return c.free, c.adjustable, ok
}

// Get gives the limit of a category.
func (r *Rates) Get(ctx context.Context, name string) (Limit, error) {
	free, _, ok := r.free(name)
	if !ok {
		return Limit{}, fault.Missingf("There is no API category %s.", name)
	}
	set, err := r.store.Provisioned(ctx, name)
	if err != nil {
		return Limit{}, err
	}
	return Limit{Category: name, Free: free, Provisioned: max(set, free)}, nil
}

// Set raises the limit of a category, or lowers it again, but not below what is free.
func (r *Rates) Set(ctx context.Context, name string, value int) (Limit, error) {
	free, adjustable, ok := r.free(name)
	switch {
	case !ok:
		return Limit{}, fault.Missingf("There is no API category %s.", name)
	case value < free:
		return Limit{}, fault.Invalidf("The limit of %s cannot be less than %d.", name, free)
	case !adjustable && value != free, value > maxLimit:
		return Limit{}, fault.Newf(fault.Limited, fault.Quota, "The limit of %s cannot be raised to %d.", name, value)
	}
	if err := r.store.Provision(ctx, name, value); err != nil {
		return Limit{}, err
	}
	r.mu.Lock()
	delete(r.known, name)
	r.mu.Unlock()
	return r.Get(ctx, name)
}

// current is the limit of a category that exists, a few seconds old at most.
func (r *Rates) current(ctx context.Context, name string) (int, error) {
	now := r.now()
	r.mu.Lock()
	k := r.known[name]
	r.mu.Unlock()
	if now.Before(k.until) {
		return k.value, nil
	}
	l, err := r.Get(ctx, name)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	r.known[name] = known{l.Provisioned, now.Add(rememberFor)}
	r.mu.Unlock()
	return l.Provisioned, nil
}
