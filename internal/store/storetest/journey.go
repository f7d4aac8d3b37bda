package storetest

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/workspace/journey"
)

// kept is a context of the n-th user in a browser.
func kept(id, browserID string, n int) *journey.Kept {
	return &journey.Kept{
		ID: id, WorkspaceID: "a", ConnectionID: "one", PoolID: poolID, UserID: sub(n), BrowserID: browserID, Stamp: 3, Sealed: []byte("sealed"),
		CachedUntil: later(5), UsedAt: now, ExpiresAt: later(9),
	}
}

func journeys(t *testing.T, open Open) {
	with := func(t *testing.T) *store.Store {
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 9))
		insert(t, s, 1)
		insert(t, s, 2)
		return s
	}
	t.Run("ALoginIsTakenOnceAndMovesWithItsState", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.InsertLogin(ctx(), "h", "a", "first", later(9)))
		faulty(t, "an unknown workspace", s.InsertLogin(ctx(), "i", "b", "x", later(9)), fault.Missing, "", "")
		got, err := s.Login(ctx(), "h", "b", now)
		must(t, err)
		same(t, "another workspace's", got, "")
		moved := make(chan int, 20)
		together(t, 20, func(i int) error {
			was, err := s.ReplaceLogin(ctx(), "h", "a", "next", "second", now)
			if was {
				moved <- i
			}
			return err
		})
		same(t, "who moved it", len(moved), 1)
		got, err = s.Login(ctx(), "h", "a", now)
		must(t, err)
		same(t, "its old place", got, "")
		late, err := s.TakeLogin(ctx(), "next", "a", later(9))
		must(t, err)
		same(t, "too late", late, "")
		won := make(chan string, 20)
		together(t, 20, func(int) error {
			got, err := s.TakeLogin(ctx(), "next", "a", now)
			if got != "" {
				won <- got
			}
			return err
		})
		same(t, "winners", len(won), 1)
		same(t, "login", <-won, "second")
	})
	t.Run("ABrowserHasOneContextOfAConnectionForOtherRequests", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.SaveContext(ctx(), kept("1", "b", 1)))
		must(t, s.SaveContext(ctx(), kept("2", "b", 1)))
		elsewhere := kept("3", "c", 2)
		must(t, s.SaveContext(ctx(), elsewhere))
		got, err := s.CachedContext(ctx(), "a", "b", "one")
		must(t, err)
		same(t, "cached", got, kept("2", "b", 1))
		for _, c := range [][3]string{{"b", "b", "one"}, {"a", "b", "two"}, {"a", "x", "one"}} {
			got, err := s.CachedContext(ctx(), c[0], c[1], c[2])
			must(t, err)
			same(t, "of nobody", got, nil)
		}
		old, err := s.KeptContext(ctx(), "1")
		must(t, err)
		same(t, "the earlier one counts for its tokens alone", old.CachedUntil.UnixMilli() <= 0, true)
		must(t, s.UseContext(ctx(), "2", later(2), later(20)))
		must(t, s.UseContext(ctx(), "2", later(3), later(10)))
		got, err = s.KeptContext(ctx(), "2")
		must(t, err)
		same(t, "used", got.UsedAt, later(3))
		same(t, "ends", got.ExpiresAt, later(20))
		stray := kept("4", "b", 9)
		faulty(t, "of nobody", s.SaveContext(ctx(), stray), fault.Missing, fault.User, "")
		got, err = s.CachedContext(ctx(), "a", "b", "one")
		must(t, err)
		same(t, "what failed has changed nothing", got.ID, "2")
	})
	t.Run("ContextsGo", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		for id, n := range map[string]int{"1": 1, "2": 2} {
			must(t, s.SaveContext(ctx(), kept(id, "b"+id, n)))
		}
		other := kept("3", "d", 1)
		other.ConnectionID = "two"
		must(t, s.SaveContext(ctx(), other))
		must(t, s.DropContexts(ctx(), "a", "two"))
		none(t, s, "3")
		must(t, s.DropContextsOf(ctx(), poolID, sub(1)))
		none(t, s, "1")
		must(t, s.DeleteUser(ctx(), poolID, sub(2)))
		none(t, s, "2")
		must(t, s.SaveContext(ctx(), kept("5", "b", 1)))
		must(t, s.Sweep(ctx(), later(10)))
		none(t, s, "5")
	})
	t.Run("TracesAreListedAndEnd", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		trace := func(id string, at time.Time) *journey.Trace {
			return &journey.Trace{ID: id, WorkspaceID: "a", ConnectionID: "one", ClientID: "c", UserID: sub(1), Outcome: "code", Cached: true, At: at}
		}
		for i, id := range []string{"1", "2", "3"} {
			told := trace(id, later(i))
			told.Context = map[string]any{"email": "alice@example.com"} // goes nowhere but into what is sealed
			must(t, s.InsertTrace(ctx(), told, []byte("sealed"+id), later(100+i)))
		}
		faulty(t, "an unknown workspace", s.InsertTrace(ctx(), &journey.Trace{ID: "4", WorkspaceID: "b"}, []byte("x"), now), fault.Missing, "", "")
		list, err := s.Traces(ctx(), "a", later(2), 1)
		must(t, err)
		same(t, "the newest before a time", list, []*journey.Trace{trace("2", later(1))})
		got, sealed, err := s.Trace(ctx(), "a", "3")
		must(t, err)
		same(t, "trace", got, trace("3", later(2)))
		same(t, "sealed", string(sealed), "sealed3")
		got, _, err = s.Trace(ctx(), "b", "3")
		must(t, err)
		same(t, "of another workspace", got, nil)
		must(t, s.Sweep(ctx(), later(101)))
		list, err = s.Traces(ctx(), "a", later(9), 9)
		must(t, err)
		same(t, "after a sweep", len(list), 2)
	})
}

func none(t *testing.T, s *store.Store, id string) {
	t.Helper()
	got, err := s.KeptContext(ctx(), id)
	must(t, err)
	same(t, "context "+id, got, nil)
}
