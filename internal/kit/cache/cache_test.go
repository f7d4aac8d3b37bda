package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter answers every key with the number of the load.
type counter struct {
	loads atomic.Int64
	fail  atomic.Bool
}

func (s *counter) load(context.Context, string) (Loaded[int64], error) {
	n := s.loads.Add(1)
	if s.fail.Load() {
		return Loaded[int64]{}, errors.New("source is down")
	}
	return Loaded[int64]{Value: n, Found: true}, nil
}

func want(t *testing.T, c *Cache[string, int64], value int64, outcome Outcome, age time.Duration) {
	t.Helper()
	r, err := c.Get(t.Context(), "k")
	if err != nil || r.Value != value || r.Outcome != outcome || r.Age != age {
		t.Errorf("got %d %s age %v, %v; want %d %s age %v", r.Value, r.Outcome, r.Age, err, value, outcome, age)
	}
}

func TestAnEntryLivesForItsTTLThenIsServedStaleWhileItIsRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{}
		c := New(Config{TTL: 10 * time.Second, Stale: 5 * time.Second}, s.load)
		want(t, c, 1, Miss, 0)
		time.Sleep(9 * time.Second)
		want(t, c, 1, Hit, 9*time.Second)
		time.Sleep(2 * time.Second)
		want(t, c, 1, Stale, 11*time.Second)
		synctest.Wait()
		want(t, c, 2, Hit, 0)
		time.Sleep(15 * time.Second)
		want(t, c, 3, Miss, 0)
	})
}

func TestAFailingRefreshKeepsTheStaleAnswerUntilTheWindowEndsAndDoesNotHammer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{}
		c := New(Config{TTL: 10 * time.Second, Stale: 5 * time.Second, Backoff: 2 * time.Second}, s.load)
		want(t, c, 1, Miss, 0)
		s.fail.Store(true)
		time.Sleep(10 * time.Second)
		for range 50 {
			want(t, c, 1, Stale, 10*time.Second)
			synctest.Wait()
		}
		if n := s.loads.Load(); n != 2 {
			t.Errorf("%d loads, want 2: one refresh until the backoff is over", n)
		}
		time.Sleep(5 * time.Second)
		if r, err := c.Get(t.Context(), "k"); err == nil {
			t.Errorf("got %v past the stale window, want the source's error", r)
		}
		s.fail.Store(false)
		want(t, c, 4, Miss, 0)
	})
}

func TestAnAnswerInUseIsRefreshedAheadOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counter{}
		c := New(Config{TTL: 10 * time.Second, Ahead: 3 * time.Second, Backoff: 2 * time.Second}, s.load)
		want(t, c, 1, Miss, 0)
		time.Sleep(6 * time.Second)
		want(t, c, 1, Hit, 6*time.Second)
		synctest.Wait()
		if n := s.loads.Load(); n != 1 {
			t.Fatalf("%d loads before the time for it", n)
		}
		time.Sleep(time.Second)
		want(t, c, 1, Hit, 7*time.Second) // and nobody waits
		synctest.Wait()
		want(t, c, 2, Hit, 0)
		s.fail.Store(true)
		time.Sleep(8 * time.Second)
		for range 20 {
			want(t, c, 2, Hit, 8*time.Second)
			synctest.Wait()
		}
		if n := s.loads.Load(); n != 3 {
			t.Errorf("%d loads, want 3: a failing refresh backs off", n)
		}
		time.Sleep(2 * time.Second)
		if r, err := c.Get(t.Context(), "k"); err == nil {
			t.Errorf("got %v past its life, want the source's error", r)
		}
	})
}

func TestANegativeAnswerIsKeptForItsOwnTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads int
		c := New(Config{TTL: time.Hour, Absent: 3 * time.Second, Stale: time.Hour}, func(context.Context, string) (Loaded[int], error) {
			loads++
			return Loaded[int]{}, nil
		})
		for i, w := range []Outcome{Miss, Negative, Negative} {
			if r, _ := c.Get(t.Context(), "k"); r.Outcome != w || r.Found {
				t.Errorf("get %d: %s found %v, want %s and not found", i, r.Outcome, r.Found, w)
			}
		}
		time.Sleep(3 * time.Second)
		if r, _ := c.Get(t.Context(), "k"); r.Outcome != Miss || loads != 2 {
			t.Errorf("after its TTL: %s with %d loads, want a miss and 2", r.Outcome, loads)
		}
	})
}

func TestTenThousandConcurrentMissesMakeOneLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads, coalesced atomic.Int64
		gate := make(chan struct{})
		c := New(Config{}, func(context.Context, string) (Loaded[int], error) {
			loads.Add(1)
			<-gate
			return Loaded[int]{Value: 7, Found: true}, nil
		})
		var wg sync.WaitGroup
		for range 10_000 {
			wg.Go(func() {
				r, err := c.Get(t.Context(), "k")
				if err != nil || r.Value != 7 {
					t.Errorf("got %v, %v", r, err)
				}
				if r.Outcome == Coalesced {
					coalesced.Add(1)
				}
			})
		}
		synctest.Wait()
		close(gate)
		wg.Wait()
		if loads.Load() != 1 || coalesced.Load() != 9_999 {
			t.Errorf("%d loads and %d coalesced, want 1 and 9999", loads.Load(), coalesced.Load())
		}
	})
}

func TestACancelledWaiterLeavesTheLoadToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := New(Config{TTL: time.Hour}, func(ctx context.Context, _ string) (Loaded[int], error) {
			<-gate
			return Loaded[int]{Value: 7, Found: true}, ctx.Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := c.Get(ctx, "k"); first <- err }()
		synctest.Wait()
		go func() { _, err := c.Get(t.Context(), "k"); second <- err }()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled caller got %v", err)
		}
		close(gate)
		if err := <-second; err != nil {
			t.Errorf("the other caller got %v", err)
		}
		if r, _ := c.Get(t.Context(), "k"); r.Outcome != Hit {
			t.Errorf("the load was lost: %s", r.Outcome)
		}
	})
}

func TestALoaderThatHangsReleasesItsKeyAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads atomic.Int64
		release := make(chan struct{})
		c := New(Config{TTL: time.Hour, Timeout: time.Second}, func(context.Context, string) (Loaded[int], error) {
			if loads.Add(1) == 1 {
				<-release // ignores its context
			}
			return Loaded[int]{Value: 7, Found: true}, nil
		})
		began := time.Now()
		if _, err := c.Get(t.Context(), "k"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want a deadline after 1s", err, time.Since(began))
		}
		if r, err := c.Get(t.Context(), "k"); err != nil || r.Value != 7 {
			t.Errorf("the next caller got %v, %v", r, err)
		}
		close(release)
	})
}

func TestAPanickingLoaderIsAnError(t *testing.T) {
	t.Parallel()
	c := New(Config{}, func(context.Context, string) (Loaded[int], error) { panic("boom") })
	if _, err := c.Get(t.Context(), "k"); err == nil {
		t.Error("want an error")
	}
}

func TestALoadOverlappedByAWriteToSomethingElseIsStillKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := New(Config{TTL: time.Hour}, func(context.Context, string) (Loaded[int], error) {
			<-gate
			return Loaded[int]{Found: true, Tags: []string{"mine"}}, nil
		})
		go c.Get(context.Background(), "k")
		synctest.Wait()
		c.InvalidateTag("theirs")
		close(gate)
		c.Wait()
		if r, _ := c.Get(t.Context(), "k"); r.Outcome != Hit {
			t.Errorf("got %s, want a hit: a busy writer must not empty the cache", r.Outcome)
		}
	})
}

func TestASlowOldLoadDoesNotReplaceANewerAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads atomic.Int64
		slow := make(chan struct{})
		c := New(Config{TTL: time.Hour}, func(context.Context, string) (Loaded[int64], error) {
			n := loads.Add(1)
			if n == 1 {
				<-slow
			}
			return Loaded[int64]{Value: n, Found: true}, nil
		})
		go c.Get(context.Background(), "k")
		synctest.Wait()
		c.InvalidateTag("something else")
		want(t, c, 2, Miss, 0)
		close(slow)
		c.Wait()
		want(t, c, 2, Hit, 0)
	})
}

func TestMemoryIsBoundedAndTheLeastUsedGoesFirst(t *testing.T) {
	t.Parallel()
	c := New(Config{Max: 100, TTL: time.Hour}, func(_ context.Context, k int) (Loaded[int], error) {
		return Loaded[int]{Value: k, Found: true, Tags: []string{fmt.Sprint(k)}}, nil
	})
	for i := range 10_000 {
		if _, err := c.Get(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), 0); err != nil { // keeps 0 in use
			t.Fatal(err)
		}
	}
	if r, _ := c.Get(t.Context(), 0); r.Outcome != Hit {
		t.Error("the entry in use was evicted")
	}
	c.Wait()
	if c.Len() > 100 || len(c.tagged) > 100 {
		t.Errorf("%d entries and %d tags, bound 100", c.Len(), len(c.tagged))
	}
}

func BenchmarkHit(b *testing.B) {
	c := New(Config{TTL: time.Hour}, func(_ context.Context, k string) (Loaded[int], error) {
		return Loaded[int]{Found: true}, nil
	})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Get(ctx, "k"); err != nil {
			b.Fatal(err)
		}
	}
}
