package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/fault"
)

func trips(t *testing.T, open Open) {
	t.Run("ATripIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertTrip(ctx(), "a", poolID, "sealed", later(9)))
		other, err := s.TakeTrip(ctx(), "a", "eu-west-1_Other0000", now)
		must(t, err)
		same(t, "trip of another pool", other, "")
		won := make(chan string, 20)
		together(t, 20, func(int) error {
			got, err := s.TakeTrip(ctx(), "a", poolID, now)
			if got != "" {
				won <- got
			}
			return err
		})
		same(t, "winners", len(won), 1)
		same(t, "trip", <-won, "sealed")
	})
	t.Run("TripsEnd", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, hash := range []string{"a", "b"} {
			must(t, s.InsertTrip(ctx(), hash, poolID, hash, later(9)))
		}
		got, err := s.TakeTrip(ctx(), "a", poolID, later(9))
		must(t, err)
		same(t, "a trip that has ended", got, "")
		must(t, s.Sweep(ctx(), later(10)))
		got, err = s.TakeTrip(ctx(), "b", poolID, now)
		must(t, err)
		same(t, "a trip that was swept out", got, "")
		faulty(t, "a trip of no pool", s.InsertTrip(ctx(), "c", "none", "x", later(9)), fault.Missing, "", "")
	})
}
