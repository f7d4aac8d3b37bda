package login_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
)

var (
	stateValue = regexp.MustCompile(`name="state" value="[^"]*"`)
	waitValue  = regexp.MustCompile(` data-wait="\d+"`)
)

// look is a page without what differs each time.
func (p page) look() string {
	return waitValue.ReplaceAllString(stateValue.ReplaceAllString(html.UnescapeString(p.body), ""), "")
}

// TestPagesDoNotTellWhoExists: to whoever does not have the password or the mailbox a person and nobody look the same,
// whatever the client says about hiding.
func TestPagesDoNotTellWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("somebody", directory.Confirmed, "email", "n@e.example.com")
	w.user("disabled", directory.Confirmed, "email", "n@e.example.com")
	w.check(w.acc.Disable(t.Context(), w.pool, "disabled"))
	w.user("newcomer", directory.Unconfirmed, "email", "n@e.example.com", "email_verified", "false")
	w.user("invited", directory.ForceChangePassword, "email", "n@e.example.com")
	steps := func(name string) []string {
		var seen []string
		b := w.browser()
		see := func(p page) {
			text := regexp.MustCompile(`[a-z]\*\*\*@[a-z]\*\*\*`).ReplaceAllString(p.look(), "…")
			seen = append(seen, strings.ReplaceAll(text, name, "NAME"))
		}
		b.open("/login", ask())
		see(b.submit("username", name, "password", "Wrong-Horse1"))
		b.open("/forgotPassword", ask())
		see(b.submit("username", name))
		see(b.submit("code", "000000", "password", "Another-Horse2"))
		b.open("/confirmUser", ask("state", ""))
		see(b.submit("username", name, "code", "000000"))
		see(b.submit("username", name, "again", "1"))
		return seen
	}
	nobody := steps("whoever")
	for _, name := range []string{"somebody", "disabled", "newcomer", "invited"} {
		for i, text := range steps(name) {
			if text != nobody[i] {
				t.Errorf("step %d tells %s from nobody:\n%s\n---\n%s", i, name, text, nobody[i])
			}
		}
	}
}

// TestWrongPasswordsLockTheName: the machine counts for pages as it does for clients.
func TestWrongPasswordsLockTheName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/login", ask())
	for range 5 {
		b.submit("username", "alice", "password", "Wrong-Horse1")
		b.shows("Sign in", "The name or the password is not right.")
	}
	b.submit("username", "alice", "password", right)
	b.shows("Sign in", "Too many attempts.")
	if b.page.status != http.StatusBadRequest {
		t.Errorf("status %d", b.page.status)
	}
}

// TestAddressesHoldNoSecrets follows a reset and a sign-in and looks at every address on the way.
func TestAddressesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	var seen []string
	b.client.Transport = recorder{&seen}
	b.open("/forgotPassword", ask())
	b.submit("username", "alice")
	code := w.code("alice@example.com")
	b.submit("code", code, "password", "Another-Horse2")
	b.submit("password", "Another-Horse2")
	b.sentHome()
	if len(seen) < 4 {
		t.Fatalf("only %d addresses", len(seen))
	}
	for _, address := range seen {
		for _, secret := range []string{code, "Another-Horse2", "alice"} {
			if strings.Contains(address, secret) {
				t.Errorf("%s holds %s", address, secret)
			}
		}
	}
}

type recorder struct{ seen *[]string }

func (r recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	*r.seen = append(*r.seen, q.URL.String())
	t := &http.Transport{DisableKeepAlives: true}
	return t.RoundTrip(q)
}
