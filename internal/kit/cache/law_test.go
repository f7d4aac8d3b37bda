package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// world is a source whose loads read at once and answer only when the test lets them go.
type world struct {
	mu      sync.Mutex
	version map[int]int
	waiting []chan struct{}
	breach  string
}

func (w *world) load(_ context.Context, key int) (Loaded[int], error) {
	w.mu.Lock()
	v := w.version[key]
	gate := make(chan struct{})
	w.waiting = append(w.waiting, gate)
	w.mu.Unlock()
	<-gate
	return Loaded[int]{Value: v, Found: v%3 != 2, Tags: []string{fmt.Sprint("k", key%2), fmt.Sprint("key", key)}}, nil
}

func (w *world) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) > 0 {
		close(w.waiting[0])
		w.waiting = w.waiting[1:]
	}
}

func (w *world) write(keys ...int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range keys {
		w.version[k]++
	}
}

func (w *world) get(c *Cache[int, int], key int, bound time.Duration) {
	w.mu.Lock()
	floor := w.version[key]
	w.mu.Unlock()
	r, err := c.Get(context.Background(), key)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.breach = err.Error()
	case r.Value < floor:
		w.breach = fmt.Sprintf("key %d: read version %d (%s) after version %d was acknowledged", key, r.Value, r.Outcome, floor)
	case (r.Outcome == Hit || r.Outcome == Stale || r.Outcome == Negative) && r.Age >= bound:
		w.breach = fmt.Sprintf("key %d: %s answer is %v old, bound %v", key, r.Outcome, r.Age, bound)
	}
}

// Whatever the order of reads, writes, slow loads and time, nobody who asks after an acknowledged write sees what
// was true before it, nothing is served past TTL plus stale window, and the cache never outgrows its bound.
func TestNoReadAfterAWriteIsOlderThanTheWrite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type op struct{ what, key int }
		ops := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
			return op{rapid.IntRange(0, 9).Draw(rt, "what"), rapid.IntRange(0, 4).Draw(rt, "key")}
		}), 1, 60).Draw(rt, "ops")
		var breach string
		synctest.Test(t, func(*testing.T) {
			w := &world{version: map[int]int{}}
			cfg := Config{Max: 3, TTL: 10 * time.Second, Absent: 4 * time.Second, Stale: 5 * time.Second, Ahead: 2 * time.Second, Jitter: 0.5}
			c := New(cfg, w.load)
			for _, o := range ops {
				switch o.what {
				case 0, 1, 2, 3:
					go w.get(c, o.key, cfg.TTL+cfg.Stale)
				case 4, 5:
					w.release()
				case 6:
					time.Sleep(3 * time.Second)
				case 7:
					w.write(o.key)
					c.Invalidate(o.key)
				case 8:
					w.write(0, 2, 4)
					c.InvalidateTag("k0")
				case 9:
					w.write(0, 1, 2, 3, 4)
					c.InvalidateAll()
				}
				synctest.Wait()
				if n := c.Len(); n > cfg.Max {
					w.breach = fmt.Sprintf("%d entries, bound %d", n, cfg.Max)
				}
			}
			for range 2 * len(ops) {
				w.release()
				synctest.Wait()
			}
			c.Wait()
			breach = w.breach
		})
		if breach != "" {
			rt.Fatal(breach)
		}
	})
}

// The same law with real threads and no scheduler to help.
func TestNoReadAfterAWriteIsOlderThanTheWriteUnderRace(t *testing.T) {
	t.Parallel()
	var version [4]atomic.Int64
	c := New(Config{Max: 3, TTL: time.Hour, Absent: time.Hour}, func(_ context.Context, k int) (Loaded[int64], error) {
		v := version[k].Load()
		return Loaded[int64]{Value: v, Found: v%2 == 0, Tags: []string{fmt.Sprint(k)}}, nil
	})
	var acknowledged [4]atomic.Int64
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				k := (i + worker) % 4
				if worker < 2 && i%5 == 0 {
					v := version[k].Add(1)
					if worker == 0 {
						c.InvalidateTag(fmt.Sprint(k))
					} else {
						c.Invalidate(k)
					}
					for old := acknowledged[k].Load(); old < v && !acknowledged[k].CompareAndSwap(old, v); old = acknowledged[k].Load() {
					}
					continue
				}
				floor := acknowledged[k].Load()
				r, err := c.Get(context.Background(), k)
				if err != nil || r.Value < floor {
					t.Errorf("key %d: got %d, %v; %d was acknowledged", k, r.Value, err, floor)
					return
				}
			}
		})
	}
	wg.Wait()
	if c.Len() > 3 {
		t.Errorf("%d entries, bound 3", c.Len())
	}
}
