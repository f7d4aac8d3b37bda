package storetest

import (
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/store"
)

func signingKey(kid string, use key.Use, at time.Time) key.Stored {
	return key.Stored{PoolID: poolID, KID: kid, Use: use, Private: []byte{1, 0}, Public: []byte{2, 255}, CreatedAt: at}
}

// put makes a key active and fails the test unless it wins or loses as wanted.
func put(t testing.TB, s *store.Store, k key.Stored, expected string, until time.Time, want bool) {
	t.Helper()
	won, err := s.PutActiveKey(ctx(), k, expected, until)
	must(t, err)
	if won != want {
		t.Errorf("putting %s in place of %q wins: %v, want %v", k.KID, expected, won, want)
	}
}

func published(t testing.TB, s *store.Store, at time.Time, want ...key.Stored) {
	t.Helper()
	got, err := s.Keys(ctx(), poolID, at)
	must(t, err)
	same(t, "published keys", got, want)
}

func keys(t *testing.T, open Open) {
	t.Run("ARotationRetiresTheKeyBefore", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		first, access := signingKey("first", key.ForID, now), signingKey("access", key.ForAccess, later(1))
		put(t, s, first, "", time.Time{}, true)
		put(t, s, access, "", time.Time{}, true)
		published(t, s, now, access, first)

		second := signingKey("second", key.ForID, later(2))
		put(t, s, second, "first", later(9), true)
		first.RetiredAt, first.PublishUntil = later(2), later(9)
		published(t, s, later(8), second, access, first)
		published(t, s, later(9), second, access)

		must(t, s.DropExpiredKeys(ctx(), later(8)))
		published(t, s, later(2), second, access, first)
		must(t, s.DropExpiredKeys(ctx(), later(9)))
		published(t, s, later(2), second, access)
	})
	t.Run("AnUnexpectedActiveKeyWins", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		first := signingKey("first", key.ForID, now)
		put(t, s, first, "", time.Time{}, true)
		put(t, s, signingKey("second", key.ForID, later(1)), "", later(9), false)
		put(t, s, signingKey("second", key.ForID, later(1)), "other", later(9), false)
		published(t, s, now, first)
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		won, err := open(t).PutActiveKey(ctx(), signingKey("a", key.ForID, now), "", time.Time{})
		faulty(t, "put", err, fault.Missing, "", "User pool "+poolID+" does not exist.")
		same(t, "won", won, false)
	})
	for _, expected := range []string{"", "old"} {
		t.Run("OneOfManyWinsFrom"+expected, func(t *testing.T) {
			t.Parallel()
			s := seeded(t, open)
			if expected != "" {
				put(t, s, signingKey(expected, key.ForID, now), "", time.Time{}, true)
			}
			winners := make(chan string, 20)
			together(t, 20, func(i int) error {
				k := signingKey(fmt.Sprintf("new-%d", i), key.ForID, later(1))
				won, err := s.PutActiveKey(ctx(), k, expected, later(2))
				if won {
					winners <- k.KID
				}
				return err
			})
			same(t, "winners", len(winners), 1)
			published(t, s, later(2), signingKey(<-winners, key.ForID, later(1)))
		})
	}
}
