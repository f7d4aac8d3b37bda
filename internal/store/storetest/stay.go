package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/store"
)

// stay is that of a browser of the n-th user.
func stay(browserID string, n int) *federation.Stay {
	return &federation.Stay{
		PoolID: poolID, BrowserID: browserID, UserID: sub(n), Provider: "Corp", Name: "digest", Sealed: []byte("sealed"), ExpiresAt: later(9),
	}
}

func stays(t *testing.T, open Open) {
	people := func(t *testing.T) *store.Store {
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		return s
	}
	t.Run("AStayIsTakenOnceByItsBrowser", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		must(t, s.SaveStay(ctx(), stay("b", 2)))
		want := stay("b", 1)
		want.Provider, want.Name, want.Sealed = "Other", "another", []byte("again")
		must(t, s.SaveStay(ctx(), want)) // in the place of the first
		for _, c := range []struct {
			pool, browser string
			at            int
			want          bool
		}{{poolID, "b", 0, true}, {poolID, "b", 9, false}, {poolID, "c", 0, false}, {"eu-west-1_Other0000", "b", 0, false}} {
			got, err := s.HasStay(ctx(), c.pool, c.browser, later(c.at))
			must(t, err)
			same(t, "stay of "+c.browser, got, c.want)
		}
		none, err := s.TakeStay(ctx(), poolID, "c", now)
		must(t, err)
		same(t, "stay of another browser", none, nil)
		none, err = s.TakeStay(ctx(), "eu-west-1_Other0000", "b", now)
		must(t, err)
		same(t, "stay in another pool", none, nil)
		won := make(chan *federation.Stay, 20)
		together(t, 20, func(int) error {
			got, err := s.TakeStay(ctx(), poolID, "b", now)
			if got != nil {
				won <- got
			}
			return err
		})
		same(t, "winners", len(won), 1)
		same(t, "stay", <-won, want)
	})
	t.Run("StaysAreFoundByWhatTheProviderCallsThem", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		ended, elsewhere, somebody := stay("d", 1), stay("e", 1), stay("f", 2)
		ended.ExpiresAt, elsewhere.Provider, somebody.Name = now, "Other", "another"
		for _, y := range []*federation.Stay{stay("b", 1), stay("a", 2), stay("c", 1), ended, elsewhere, somebody} {
			must(t, s.SaveStay(ctx(), y))
		}
		got, err := s.StaysOf(ctx(), poolID, "Corp", "digest", now, 2)
		must(t, err)
		same(t, "stays", got, []*federation.Stay{stay("a", 2), stay("b", 1)})
	})
	t.Run("StaysEnd", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		faulty(t, "a stay of nobody", s.SaveStay(ctx(), stay("a", 9)), fault.Missing, fault.User, "")
		for name, n := range map[string]int{"a": 1, "b": 2, "c": 2} {
			must(t, s.SaveStay(ctx(), stay(name, n)))
		}
		none, err := s.TakeStay(ctx(), poolID, "b", later(9))
		must(t, err)
		same(t, "a stay that has ended", none, nil)
		must(t, s.DeleteUser(ctx(), poolID, sub(2)))
		got, err := s.StaysOf(ctx(), poolID, "Corp", "digest", now, 9)
		must(t, err)
		same(t, "stays after a user is gone", got, []*federation.Stay{stay("a", 1)})
		must(t, s.Sweep(ctx(), later(10)))
		got, err = s.StaysOf(ctx(), poolID, "Corp", "digest", now, 9)
		must(t, err)
		same(t, "stays after a sweep", got, nil)
	})
}
