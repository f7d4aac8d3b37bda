package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

func lockouts(t *testing.T, open Open) {
	t.Run("EveryFieldComesBackAndTheZeroValueIsACleanRecord", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, want := range []signin.Lockout{{Failures: 3, LastFailure: now, LockedUntil: later(1)}, {Failures: 1}, {}, {}} {
			must(t, s.UpdateLockout(ctx(), poolID, "nobody knows", func(l *signin.Lockout) { *l = want }))
			got, err := s.Lockout(ctx(), poolID, "nobody knows")
			must(t, err)
			same(t, "lockout", got, want)
		}
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		err := open(t).UpdateLockout(ctx(), poolID, "u", func(l *signin.Lockout) { l.Failures++ })
		faulty(t, "update", err, fault.Missing, "", "")
	})
	t.Run("NoFailureIsLostNotEvenTheFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		together(t, 20, func(int) error {
			return s.UpdateLockout(ctx(), poolID, "u", func(l *signin.Lockout) { l.Failures++ })
		})
		got, err := s.Lockout(ctx(), poolID, "u")
		must(t, err)
		same(t, "failures", got.Failures, 20)
	})
	t.Run("CountingAndForgettingAtOnceNeverFails", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		together(t, 20, func(i int) error {
			return s.UpdateLockout(ctx(), poolID, "u", func(l *signin.Lockout) {
				if l.Failures++; i%2 == 0 {
					*l = signin.Lockout{}
				}
			})
		})
	})
}
