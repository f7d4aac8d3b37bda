package enrich_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/kit/clock"
)

// truth is a source whose one fact has versions. A look-up reads the fact at once and answers when it is let go.
type truth struct {
	mu      sync.Mutex
	ended   []time.Time // when each version stopped being true
	down    bool
	slow    bool
	waiting []chan struct{}
	breach  string
}

func (w *truth) Fetch(ctx context.Context, _ enrich.Query) (enrich.Answer, error) {
	w.mu.Lock()
	version, down := len(w.ended), w.down
	var gate chan struct{}
	if w.slow {
		gate = make(chan struct{})
		w.waiting = append(w.waiting, gate)
	}
	w.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return enrich.Answer{}, ctx.Err()
		}
	}
	if down {
		return enrich.Answer{}, errors.New("down")
	}
	return enrich.Answer{Doc: map[string]any{"v": float64(version)}, Tags: []string{"pool/user"}}, nil
}

func (w *truth) Affected(poolID, userID string) []string { return []string{poolID + "/" + userID} }

func (w *truth) write() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, time.Now())
}

func (w *truth) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, gate := range w.waiting {
		close(gate)
	}
	w.waiting = nil
}

// ask decides once. Floor is the version that was acknowledged when it began.
func (w *truth) ask(e *enrich.Enricher, floor int, bound, patience time.Duration) {
	began := time.Now()
	p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
	_, err := e.Enrich(context.Background(), p, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(began) > patience {
		w.breach = fmt.Sprintf("a decision took %v", now.Sub(began))
	}
	if err != nil {
		if p.Attr["fact"] != nil {
			w.breach = "a failure left an attribute behind"
		}
		return
	}
	v := int(p.Attr["fact"].GetStructValue().GetFields()["v"].GetNumberValue())
	switch {
	case v < floor:
		w.breach = fmt.Sprintf("version %d was seen after %d was acknowledged", v, floor)
	case v < len(w.ended) && now.Sub(w.ended[v]) > bound:
		w.breach = fmt.Sprintf("version %d was seen %v after it stopped being true, bound %v", v, now.Sub(w.ended[v]), bound)
	}
}

// Whatever the order of decisions, writes here and elsewhere, slowness, failures and time: no attribute is older than TTL
// and stale window together, none is older than a write that was acknowledged here, and no decision waits longer than the
// timeout.
func TestNoAttributeIsOlderThanItMayBe(t *testing.T) {
	c := enrich.SourceConfig{Name: "fact", Attribute: "fact", TTL: 10 * time.Second, Stale: 6 * time.Second, RefreshAhead: 3 * time.Second,
		Timeout: 4 * time.Second, Jitter: 0.5, Concurrency: 2, Breaker: enrich.Breaker{Failures: 2, Pause: 5 * time.Second}}
	rapid.Check(t, func(rt *rapid.T) {
		ops := rapid.SliceOfN(rapid.IntRange(0, 11), 1, 80).Draw(rt, "ops")
		var breach string
		synctest.Test(t, func(*testing.T) {
			w := &truth{}
			e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{c}}, func(enrich.SourceConfig) (enrich.Source, error) { return w, nil }, nil, clock.System)
			if err != nil {
				t.Fatal(err)
			}
			acknowledged := 0
			for _, op := range ops {
				switch op {
				case 0, 1, 2, 3:
					go w.ask(e, acknowledged, c.TTL+c.Stale, c.Timeout)
				case 4, 5:
					time.Sleep(1500 * time.Millisecond)
				case 6:
					time.Sleep(7 * time.Second)
				case 7: // elsewhere: nobody tells
					w.write()
				case 8: // here
					w.write()
					e.Invalidate("pool", "user")
					acknowledged = len(w.ended)
				case 9:
					w.down = !w.down
				case 10:
					w.slow = !w.slow
				case 11:
					w.release()
				}
				synctest.Wait()
			}
			w.release()
			e.Wait()
			synctest.Wait()
			breach = w.breach
		})
		if breach != "" {
			rt.Fatal(breach)
		}
	})
}

func TestTenThousandDecisionsAtOnceAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &truth{slow: true}
		var fetched atomic.Int64
		e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{Attribute: "fact", Concurrency: 1}}},
			func(enrich.SourceConfig) (enrich.Source, error) { return counting{w, &fetched}, nil }, nil, clock.System)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 10_000 {
			all.Go(func() {
				p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
				if _, err := e.Enrich(context.Background(), p, nil); err != nil || p.Attr["fact"] == nil {
					t.Errorf("%v, %v", p.Attr, err)
				}
			})
		}
		synctest.Wait()
		w.release()
		all.Wait()
		if n := fetched.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

type counting struct {
	enrich.Source
	n *atomic.Int64
}

func (c counting) Fetch(ctx context.Context, q enrich.Query) (enrich.Answer, error) {
	c.n.Add(1)
	return c.Source.Fetch(ctx, q)
}

// go test ./internal/enrich -run TestMemoryIsBounded -ids 10000000
var distinct = flag.Int("ids", 100_000, "distinct ids of TestMemoryIsBounded")

func TestMemoryIsBounded(t *testing.T) {
	const most = 1000
	shelves := map[string]*shelf{"a": {}}
	shelves["a"].docs = map[string]map[string]any{}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{outside("a", enrich.SourceConfig{Max: most, TTL: time.Hour, NegativeTTL: time.Hour})}},
		func(enrich.SourceConfig) (enrich.Source, error) {
			return enrich.Outside(func(_ context.Context, q enrich.Query) (map[string]any, error) {
				if q.ID[len(q.ID)-1]%2 == 0 {
					return nil, nil // half of them nobody has heard of
				}
				return map[string]any{"id": q.ID, "list": []any{"a", "b"}}, nil
			}, nil), nil
		}, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			if _, err := e.Enrich(t.Context(), &enginev1.Principal{Id: fmt.Sprintf("somebody-with-an-id-%d", i), Roles: []string{"r"}}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(0, 2*most) // the cache is full
	before := heap()
	ask(2*most, *distinct)
	e.Wait()
	after := heap()
	if n := e.Sizes()["a"]; n > most {
		t.Errorf("%d answers are kept, bound %d", n, most)
	}
	if grown := int64(after) - int64(before); grown > 4<<20 {
		t.Errorf("the heap grew by %d KiB over %d ids", grown>>10, *distinct)
	}
	t.Logf("%d ids: heap %d KiB, then %d KiB", *distinct, before>>10, after>>10)
}
