package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/limit"
)

func buckets(t *testing.T, open Open) {
	rule := limit.Rule{Tokens: 10, Per: time.Second}
	t.Run("EmptyAndFillAgain", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		lease := func(key string, want int, at time.Time) int {
			t.Helper()
			got, err := s.LeaseTokens(ctx(), key, rule, want, at)
			must(t, err)
			return got
		}
		for _, step := range []struct {
			what     string
			key      string
			want, ms int
			get      int
		}{
			{"some", "a", 4, 0, 4}, {"more than are left", "a", 20, 0, 6}, {"from an empty one", "a", 1, 0, 0},
			{"before one is back", "a", 1, 99, 0}, {"when one is back", "a", 5, 100, 1}, {"of another key", "b", 10, 0, 10},
			{"half of them are back", "a", 10, 600, 5}, {"never more than all", "a", 99, 100_000, 10},
			{"a clock that is behind", "a", 1, 99_000, 0},
		} {
			if got := lease(step.key, step.want, later(step.ms)); got != step.get {
				t.Errorf("%s: got %d tokens, want %d", step.what, got, step.get)
			}
		}
		must(t, s.DropFullBuckets(ctx(), later(2000)))
		if got := lease("a", 1, later(100_000)); got != 0 {
			t.Error("a bucket that is not full was forgotten")
		}
		must(t, s.DropFullBuckets(ctx(), later(200_000)))
		if got := lease("a", 99, later(100_000)); got != 10 {
			t.Errorf("a bucket that was full was not forgotten: %d", got)
		}
	})
	t.Run("ManyAtOnceGetNoMoreThanThereAre", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		var all atomic.Int64
		together(t, 8, func(int) error {
			got, err := s.LeaseTokens(ctx(), "a", rule, 3, now)
			all.Add(int64(got))
			return err
		})
		if all.Load() != 10 {
			t.Errorf("%d tokens of 10 were given out", all.Load())
		}
	})
}
