package storetest

import (
	"sync"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/outbox"
)

func row(id, userID string) outbox.Row {
	return outbox.Row{
		ID: id, PoolID: poolID, UserID: userID, Sealed: []byte{1, 0, 255}, Lease: "lease-" + id, Tries: 1, DueAt: later(1), ExpiresAt: later(100),
	}
}

func outboxes(t *testing.T, open Open) {
	t.Run("EveryFieldComesBackWhenItIsDue", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		want := row("a", sub(1))
		want.Topic = "reset"
		nobody := row("b", "")
		nobody.DueAt = later(2)
		must(t, s.KeepMessage(ctx(), want))
		must(t, s.KeepMessage(ctx(), nobody))
		none, err := s.ClaimMessages(ctx(), "l", now, later(50), 10)
		must(t, err)
		same(t, "what is not due", none, nil)
		waiting, err := s.WaitingMessages(ctx())
		must(t, err)
		same(t, "waiting", waiting, 2)
		got, err := s.ClaimMessages(ctx(), "l", later(2), later(50), 10)
		must(t, err)
		for _, r := range []*outbox.Row{&want, &nobody} {
			r.Lease, r.Tries, r.DueAt = "l", 2, later(50)
		}
		same(t, "claimed", got, []outbox.Row{want, nobody})
		again, err := s.ClaimMessages(ctx(), "m", later(49), later(99), 10)
		must(t, err)
		same(t, "what is leased", again, nil)
		again, err = s.ClaimMessages(ctx(), "m", later(50), later(99), 1)
		must(t, err)
		same(t, "after the lease", len(again), 1)
	})
	t.Run("OnlyTheHolderOfTheLeaseChangesIt", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.KeepMessage(ctx(), row("a", sub(1))))
		late := row("a", sub(1))
		late.Lease, late.DueAt = "other", later(1000)
		must(t, s.PostponeMessage(ctx(), late))
		must(t, s.DropMessage(ctx(), "a", "other"))
		mine := row("a", sub(1))
		mine.Sealed, mine.DueAt = []byte{7}, later(10)
		must(t, s.PostponeMessage(ctx(), mine))
		must(t, s.DropMessage(ctx(), "a", mine.Lease)) // a postponed message has no holder
		got, err := s.ClaimMessages(ctx(), "l", later(10), later(20), 10)
		must(t, err)
		same(t, "postponed", len(got), 1)
		same(t, "sealed", got[0].Sealed, []byte{7})
		must(t, s.DropMessage(ctx(), "a", "l"))
		got, err = s.ClaimMessages(ctx(), "l", later(1000), later(1001), 10)
		must(t, err)
		same(t, "dropped", got, nil)
	})
	t.Run("NodesThatClaimAtOnceGetDifferentOnes", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for i := range 20 {
			must(t, s.KeepMessage(ctx(), row(string(rune('a'+i)), sub(1))))
		}
		var mu sync.Mutex
		times := map[string]int{}
		together(t, 8, func(i int) error {
			got, err := s.ClaimMessages(ctx(), string(rune('A'+i)), later(5), later(500), 5)
			mu.Lock()
			defer mu.Unlock()
			for _, r := range got {
				times[r.ID]++
			}
			return err
		})
		for id, n := range times {
			same(t, id, n, 1)
		}
		if len(times) == 0 {
			t.Error("nobody got any")
		}
	})
	t.Run("ANewerMessageMakesTheOlderUseless", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		for i, r := range []outbox.Row{row("a", sub(1)), row("b", sub(1)), row("c", sub(2)), row("d", sub(1)), row("e", sub(1))} {
			if r.Topic = "reset"; i >= 3 {
				r.Topic = ""
			}
			must(t, s.KeepMessage(ctx(), r))
		}
		got, err := s.ClaimMessages(ctx(), "l", later(5), later(6), 10)
		must(t, err)
		ids := map[string]bool{}
		for _, r := range got {
			ids[r.ID] = true
		}
		same(t, "left", ids, map[string]bool{"b": true, "c": true, "d": true, "e": true})
	})
	t.Run("ItGoesWithItsUserAndItsTransaction", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		x := insert(t, s, 1)
		must(t, s.KeepMessage(ctx(), row("a", x.ID)))
		faulty(t, "keep for nobody we know", s.KeepMessage(ctx(), row("b", sub(9))), fault.Missing, fault.User, "")
		strange := row("c", "")
		strange.PoolID = "eu-west-1_Nothing00"
		faulty(t, "keep for no pool", s.KeepMessage(ctx(), strange), fault.Missing, "", "")
		must(t, s.DeleteUser(ctx(), poolID, x.ID))
		got, err := s.ClaimMessages(ctx(), "l", later(5), later(6), 10)
		must(t, err)
		same(t, "left", got, nil)
	})
}
