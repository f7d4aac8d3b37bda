package storetest

import (
	"errors"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

// fillFactors registers one of everything for a user.
func fillFactors(t testing.TB, s *store.Store, userID string) {
	t.Helper()
	must(t, s.UpdateSoftwareToken(ctx(), poolID, userID, func(x *factor.SoftwareToken) error {
		x.Secret = []byte("sealed")
		return nil
	}))
	must(t, s.InsertPasskey(ctx(), poolID, userID, passkey(1), 20))
	must(t, s.InsertDevice(ctx(), poolID, userID, device(1)))
}

// noFactors fails the test if a user has anything registered.
func noFactors(t testing.TB, s *store.Store, userID string) {
	t.Helper()
	got, err := s.Registered(ctx(), poolID, userID)
	must(t, err)
	same(t, "registered", got, factor.Registered{})
	left, err := s.Devices(ctx(), poolID, userID, factor.DevicePosition{}, 10)
	must(t, err)
	same(t, "devices", left, nil)
}

func softwareTokens(t *testing.T, open Open) {
	full := factor.SoftwareToken{
		Secret: []byte("secret"), Pending: []byte("pending"), Name: "phone", LastStep: 57_000_000, VerifiedAt: now,
	}
	set := func(s *store.Store, to factor.SoftwareToken) error {
		return s.UpdateSoftwareToken(ctx(), poolID, sub(1), func(x *factor.SoftwareToken) error { *x = to; return nil })
	}
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, want := range []factor.SoftwareToken{full, {Pending: []byte("only")}, {}} {
			must(t, set(s, want))
			got, err := s.SoftwareToken(ctx(), poolID, sub(1))
			must(t, err)
			same(t, "software token", got, want)
			has, err := s.Registered(ctx(), poolID, sub(1))
			must(t, err)
			same(t, "registered", has, factor.Registered{SoftwareToken: want.Secret != nil})
		}
	})
	t.Run("AFailedChangeChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, set(s, full))
		no := errors.New("no")
		err := s.UpdateSoftwareToken(ctx(), poolID, sub(1), func(x *factor.SoftwareToken) error {
			x.LastStep++
			return no
		})
		if !errors.Is(err, no) {
			t.Errorf("got %v", err)
		}
		got, err := s.SoftwareToken(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "software token", got, full)
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		faulty(t, "update", set(seeded(t, open), full), fault.Missing, fault.User, "")
	})
	t.Run("OfManyUsesOfOneStepOneIsFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, set(s, full))
		var won atomic.Int32
		together(t, 10, func(int) error {
			first := false
			err := s.UpdateSoftwareToken(ctx(), poolID, sub(1), func(x *factor.SoftwareToken) error {
				first = x.LastStep < full.LastStep+1
				x.LastStep = full.LastStep + 1
				return nil
			})
			if first && err == nil {
				won.Add(1)
			}
			return err
		})
		same(t, "winners", int(won.Load()), 1)
	})
}
