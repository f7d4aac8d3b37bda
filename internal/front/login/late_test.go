package login_test

import (
	"net/http"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// What comes too late is taken for nothing, and the person sees on the page how to go on.
func TestPagesTakeAsLongAsCognitos(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/oauth2/authorize", ask())
	w.clock.Advance(5*time.Minute - time.Second)
	if p := b.submit("username", "alice", "password", "Wrong-Horse1"); p.status != http.StatusBadRequest {
		t.Fatalf("in time: %d", p.status)
	}
	b.shows("Sign in", "The name or the password is not right.")
	w.clock.Advance(5 * time.Minute)
	if p := b.submit("username", "alice", "password", right); p.status != http.StatusBadRequest || p.location != "" {
		t.Fatalf("too late: %d, sent to %q", p.status, p.location)
	}
	b.shows("Sign in", "That took too long. Please sign in again.")
	if _, values := b.form(); values.Get("username") != "alice" || values.Get("password") != "" {
		t.Errorf("the form has %v", values)
	}
	b.submit("password", right)
	b.sentHome()

	b = w.browser()
	b.open("/forgotPassword", ask())
	b.submit("username", "alice")
	code := w.code("alice@example.com")
	w.clock.Advance(8 * time.Minute)
	b.submit("code", code, "password", "Another-Horse2")
	b.shows("Forgot your password?", "This code no longer works. Ask for another one.")
	w.clock.Advance(time.Minute)
	b.submit()
	b.shows("Choose a new password")
	w.clock.Advance(8*time.Minute - time.Second)
	b.submit("code", w.code("alice@example.com"), "password", "Another-Horse2")
	b.shows("Sign in", "Your password was changed.")
}

// A request that has wandered through pages for an hour begins anew, too.
func TestARequestThatGrewOldBeginsAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/oauth2/authorize", ask())
	for range 15 {
		w.clock.Advance(4 * time.Minute)
		b.submit("username", "alice")
	}
	b.shows("Sign in", "That took too long. Please sign in again.")
	b.submit("username", "alice", "password", right)
	b.sentHome()
}

// A form that was made for another browser is worth nothing, however young it is; and one without a request cannot begin anew.
func TestAnotherBrowsersFormIsNotLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	a, b := w.browser(), w.browser()
	a.open("/oauth2/authorize", ask())
	action, values := a.form()
	w.clock.Advance(time.Hour)
	b.open("/oauth2/authorize", ask())
	values.Set("username", "alice")
	values.Set("password", right)
	if p := b.post(action, values); p.status != http.StatusForbidden {
		t.Errorf("another browser's: %d", p.status)
	}
}

// The client's setting counts for the API; pages wait three minutes for a second factor.
func TestASecondFactorHasThreeMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}), func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.SessionMinutes = 15 })
	w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	for _, c := range []struct {
		after time.Duration
		home  bool
	}{{3 * time.Minute, false}, {3*time.Minute - time.Second, true}} {
		b.signIn("alice", right)
		b.shows("Enter your code")
		w.clock.Advance(c.after)
		b.submit("code", w.code(phone))
		if !c.home {
			b.shows("Sign in", "That took too long. Please sign in again.")
			continue
		}
		b.sentHome()
	}
}
