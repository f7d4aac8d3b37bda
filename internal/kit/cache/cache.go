// Package cache keeps the answers of a slow source for a while: bounded by entries, one load per key at a time, stale
// answers while a fresh one is fetched, and invalidation that no load in flight can undo. It leaves what to load, and
// when something became untrue, to its user. It never retries: a failed load is the caller's error.
//
// The map is a plain LRU under one mutex and not a concurrent cache library, because the law at the centre spans
// three things: the stored entry, the load in flight and the tags that name what an answer was made of. They must
// change together, or an answer read before a write could be stored after it.
package cache

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// Outcome says where an answer came from.
type Outcome string

// The outcomes.
const (
	Hit       Outcome = "hit"       // stored and within its TTL
	Miss      Outcome = "miss"      // this call started the load
	Coalesced Outcome = "coalesced" // another call had started the load; this one waited for it
	Stale     Outcome = "stale"     // stored, past its TTL and within the stale window; a refresh runs
	Negative  Outcome = "negative"  // stored: the source said there is no such thing
)

// Loaded is what a source answered. Found false is a negative answer, not an error. Tags name what the answer
// was made of (or, for a negative one, what would change it), so that InvalidateTag can reach it.
type Loaded[V any] struct {
	Value V
	Found bool
	Tags  []string
}

// Result is the answer to one Get. Age is the time since its load began, so a value is never older than Age says.
type Result[V any] struct {
	Value   V
	Found   bool
	Outcome Outcome
	Age     time.Duration
}

// Loader asks the source. The context carries the first caller's values and the load's timeout, not the caller's
// cancellation: others may be waiting for the same answer.
type Loader[K comparable, V any] func(ctx context.Context, key K) (Loaded[V], error)

// Config bounds a cache. The zero value stores nothing and only coalesces.
type Config struct {
	Max     int           // entries kept; 0 means 10000
	TTL     time.Duration // life of a found answer; 0 stores none
	Absent  time.Duration // life of a negative answer; 0 stores none
	Stale   time.Duration // how long after its TTL a found answer may still be served
	Ahead   time.Duration // a found answer that is asked for this long before its end is fetched anew meanwhile; 0: never
	Jitter  float64       // 0 to 1: each life is shortened by up to this share, so that entries do not expire together
	Timeout time.Duration // of one load; 0 means none
	Backoff time.Duration // least time between refreshes of one stale entry after a failure; 0 means one second
	Clock   clock.Clock   // nil means the system clock
}

// Cache answers Get from memory or from its loader. Safe for concurrent use.
type Cache[K comparable, V any] struct {
	cfg  Config
	load Loader[K, V]

	mu       sync.Mutex
	entries  map[K]*entry[K, V]
	recent   lru[K, V]
	tagged   map[string]map[*entry[K, V]]struct{}
	joinable map[K]*flight[K, V]        // the load that a newcomer for this key may wait for
	running  map[*flight[K, V]]struct{} // every unfinished load, joinable or not
	started  uint64                     // loads so far; orders them
	idle     *sync.Cond                 // signalled when running becomes empty
}

// New makes a cache over a loader.
func New[K comparable, V any](cfg Config, load Loader[K, V]) *Cache[K, V] {
	if cfg.Max <= 0 {
		cfg.Max = 10_000
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = time.Second
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System
	}
	c := &Cache[K, V]{cfg: cfg, load: load, joinable: map[K]*flight[K, V]{}, running: map[*flight[K, V]]struct{}{}}
	c.idle = sync.NewCond(&c.mu)
	c.clear()
	return c
}

// Get answers for a key. It waits at most until ctx is done; the load itself goes on for the other callers.
// The error is the loader's, or the context's.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (Result[V], error) {
	c.mu.Lock()
	now := c.cfg.Clock()
	if r, ok := c.stored(ctx, key, now); ok {
		c.mu.Unlock()
		return r, nil
	}
	outcome := Coalesced
	f := c.joinable[key]
	if f == nil {
		outcome = Miss
		f = c.start(ctx, key, now)
	}
	c.mu.Unlock()

	select {
	case <-f.done:
	case <-ctx.Done():
		return Result[V]{Outcome: outcome}, context.Cause(ctx)
	}
	return Result[V]{
		Value: f.loaded.Value, Found: f.loaded.Found, Outcome: outcome,
		Age: max(c.cfg.Clock().Sub(f.begun), 0),
	}, f.err
}

// Stored is Get when nobody has to wait; else it reports false.
func (c *Cache[K, V]) Stored(ctx context.Context, key K) (Result[V], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stored(ctx, key, c.cfg.Clock())
}

// stored answers from memory, if it may, and begins the refresh that is due. The mutex is held.
func (c *Cache[K, V]) stored(ctx context.Context, key K, now time.Time) (Result[V], bool) {
	e := c.entries[key]
	if e == nil {
		return Result[V]{}, false
	}
	age, outcome := max(now.Sub(e.read), 0), Hit
	switch {
	case age < e.life:
	case e.found && age < e.life+c.cfg.Stale:
		outcome = Stale
	default:
		c.remove(e)
		return Result[V]{}, false
	}
	c.recent.touch(e)
	due := outcome == Stale || e.found && c.cfg.Ahead > 0 && age >= e.life-c.cfg.Ahead
	if due && c.joinable[key] == nil && !now.Before(e.retryAt) {
		c.start(ctx, key, now)
	}
	return e.result(age, outcome), true
}

// Len is the number of stored entries, negative ones included.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

// Wait returns when no load is in flight.
func (c *Cache[K, V]) Wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.running) > 0 {
		c.idle.Wait()
	}
}

// life picks how long an answer lives. Jitter only shortens, so that the configured TTL stays an upper bound.
func (c *Cache[K, V]) life(found bool) time.Duration {
	d := c.cfg.TTL
	if !found {
		d = c.cfg.Absent
	}
	if c.cfg.Jitter > 0 && d > 0 {
		d -= time.Duration(float64(d) * min(c.cfg.Jitter, 1) * rand.Float64())
	}
	return d
}
