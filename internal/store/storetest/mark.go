package storetest

import (
	"strings"
	"sync/atomic"
	"testing"
)

func marks(t *testing.T, open Open) {
	t.Run("AMarkIsConsumedOnce", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		long := strings.Repeat("long", 2000)
		for _, id := range []string{"a", long + "1", long + "2"} {
			used, err := s.Consumed(ctx(), id)
			must(t, err)
			same(t, "used before", used, false)
			var first atomic.Int32
			together(t, 20, func(int) error {
				won, err := s.Consume(ctx(), id, now)
				if won {
					first.Add(1)
				}
				return err
			})
			same(t, "first times", first.Load(), 1)
			used, err = s.Consumed(ctx(), id)
			must(t, err)
			same(t, "used after", used, true)
		}
	})
	t.Run("AMarkStaysUntilItEnds", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		_, err := s.Consume(ctx(), "a", now)
		must(t, err)
		must(t, s.DropExpiredMarks(ctx(), now))
		first, err := s.Consume(ctx(), "a", later(9))
		must(t, err)
		same(t, "first", first, false)
		must(t, s.DropExpiredMarks(ctx(), later(1)))
		used, err := s.Consumed(ctx(), "a")
		must(t, err)
		same(t, "used", used, false)
	})
}
