package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

// Context is short for context.Context.
type Context = context.Context

var errNo = errors.New("no")

// there fails the test unless exactly these groups exist.
func there(t testing.TB, s *store.Store, want ...string) {
	t.Helper()
	list, err := s.ListGroups(ctx(), poolID, "", 100)
	must(t, err)
	same(t, "what was written", names(list), want)
}

func transactions(t *testing.T, open Open) {
	t.Run("AllIsWrittenOrNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, result := range []error{errNo, nil} {
			err := s.InTx(ctx(), func(ctx Context) error {
				for _, name := range []string{"a", "b"} {
					if err := s.InsertGroup(ctx, group(name)); err != nil {
						return err
					}
				}
				if _, err := s.Group(ctx, poolID, "a"); err != nil {
					t.Errorf("a transaction does not see what it wrote: %v", err)
				}
				return result
			})
			if err != result {
				t.Errorf("InTx: %v, want the error of its function: %v", err, result)
			}
		}
		there(t, s, "a", "b")
	})
	t.Run("OthersDoNotSeeWhatIsNotCommitted", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		seen := make(chan error, 1)
		must(t, s.InTx(ctx(), func(inside Context) error {
			if err := s.InsertGroup(inside, group("a")); err != nil {
				return err
			}
			go func() {
				_, err := s.Group(ctx(), poolID, "a")
				seen <- err
			}()
			return s.InsertGroup(inside, group("b"))
		}))
		// Either the reader came before the commit, and saw nothing, or after it, and saw all.
		if err := <-seen; err != nil {
			faulty(t, "read", err, fault.Missing, "", "")
		}
		there(t, s, "a", "b")
	})
	t.Run("AFailedPartIsUndoneAndTheRestStays", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertGroup(ctx(), group("taken")))
		must(t, s.InTx(ctx(), func(ctx Context) error {
			if err := s.InsertGroup(ctx, group("before")); err != nil {
				return err
			}
			faulty(t, "insert", s.InsertGroup(ctx, group("taken")), fault.Exists, fault.Group, "")
			err := s.InTx(ctx, func(ctx Context) error {
				if err := s.InTx(ctx, func(ctx Context) error { return s.InsertGroup(ctx, group("deep")) }); err != nil {
					return err
				}
				if err := s.AddMember(ctx, poolID, "deep", "nobody"); err != nil {
					return errNo
				}
				return nil
			})
			if !errors.Is(err, errNo) {
				t.Errorf("part: %v, want its own error", err)
			}
			return s.InsertGroup(ctx, group("after"))
		}))
		there(t, s, "after", "before", "taken")
	})
	t.Run("AWholePartIsUndoneAsOneAndTheRestStays", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InTx(ctx(), func(ctx Context) error {
			if err := s.InsertGroup(ctx, group("before")); err != nil {
				return err
			}
			err := s.InWhole(ctx, func(ctx Context) error {
				if err := s.InTx(ctx, func(ctx Context) error { return s.InsertGroup(ctx, group("deep")) }); err != nil {
					return err
				}
				if err := s.InsertMember(ctx, poolID, "deep", sub(1)); err != nil {
					return err
				}
				_, err := s.Group(ctx, poolID, "none") // what is only read may fail
				faulty(t, "read", err, fault.Missing, "", "")
				if err := s.InsertMember(ctx, poolID, "none", sub(1)); err != nil {
					faulty(t, "a member of no group", err, fault.Missing, "", "")
					return errNo
				}
				return nil
			})
			if !errors.Is(err, errNo) {
				t.Errorf("part: %v, want its own error", err)
			}
			return s.InWhole(ctx, func(ctx Context) error {
				if err := s.InsertGroup(ctx, group("after")); err != nil {
					return err
				}
				if err := s.InsertMember(ctx, poolID, "after", sub(1)); err != nil {
					return err
				}
				return s.InsertMember(ctx, poolID, "after", sub(1)) // once more changes nothing
			})
		}))
		there(t, s, "after", "before")
		in, err := s.GroupsOf(ctx(), poolID, sub(1))
		if must(t, err); len(in) != 1 || in[0].Name != "after" {
			t.Errorf("the user is in %v", in)
		}
	})
	t.Run("AConstraintThatBreaksSparesTheRest", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InTx(ctx(), func(ctx Context) error {
			faulty(t, "session of nobody", s.InsertSession(ctx, session(1, sub(1))), fault.Missing, fault.User, "")
			return s.InsertGroup(ctx, group("a"))
		}))
		there(t, s, "a")
	})
	t.Run("AFailureSparesThoseWhoShareTheCommit", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var want []string
		for i := range 60 {
			if i%3 > 0 {
				want = append(want, fmt.Sprintf("g%02d", i))
			}
		}
		together(t, 60, func(i int) error {
			err := s.InTx(ctx(), func(ctx Context) error {
				if err := s.InsertGroup(ctx, group(fmt.Sprintf("g%02d", i))); err != nil {
					return err
				}
				if i%3 == 0 {
					return errNo
				}
				return nil
			})
			if i%3 == 0 && err == errNo {
				return nil
			}
			return err
		})
		there(t, s, want...)
	})
	t.Run("APanicIsUndoneAndReachesItsCaller", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, nested := range []bool{false, true} {
			got := func() (v any) {
				defer func() { v = recover() }()
				_ = s.InTx(ctx(), func(ctx Context) error {
					must(t, s.InsertGroup(ctx, group("a")))
					if nested {
						return s.InTx(ctx, func(Context) error { panic(errNo) })
					}
					panic(errNo)
				})
				return nil
			}()
			if got != errNo {
				t.Errorf("recovered %v, want the value of the panic", got)
			}
		}
		must(t, s.InsertGroup(ctx(), group("b"))) // the store still works
		there(t, s, "b")
	})
	t.Run("AGoexitIsUndone", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.InTx(ctx(), func(ctx Context) error {
				_ = s.InsertGroup(ctx, group("a"))
				runtime.Goexit()
				return nil
			})
		}()
		<-done
		must(t, s.InsertGroup(ctx(), group("b")))
		there(t, s, "b")
	})
	t.Run("ACancelledContextChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		cancelled, cancel := context.WithCancel(ctx())
		cancel()
		if err := s.InsertGroup(cancelled, group("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("insert: %v, want that it was cancelled", err)
		}
		midway, cancel := context.WithCancel(ctx())
		err := s.InTx(midway, func(ctx Context) error {
			if err := s.InsertGroup(ctx, group("b")); err != nil {
				return err
			}
			cancel()
			return s.InsertGroup(ctx, group("c"))
		})
		if err == nil {
			t.Error("a transaction that was cancelled midway was committed")
		}
		must(t, s.InsertGroup(ctx(), group("d")))
		there(t, s, "d")
	})
	t.Run("AContextThatOutlivesItsTransactionIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var leaked Context
		must(t, s.InTx(ctx(), func(ctx Context) error {
			leaked = ctx
			return nil
		}))
		if err := s.InsertGroup(leaked, group("a")); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("write: %v, want that the transaction is over", err)
		}
		there(t, s)
	})
	t.Run("AnotherStoreIsNotInTheTransaction", func(t *testing.T) {
		t.Parallel()
		s, other := seeded(t, open), seeded(t, open)
		err := s.InTx(ctx(), func(ctx Context) error {
			must(t, other.InsertGroup(ctx, group("a")))
			return errNo
		})
		if err != errNo {
			t.Errorf("InTx: %v", err)
		}
		there(t, s)
		there(t, other, "a")
	})
	afterCommit(t, open)
	t.Run("DifferentRowsInOppositeOrderEndWell", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		together(t, 12, func(i int) error {
			ids := []string{sub(1), sub(2)}
			if i%2 == 0 {
				slices.Reverse(ids)
			}
			return s.InTx(ctx(), func(ctx Context) error {
				for _, id := range ids {
					if _, err := s.UpdateUser(ctx, poolID, id, func(u *directory.User) (directory.Keys, error) {
						u.Attributes["name"] += "x"
						return named(u), nil
					}); err != nil {
						return err
					}
				}
				return nil
			})
		})
		for i := 1; i <= 2; i++ {
			u, err := s.User(ctx(), poolID, sub(i))
			must(t, err)
			same(t, "changes", len(u.Attributes["name"]), 12)
		}
	})
}

func afterCommit(t *testing.T, open Open) {
	t.Run("WhatFollowsACommitComesBeforeTheAnswerInOrder", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var order []string
		note := func(ctx Context, what string) { s.OnCommit(ctx, func() { order = append(order, what) }) }
		note(ctx(), "at once")
		must(t, s.InTx(ctx(), func(inside Context) error {
			order = order[:1] // the function may run twice
			s.OnCommit(inside, func() {
				if _, err := s.Group(ctx(), poolID, "a"); err != nil {
					t.Errorf("after the commit the write cannot be seen: %v", err)
				}
				note(inside, "from a follower")
			})
			note(inside, "first")
			_ = s.InTx(inside, func(ctx Context) error {
				note(ctx, "of an undone part")
				return errNo
			})
			if err := s.InTx(inside, func(ctx Context) error {
				note(ctx, "of a part")
				return nil
			}); err != nil {
				return err
			}
			order = append(order, "end of function")
			return s.InsertGroup(inside, group("a"))
		}))
		order = append(order, "answer")
		want := []string{"at once", "end of function", "from a follower", "first", "of a part", "answer"}
		same(t, "order", order, want)
	})
	t.Run("NothingFollowsWhatIsUndone", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		_ = s.InTx(ctx(), func(ctx Context) error {
			s.OnCommit(ctx, func() { t.Error("something followed a transaction that was undone") })
			return errNo
		})
	})
}
