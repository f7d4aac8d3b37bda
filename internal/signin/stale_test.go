package signin_test

import (
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Who had the old password and began an exchange in time must not finish it once the password is another one, or once
// the user has been signed out everywhere.
func TestAnExchangeThatBeganBeforeAResetDoesNotEndInTokens(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]func(w *world, u *directory.User) error{
		"a new password": func(w *world, u *directory.User) error {
			return w.dir.Passwords.Set(w.t.Context(), w.pool, u, "Another-Horse2", false)
		},
		"a global sign-out": func(w *world, u *directory.User) error {
			_, err := w.dir.Users.SignOut(w.t.Context(), w.pool, u.ID, w.clock.Now())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.user("alice", directory.Confirmed)
			answers, err := w.claim("alice", right)
			w.check(err)
			w.clock.Advance(time.Second)
			w.check(event(w, u))
			_, err = w.reply(signin.PasswordVerifier, "", answers)
			refused(t, err, fault.Denied, "Invalid session for the user.")
		})
	}
}

// Many guesses that are sent at once learn no more than as many sent one after the other.
func TestGuessesSentAtOnceAreNotAllAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	const guesses, free = 40, 5
	var wait sync.WaitGroup
	answers := make(chan error, guesses)
	for range guesses {
		wait.Go(func() {
			_, err := w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": wrong})
			answers <- err
		})
	}
	wait.Wait()
	close(answers)
	told := 0
	for err := range answers {
		if f := fault.As(err); f.Text == "Incorrect username or password." {
			told++
		} else if f.Text != "Password attempts exceeded" {
			t.Errorf("unexpected: %v", err)
		}
	}
	if told != free {
		t.Errorf("%d of %d guesses were answered, want %d", told, guesses, free)
	}
}
