package login_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// TestGuessingOnPagesEnds fails when a page lets an address try one password on every user, or many codes, for ever.
func TestGuessingOnPagesEnds(t *testing.T) {
	t.Parallel()
	for name, guess := range map[string]func(b *browser, i int) page{
		"one password for many users": func(b *browser, i int) page {
			b.open("/login", ask())
			return b.submit("username", fmt.Sprintf("user%d", i), "password", "Winter-2026!")
		},
		"codes of a reset": func(b *browser, i int) page {
			b.open("/forgotPassword", ask())
			b.submit("username", fmt.Sprintf("user%d", i))
			return b.submit("code", "000000", "password", right, "repeat", right)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("alice", directory.Confirmed)
			b := w.browser()
			refused := 0
			for i := range 120 {
				if guess(b, i).status == http.StatusTooManyRequests {
					refused++
				}
				w.clock.Advance(50 * time.Millisecond)
			}
			if refused < 10 || refused > 15 {
				t.Errorf("%d of 120 guesses were refused, want 15 and what came back meanwhile less", refused)
			}
			b.open("/login", ask())
			if got := b.submit("username", "alice", "password", right); got.status != http.StatusTooManyRequests {
				t.Errorf("the right password is told from wrong ones: status %d", got.status)
			}
			w.clock.Advance(10 * time.Minute)
			b.open("/login", ask())
			b.submit("username", "alice", "password", right)
			b.sentHome()
		})
	}
}
