package login_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

const phone = "+15555550123"

func mfa(c directory.MFAConfig) option {
	return func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		c.Mode = "ON"
		p.MFA = c
		p.Recovery = []directory.Recovery{{Priority: 1, Name: "admin_only"}}
		if c.SMS {
			p.SMS = &directory.SMSConfig{SNSCallerARN: "arn:aws:iam::000000000000:role/sms"}
		}
	}
}

// amr is how the session of a user was proven.
func (w *world) amr(name string) []string {
	w.t.Helper()
	u, err := w.dir.Users.Find(w.t.Context(), w.pool, name)
	w.check(err)
	s, err := w.auth.Browser.List(w.t.Context(), poolID, u.ID, 10)
	w.check(err)
	if len(s) != 1 {
		w.t.Fatalf("%d sessions", len(s))
	}
	return s[0].AMR
}

func TestACodeBySMSIsTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}))
	w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Enter your code", "by text message to +*******0123")
	b.submit("code", "000000")
	b.shows("Enter your code", "This code is not right.")
	b.submit("code", w.code(phone))
	b.sentHome()
	if got := w.amr("alice"); !slices.Equal(got, []string{"pwd", "sms", "mfa"}) {
		t.Errorf("amr %v", got)
	}
}

func TestWhoHasSeveralFactorsChooses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true, Email: &directory.EmailMFA{}}))
	w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Choose how to confirm that it is you", "Text message", "Email")
	b.submit("factor", "SOFTWARE_TOKEN_MFA")
	b.shows("Choose how to confirm that it is you", "This way is not possible for your account.")
	b.submit("factor", "EMAIL_OTP")
	b.shows("Enter your code", "by email to a***@e***")
	b.submit("code", w.code("alice@example.com"))
	b.sentHome()
}

var secretTag = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)

func TestAnAuthenticatorAppIsSetUpAndThenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SoftwareToken: true}))
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Set up a second step", "Scan this picture", "otpauth://totp/people:alice?issuer=people&secret=")
	found := secretTag.FindStringSubmatch(b.page.body)
	if found == nil {
		t.Fatalf("no secret on the page\n%s", b.page.body)
	}
	secret := strings.ReplaceAll(found[1], " ", "")
	code := func() string {
		c, err := totp.GenerateCode(secret, w.clock.Now())
		w.check(err)
		return c
	}
	b.submit("code", "000000")
	b.shows("Set up a second step", "This code is not right.")
	if !strings.Contains(b.page.body, found[1]) {
		t.Error("the secret changed because of a wrong code")
	}
	b.submit("code", code())
	b.sentHome()
	if got := w.amr("alice"); !slices.Equal(got, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("amr %v", got)
	}
	b = w.browser()
	b.signIn("alice", right)
	b.shows("Enter the code of your app")
	b.submit("code", code())
	b.shows("Enter the code of your app", "This code was used already.")
	w.clock.Advance(31e9)
	b.submit("code", code())
	b.sentHome()
}

func TestTheSecondFactorFollowsASignUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SoftwareToken: true}))
	b := w.browser()
	b.open("/signup", ask())
	b.submit("username", "bob", "attribute.email", "bob@example.com", "password", right)
	b.submit("code", w.code("bob@example.com"))
	b.shows("Set up a second step")
	secret := strings.ReplaceAll(secretTag.FindStringSubmatch(b.page.body)[1], " ", "")
	code, err := totp.GenerateCode(secret, w.clock.Now())
	w.check(err)
	b.submit("code", code)
	b.sentHome()
}

func TestASignInThatTookTooLongBeginsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}))
	w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	b.signIn("alice", right)
	w.clock.Advance(4 * 60e9)
	b.submit("code", w.code(phone))
	b.shows("Sign in", "That took too long.")
	b.submit("password", right)
	b.shows("Enter your code")
	b.submit("code", w.code(phone))
	b.sentHome()
}

func choices(p *directory.PoolSpec, c *directory.ClientSettings) {
	c.ExplicitAuthFlows = []string{"ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	p.FirstAuthFactors = []string{"PASSWORD", "EMAIL_OTP"}
}

func TestTheNameComesFirstWhereThereIsAChoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, choices)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/oauth2/authorize", ask("login_hint", "alice"))
	b.shows("Sign in", `value="alice"`)
	if strings.Contains(b.page.body, `type="password"`) {
		t.Error("the password is asked for together with the name")
	}
	b.submit()
	b.shows("Choose how to sign in", "Password", "Code by email")
	b.submit("way", "EMAIL_OTP")
	b.shows("Enter your code", "a***@e***")
	b.submit("code", w.code("alice@example.com"))
	b.sentHome()
	if got := w.amr("alice"); !slices.Equal(got, []string{"email_otp"}) {
		t.Errorf("amr %v", got)
	}
	b = w.browser()
	b.open("/oauth2/authorize", ask())
	b.submit("username", "alice")
	b.submit("way", "PASSWORD")
	b.shows("Enter your password", "alice")
	b.submit("password", "Wrong-Horse1")
	b.shows("Enter your password", "The name or the password is not right.")
	b.submit("password", right)
	b.sentHome()
}

func TestAccountChooser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed, "name", "Alice")
	w.user("bob", directory.Confirmed)
	b := w.browser()
	b.signIn("alice", right)
	b.open("/oauth2/authorize", ask("prompt", "select_account"))
	b.shows("Choose an account", "Alice", "alice@example.com")
	b.submit()
	b.sentHome()
	b.open("/oauth2/authorize", ask("prompt", "select_account"))
	b.submit("other", "1")
	b.shows("Sign in")
	b.submit("username", "bob", "password", right)
	b.sentHome()
	alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	if s, err := w.auth.Browser.List(t.Context(), poolID, alice.ID, 10); err != nil || len(s) != 0 {
		t.Errorf("alice is still signed in to a browser that bob took over: %v %v", s, err)
	}
}

func TestANewProofIsGivenWhereTheClientWantsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.signIn("alice", right)
	w.clock.Advance(60e9)
	b.open("/oauth2/authorize", ask("prompt", "login"))
	b.shows("Sign in")
	b.submit("username", "alice", "password", right)
	b.sentHome()
}

func TestATriggerSpeaksOverTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.hooks.PreAuthentication = func(context.Context, signin.Event) error {
		return fault.New(fault.Invalid, fault.Lambda, "PreAuthentication failed with error <b>Closed</b> on Sundays.")
	}
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Sign in")
	if !strings.Contains(b.page.body, html.EscapeString("PreAuthentication failed with error <b>Closed</b> on Sundays.")) {
		t.Errorf("the trigger's words are not there\n%s", b.page.body)
	}
}

func TestTheEndOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/signedOut", url.Values{"client_id": {web}})
	b.shows("Goodbye", "You are signed out.")
	b.open("/error", url.Values{"error": {"redirect_mismatch"}, "client_id": {web}})
	b.shows("This does not work", "not registered", "redirect_mismatch", web)
	if b.page.status != http.StatusBadRequest {
		t.Errorf("the page of an error answers %d", b.page.status)
	}
	b.open("/mfa/code", ask())
	b.shows("Sign in")
}

func TestALinkInAMessageOnlyFillsInTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Unconfirmed, "email_verified", "false")
	client, err := w.dir.Clients.Get(t.Context(), poolID, web)
	w.check(err)
	b := w.browser()
	_, err = w.acc.ResendConfirmationCode(t.Context(), accountCaller(client, "alice"))
	w.check(err)
	link := url.Values{"client_id": {web}, "user_name": {"alice"}, "confirmation_code": {w.code("alice@example.com")}}
	b.open("/confirmUser", link)
	b.shows("Confirm your account")
	u, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	if u.Status != directory.Unconfirmed {
		t.Error("a program that looks into mail has confirmed the account")
	}
	b.submit()
	b.shows("All set", "Your account is confirmed.")
}

func accountCaller(c *directory.Client, name string) account.Caller {
	return account.Caller{ClientID: c.ID, Username: name, SecretHash: c.SecretHash(name)}
}
