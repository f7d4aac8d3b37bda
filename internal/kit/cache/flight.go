package cache

import (
	"context"
	"fmt"
	"time"
)

// flight is one load under way. Everything but done is guarded by the cache's mutex until done is closed.
type flight[K comparable, V any] struct {
	key   K
	order uint64
	begun time.Time
	dirty map[string]struct{} // tags invalidated since it began
	void  bool                // its key, or everything, was invalidated since it began
	over  bool
	done  chan struct{}

	loaded Loaded[V]
	err    error
}

// start begins a load and lets newcomers join it. The mutex is held.
func (c *Cache[K, V]) start(ctx context.Context, key K, now time.Time) *flight[K, V] {
	c.started++
	f := &flight[K, V]{key: key, order: c.started, begun: now, done: make(chan struct{})}
	c.joinable[key] = f
	c.running[f] = struct{}{}

	ctx = context.WithoutCancel(ctx)
	cancel := context.CancelFunc(func() {})
	if c.cfg.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.cfg.Timeout)
	}
	// A loader that ignores its context must not hold the key for ever.
	abandon := context.AfterFunc(ctx, func() { c.finish(f, Loaded[V]{}, ctx.Err()) })
	go func() {
		defer cancel()
		loaded, err := c.call(ctx, key)
		abandon()
		c.finish(f, loaded, err)
	}()
	return f
}

// call runs the loader. A panic in it would otherwise end the process, since no caller's recover is above it.
func (c *Cache[K, V]) call(ctx context.Context, key K) (loaded Loaded[V], err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("load panicked: %v", r)
		}
	}()
	return c.load(ctx, key)
}

// finish stores the answer, unless something that it was made of became untrue meanwhile, and wakes the waiters.
func (c *Cache[K, V]) finish(f *flight[K, V], loaded Loaded[V], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.over {
		return
	}
	f.over, f.loaded, f.err = true, loaded, err
	delete(c.running, f)
	if c.joinable[f.key] == f {
		delete(c.joinable, f.key)
	}
	old := c.entries[f.key]
	switch {
	case err != nil:
		if old != nil {
			old.retryAt = c.cfg.Clock().Add(c.cfg.Backoff)
		}
	case !f.outdated() && (old == nil || old.order < f.order):
		c.store(f)
	}
	close(f.done)
	if len(c.running) == 0 {
		c.idle.Broadcast()
	}
}

func (f *flight[K, V]) outdated() bool {
	if f.void {
		return true
	}
	for _, tag := range f.loaded.Tags {
		if _, ok := f.dirty[tag]; ok {
			return true
		}
	}
	return false
}

// detach lets no newcomer join the load. Its own waiters came before the change and may have its answer.
func (c *Cache[K, V]) detach(f *flight[K, V]) {
	if c.joinable[f.key] == f {
		delete(c.joinable, f.key)
	}
}
