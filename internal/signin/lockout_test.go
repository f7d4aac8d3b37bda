package signin_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

var exceeded = outcome{kind: fault.Denied, text: "Password attempts exceeded"}

// TestLockoutSchedule follows one user, or nobody, through the whole schedule: to the outside both are alike.
func TestLockoutSchedule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		login   string
		options []option
	}{"known": {"alice", nil}, "known and hidden": {"alice", []option{hides}}, "unknown": {"nobody", []option{hides}}} {
		for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH"} {
			t.Run(name+" "+flow, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, c.options...)
				w.user("alice", directory.Confirmed)
				try := func(pw string) (*signin.Answer, error) { return w.flowsOf()[flow](c.login, pw) }
				for range 4 {
					a, err := try(wrong)
					badPassword.check(t, a, err)
				}
				locks := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512} // seconds
				if flow == "USER_SRP_AUTH" {
					locks = locks[:2] // the count is the same, and SRP takes its time
				}
				for n, lock := range locks {
					a, err := try(wrong)
					badPassword.check(t, a, err)
					w.clock.Advance(time.Duration(lock-1) * time.Second)
					a, err = try(right) // even the right one, up to the last second
					exceeded.check(t, a, err)
					if t.Failed() {
						t.Fatalf("at failure %d", n+5)
					}
					w.clock.Advance(time.Second)
				}
				a, err := try(wrong)
				badPassword.check(t, a, err)
				last := 15 * time.Minute // and not 1024 s
				if flow == "USER_SRP_AUTH" {
					last = 4 * time.Second
				}
				w.clock.Advance(last - time.Second)
				a, err = try(right)
				exceeded.check(t, a, err)
				w.clock.Advance(time.Second)
				if c.login == "alice" {
					a, err = try(right)
					signedIn(t, a, err)
				}
			})
		}
	}
}

func TestASignInForgetsFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	for range 3 {
		for range 4 {
			a, err := w.withPassword("alice", wrong)
			badPassword.check(t, a, err)
		}
		a, err := w.withSRP("alice", right)
		signedIn(t, a, err)
	}
}

func TestQuietForgetsFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	for range 3 {
		for range 4 {
			a, err := w.withPassword("alice", wrong)
			badPassword.check(t, a, err)
		}
		w.clock.Advance(15 * time.Minute)
	}
}

func TestHalfASignInForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.ForceChangePassword)
	for range 4 {
		a, err := w.withPassword("alice", wrong)
		badPassword.check(t, a, err)
		a, err = w.withPassword("alice", right)
		newPassword.check(t, a, err)
	}
	a, err := w.withPassword("alice", wrong)
	badPassword.check(t, a, err)
	a, err = w.withPassword("alice", right)
	exceeded.check(t, a, err)
}

// TestManyGuessesAtOnceDoNotSlipThrough: all of them pass the first look at the lock before any has failed.
func TestManyGuessesAtOnceDoNotSlipThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.user("alice", directory.Confirmed)
	release := make(chan struct{})
	var ready, wg sync.WaitGroup
	w.build(signin.Hooks{PreAuthentication: func(context.Context, signin.Event) error {
		ready.Done()
		<-release
		return nil
	}})
	const guesses = 40
	ready.Add(guesses)
	for range guesses {
		wg.Go(func() {
			_, err := w.machine.Initiate(context.Background(), signin.Start{
				Pool: w.pool, Client: w.client, Flow: "USER_PASSWORD_AUTH", Params: map[string]string{"USERNAME": "alice", "PASSWORD": wrong},
			})
			if !fault.Is(err, fault.Denied, "") {
				t.Error(err)
			}
		})
	}
	ready.Wait()
	close(release)
	wg.Wait()
	l, err := w.store.Lockout(t.Context(), poolID, alice.ID)
	w.check(err)
	if l.Failures != 5 || !l.LockedUntil.After(w.clock.Now()) {
		t.Errorf("after %d guesses at once the record is %+v, want a lock after the fifth", guesses, l)
	}
}

// TestALockThatFallsWhileAPasswordIsCheckedHolds: the right password comes with wrong ones in one burst.
func TestALockThatFallsWhileAPasswordIsCheckedHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.user("alice", directory.Confirmed)
	w.parts.Challenges[0] = &during{Challenge: w.parts.Challenges[0], do: func() {
		w.check(w.store.UpdateLockout(t.Context(), poolID, alice.ID, func(l *signin.Lockout) {
			*l = signin.Lockout{Failures: 5, LastFailure: w.clock.Now(), LockedUntil: w.clock.Now().Add(time.Second)}
		}))
	}}
	var err error
	w.machine, err = signin.New(w.parts)
	w.check(err)
	a, err := w.withPassword("alice", right)
	exceeded.check(t, a, err)
}

// during does something while an answer is checked.
type during struct {
	signin.Challenge
	do func()
}

func (d *during) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	d.do()
	return d.Challenge.Check(ctx, a)
}
