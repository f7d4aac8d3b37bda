package login_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/message/mailbox"
)

const (
	passwordAlone = "urn:cognito:loa:1"
	withMessage   = "urn:cognito:loa:3"
	withApp       = "urn:cognito:loa:4"
)

// optional lets second factors be used by who has them.
func optional(p *directory.PoolSpec, _ *directory.ClientSettings) {
	p.MFA = directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true, Email: &directory.EmailMFA{}}
	p.Recovery = []directory.Recovery{{Priority: 1, Name: "admin_only"}}
}

// redeem exchanges a code for tokens and gives the claims of the ID and the access token.
func (b *browser) redeem(code string) (id, access map[string]any) {
	b.t.Helper()
	client, err := b.dir.Clients.Get(b.t.Context(), poolID, web)
	b.check(err)
	set, err := b.auth.Codes.Redeem(b.t.Context(), authorize.Exchange{Pool: b.pool, Client: client, Code: code, RedirectURI: app})
	b.check(err)
	claims := func(jwt string) (out map[string]any) {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
		b.check(err)
		b.check(json.Unmarshal(raw, &out))
		return out
	}
	return claims(set.ID), claims(set.Access)
}

// reached fails when tokens do not say a level and how it was reached; an empty one is not said.
func (b *browser) reached(code, level string, how ...any) {
	b.t.Helper()
	id, access := b.redeem(code)
	for use, claims := range map[string]map[string]any{"id": id, "access": access} {
		acr, _ := claims["acr"].(string)
		amr, _ := claims["amr"].([]any)
		if acr != level || !slices.Equal(amr, how) {
			b.t.Errorf("the %s token says %q by %v, want %q by %v", use, acr, amr, level, how)
		}
	}
}

// TestAClientGetsTheLevelThatItAsksFor fails when acr_values does not step a person up, when a browser's older and weaker
// session passes for more than it is, or when tokens say a level that nobody asked for or reached.
func TestAClientGetsTheLevelThatItAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, optional)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.signIn("alice", right)
	b.reached(b.sentHome(), "")

	b.open("/oauth2/authorize", ask("acr_values", passwordAlone)) // the session is enough
	b.reached(b.sentHome(), passwordAlone, "pwd")
	w.clock.Advance(time.Minute)
	if page := b.open("/oauth2/authorize", ask("acr_values", withMessage, "prompt", "none")); !strings.Contains(page.location, "error=login_required") {
		t.Errorf("without a page a weaker session leads to %s", page.location)
	}
	b.open("/oauth2/authorize", ask("acr_values", "urn:example:unknown "+withMessage))
	b.shows("Choose an account")
	b.submit()
	b.shows("Enter your code", "by email to a***@e***", "one more proof") // and not the password once more
	b.submit("code", w.code("alice@example.com"))
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")

	b.open("/oauth2/authorize", ask("acr_values", passwordAlone)) // tokens say what is true, not what was asked for
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")
	b.open("/oauth2/authorize", ask())
	b.reached(b.sentHome(), "")
	b.open("/login", ask("acr_values", withApp+" "+passwordAlone)) // there is no app, so what is shown is enough
	b.shows("Choose an account")
	b.submit()
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")
	b.open("/login", ask("acr_values", withMessage))
	b.shows("Choose an account")
	b.submit()
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")
	b.open("/oauth2/authorize", ask("acr_values", "urn:example:unknown"))
	b.reached(b.sentHome(), "")
}

// TestAStepUpBuildsOnASessionThatIsAlive is the attacks on it: a session that ended meanwhile lends its password to nobody,
// a link alone sends no code, and a session does not live longer because something was added to it.
func TestAStepUpBuildsOnASessionThatIsAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, optional)
	alice := w.user("alice", directory.Confirmed)
	session := func() *authorize.Session {
		list, err := w.auth.Browser.List(t.Context(), poolID, alice.ID, 10)
		w.check(err)
		if len(list) != 1 {
			t.Fatalf("%d sessions", len(list))
		}
		return list[0]
	}
	b := w.browser()
	b.signIn("alice", right)
	b.sentHome()
	before := session()
	w.clock.Advance(10 * time.Minute)
	b.open("/oauth2/authorize", ask("acr_values", withMessage))
	if n := len(w.box.List(mailbox.Query{})); n != 0 {
		t.Errorf("opening a link has sent %d messages", n)
	}
	b.submit()
	b.submit("code", w.code("alice@example.com"))
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")
	if after := session(); after.ID != before.ID || !after.ExpiresAt.Equal(before.ExpiresAt) || after.Hash == before.Hash || !after.AuthTime.After(before.AuthTime) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	b.open("/oauth2/authorize", ask("acr_values", withMessage, "max_age", "60")) // a client that wants a new proof gets all of it
	b.sentHome()
	w.clock.Advance(2 * time.Minute)
	b.open("/oauth2/authorize", ask("acr_values", withMessage, "max_age", "60"))
	b.shows("Sign in")

	b = w.browser()
	b.signIn("alice", right)
	b.open("/login", ask("acr_values", withMessage, "max_age", "60"))
	b.shows("Choose an account")
	w.clock.Advance(2 * time.Minute)
	b.submit() // the page was open for longer than the client lets a session be old
	b.shows("Sign in")
	w.user("bob", directory.Confirmed)
	for name, end := range map[string]func(*browser){
		"a sign-out elsewhere": func(*browser) { w.check(w.auth.Browser.RevokeAll(t.Context(), poolID, alice.ID)) },
		"the end of its hour":  func(*browser) { w.clock.Advance(2 * time.Minute) },
		"another person": func(b *browser) {
			form := b.page
			b.open("/login", ask("prompt", "login"))
			b.submit("username", "bob", "password", right)
			b.sentHome()
			b.page = form
		},
	} {
		b := w.browser()
		b.signIn("alice", right)
		b.sentHome()
		w.clock.Advance(59 * time.Minute)
		b.open("/oauth2/authorize", ask("acr_values", withMessage))
		b.submit()
		b.shows("Enter your code")
		code := w.code("alice@example.com")
		end(b)
		if b.submit("code", code); strings.Contains(b.page.location, "code=") {
			t.Errorf("%s: the code alone has signed somebody in: %s", name, b.page.location)
		}
		if list, err := w.auth.Browser.List(t.Context(), poolID, alice.ID, 10); err != nil || len(list) > 0 && name != "another person" {
			t.Errorf("%s: alice is signed in: %v %v", name, list, err)
		}
	}
}

// TestTheFirstLevelThatAPersonCanReachIsEnough fails when a wish that somebody cannot fulfil shuts them out although there is
// another, when a level is claimed that was not reached, or when who cannot reach any is let in or told before the password.
func TestTheFirstLevelThatAPersonCanReachIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, optional)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/oauth2/authorize", ask("acr_values", withApp+" "+withMessage))
	b.submit("username", "alice", "password", right)
	b.shows("Enter your code", "by email to a***@e***")
	b.submit("code", w.code("alice@example.com"))
	b.reached(b.sentHome(), withMessage, "pwd", "email_otp", "mfa")

	b = w.browser()
	b.signIn("alice", right)
	b.open("/oauth2/authorize", ask("acr_values", withApp))
	if b.submit(); !strings.Contains(b.page.location, "error=unmet_authentication_requirements") {
		t.Errorf("who is signed in and cannot reach the level is sent to %s", b.page.location)
	}
	b = w.browser()
	b.open("/oauth2/authorize", ask("acr_values", withApp))
	b.submit("username", "alice", "password", "Wrong-horse-9")
	b.shows("Sign in", "is not right")
	b.submit("username", "alice", "password", right)
	if !strings.HasPrefix(b.page.location, app+"?") || !strings.Contains(b.page.location, "error=unmet_authentication_requirements") || strings.Contains(b.page.location, "code=") {
		t.Errorf("who cannot reach the level is sent to %s\n%s", b.page.location, b.page.body)
	}
	if page := b.open("/oauth2/authorize", ask("prompt", "none")); !strings.Contains(page.location, "error=login_required") {
		t.Errorf("and is signed in: %s", page.location)
	}
}

// TestPoolsWithoutStepUpIgnoreLevels fails when acr_values has an effect in the tier that has no step-up.
func TestPoolsWithoutStepUpIgnoreLevels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSettings) { p.Tier = "LITE" })
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/oauth2/authorize", ask("acr_values", withApp))
	b.submit("username", "alice", "password", right)
	b.reached(b.sentHome(), "")
	if b.page.status != http.StatusFound && b.page.status != http.StatusSeeOther {
		t.Errorf("status %d", b.page.status)
	}
}
