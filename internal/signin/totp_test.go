package signin_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/mfasetup"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
	totpchallenge "cognate.dev/cognate/internal/signin/challenge/totp"
)

var byApp = directory.MFAConfig{Mode: "ON", SoftwareToken: true}

// appWorld can ask for every second factor. Alice is there, without attributes that codes could go to.
func appWorld(t *testing.T, c directory.MFAConfig, options ...option) (*world, *mailbox.Box) {
	t.Helper()
	w := newWorld(t, options...)
	box := mailbox.New(10)
	w.build(signin.Hooks{}, otp.SMS(box, w.keys, w.dir.Users), otp.Email(box, box, w.keys, w.dir.Users), selectmfa.New(),
		mfasetup.New(w.dir.Users), totpchallenge.New(w.factors))
	w.setMFA(c)
	w.user("alice", directory.Confirmed, func(u *directory.User) { u.Attributes = map[string]string{} })
	return w, box
}

func (w *world) app(secret string, ahead int) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.Now().Add(time.Duration(ahead)*30*time.Second))
	w.check(err)
	return code
}

func (w *world) find(name string) *directory.User {
	w.t.Helper()
	u, err := w.dir.Users.Find(w.t.Context(), w.pool, name)
	w.check(err)
	return u
}

// register gives somebody an app; the code of this step is used up by that.
func (w *world) register(name string) (secret string) {
	w.t.Helper()
	id := w.find(name).ID
	secret, err := w.factors.Associate(w.t.Context(), w.pool, id)
	w.check(err)
	w.check(w.factors.Verify(w.t.Context(), w.pool, id, w.app(secret, 0), "phone"))
	w.clock.Advance(time.Minute)
	return secret
}

func TestAnAppLetsIn(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	secret := w.register("alice")
	for flow, signIn := range w.flowsOf() {
		t.Run(flow, func(t *testing.T) {
			w.clock.Advance(time.Minute) // each code works once
			a, err := signIn("alice", right)
			outcome{challenge: signin.SoftwareTokenMFA}.check(t, a, err)
			if a.Params["FRIENDLY_DEVICE_NAME"] != "phone" || a.Params["USER_ID_FOR_SRP"] != "alice" {
				t.Errorf("parameters %v", a.Params)
			}
			answer := func(code string) (*signin.Answer, error) {
				return w.reply(signin.SoftwareTokenMFA, a.Session, map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": code})
			}
			_, err = answer("")
			refused(t, err, fault.Invalid, "Missing required parameter SOFTWARE_TOKEN_MFA_CODE")
			_, err = answer(other(w.app(secret, 0)))
			refused(t, err, fault.Mismatch, "Invalid code received for user")
			b, err := answer(w.app(secret, 0))
			signedIn(t, b, err)
			_, err = answer(w.app(secret, 1))
			refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
		})
	}
}

// TestACodeOfAnAppOpensOneSignIn: whoever looks over a shoulder and has the password must not get in with the same code.
func TestACodeOfAnAppOpensOneSignIn(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	secret := w.register("alice")
	first, err := w.withPassword("alice", right)
	w.check(err)
	second, err := w.withSRP("alice", right)
	w.check(err)
	answers := map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": w.app(secret, 0)}
	a, err := w.reply(signin.SoftwareTokenMFA, first.Session, answers)
	signedIn(t, a, err)
	_, err = w.reply(signin.SoftwareTokenMFA, second.Session, answers)
	refused(t, err, fault.Expired, "Your software token has already been used once.")
}

func TestGuessingCodesOfAnAppLocks(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	secret := w.register("alice")
	a, err := w.withPassword("alice", right)
	w.check(err)
	for range 5 {
		_, err = w.reply(signin.SoftwareTokenMFA, a.Session, map[string]string{
			"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": other(w.app(secret, 0))})
		refused(t, err, fault.Mismatch, "Invalid code received for user")
	}
	b, err := w.reply(signin.SoftwareTokenMFA, a.Session, map[string]string{
		"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": w.app(secret, 0)})
	exceeded.check(t, b, err)
}

// setUp goes from the question MFA_SETUP to the session of a verified app.
func (w *world) setUp(session string) (secret, next string) {
	w.t.Helper()
	secret, next, err := w.machine.AssociateSoftwareToken(w.t.Context(), session)
	w.check(err)
	next, err = w.machine.VerifySoftwareToken(w.t.Context(), next, w.app(secret, 0), "phone")
	w.check(err)
	return secret, next
}

func TestAUserWithoutAFactorSetsOneUp(t *testing.T) {
	t.Parallel()
	for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"} {
		t.Run(flow, func(t *testing.T) {
			t.Parallel()
			w, _ := appWorld(t, byApp)
			a, err := w.flowsOf()[flow]("alice", right)
			outcome{challenge: signin.MFASetup}.check(t, a, err)
			if a.Params["MFAS_CAN_SETUP"] != `["SOFTWARE_TOKEN_MFA"]` || a.Params["USER_ID_FOR_SRP"] != "alice" {
				t.Errorf("parameters %v", a.Params)
			}
			_, err = w.reply(signin.MFASetup, a.Session, map[string]string{"USERNAME": "alice"})
			refused(t, err, fault.Invalid, "User has not verified software token mfa")
			secret, next := w.setUp(a.Session)
			b, err := w.reply(signin.MFASetup, next, map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": "000000"})
			signedIn(t, b, err)
			w.clock.Advance(time.Minute)
			a, err = w.flowsOf()[flow]("alice", right)
			outcome{challenge: signin.SoftwareTokenMFA}.check(t, a, err)
			b, err = w.reply(signin.SoftwareTokenMFA, a.Session, map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": w.app(secret, 0)})
			signedIn(t, b, err)
		})
	}
}

func TestSettingUpIsBoundToItsSignIn(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	a, err := w.withPassword("alice", right)
	w.check(err)
	early, err := w.withPassword("alice", right) // a thief of the password, who waits
	w.check(err)
	mine, waiting, err := w.machine.AssociateSoftwareToken(t.Context(), early.Session)
	w.check(err)

	secret, session, err := w.machine.AssociateSoftwareToken(t.Context(), a.Session)
	w.check(err)
	_, err = w.machine.VerifySoftwareToken(t.Context(), a.Session, w.app(secret, 0), "")
	refused(t, err, fault.Denied, "Invalid session for the user.") // it knows no secret
	_, err = w.machine.VerifySoftwareToken(t.Context(), session, other(w.app(secret, 0)), "")
	refused(t, err, fault.Mismatch, "Code mismatch")
	next, err := w.machine.VerifySoftwareToken(t.Context(), session, w.app(secret, 0), "")
	w.check(err)
	_, err = w.machine.VerifySoftwareToken(t.Context(), session, w.app(secret, 1), "")
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
	_, err = w.machine.VerifySoftwareToken(t.Context(), waiting, w.app(mine, 0), "")
	refused(t, err, fault.Denied, "Invalid session for the user.")

	b, err := w.reply(signin.MFASetup, next, map[string]string{"USERNAME": "alice"})
	signedIn(t, b, err)
	_, err = w.reply(signin.MFASetup, next, map[string]string{"USERNAME": "alice"})
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

func TestSettingUpIsRefused(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	w.user("bob", directory.ForceChangePassword)
	elsewhere, err := w.withPassword("bob", right)
	w.check(err)
	setup, err := w.withPassword("alice", right)
	w.check(err)
	try := func(session string, want string) {
		t.Helper()
		_, _, err := w.machine.AssociateSoftwareToken(t.Context(), session)
		refused(t, err, fault.Denied, want)
		_, err = w.machine.VerifySoftwareToken(t.Context(), session, "000000", "")
		refused(t, err, fault.Denied, want)
	}
	try("made up, and long enough", "Invalid session for the user.")
	try(elsewhere.Session, "Invalid session for the user.")
	w.clock.Advance(3 * time.Minute)
	try(setup.Session, "Invalid session for the user, session is expired.")
	setup, err = w.withPassword("alice", right)
	w.check(err)
	_, err = w.dir.Users.SetEnabled(t.Context(), w.pool, w.find("alice").ID, false)
	w.check(err)
	try(setup.Session, "User is disabled.")
}

func TestANewPasswordComesBeforeSettingUp(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, byApp)
	w.user("bob", directory.ForceChangePassword)
	a, err := w.withSRP("bob", right)
	newPassword.check(t, a, err)
	a, err = w.reply(signin.NewPassword, a.Session, map[string]string{"USERNAME": "bob", "NEW_PASSWORD": "Battery-Staple2"})
	outcome{challenge: signin.MFASetup}.check(t, a, err)
	_, next := w.setUp(a.Session)
	a, err = w.reply(signin.MFASetup, next, map[string]string{"USERNAME": "bob"})
	signedIn(t, a, err)
}

func TestAnAddressCanBeSetUpWhereThereIsNone(t *testing.T) {
	t.Parallel()
	w, box := appWorld(t, directory.MFAConfig{Mode: "ON", SoftwareToken: true, Email: &directory.EmailMFA{}})
	a, err := w.withPassword("alice", right)
	w.check(err)
	if got := a.Params["MFAS_CAN_SETUP"]; got != `["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
		t.Errorf("MFAS_CAN_SETUP is %s", got)
	}
	b, err := w.reply(signin.MFASetup, a.Session, map[string]string{"USERNAME": "alice", "email": "alice@example.com"})
	outcome{challenge: signin.EmailOTP}.check(t, b, err)
	if got := w.find("alice").Attributes["email_verified"]; got != "false" {
		t.Errorf("an address without a code is verified: %q", got)
	}
	b, err = w.reply(signin.EmailOTP, b.Session, map[string]string{"USERNAME": "alice", "EMAIL_OTP_CODE": last(t, box).Code})
	signedIn(t, b, err)
	if got := w.find("alice").Attributes["email_verified"]; got != "true" {
		t.Errorf("email_verified is %q", got)
	}
}

// TestAThiefOfAPasswordCannotRedirectCodes: a user who has an address is never asked for another one.
func TestAThiefOfAPasswordCannotRedirectCodes(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, directory.MFAConfig{Mode: "ON", SoftwareToken: true, Email: &directory.EmailMFA{}},
		pool(func(p *directory.PoolSpec) { p.Recovery = []directory.Recovery{{Priority: 1, Name: "verified_email"}} }))
	w.user("bob", directory.Confirmed) // has an address, which is kept for recovery
	a, err := w.withPassword("bob", right)
	outcome{challenge: signin.MFASetup}.check(t, a, err)
	if got := a.Params["MFAS_CAN_SETUP"]; got != `["SOFTWARE_TOKEN_MFA"]` {
		t.Errorf("MFAS_CAN_SETUP is %s", got)
	}
	_, err = w.reply(signin.MFASetup, a.Session, map[string]string{"USERNAME": "bob", "email": "mallory@example.com"})
	refused(t, err, fault.Missing, "The selected MFA method is not available for the user.")
}

// TestCodesAreLimited: whoever has a password cannot flood its owner's phone.
func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	w, box := mfaWorld(t, bySMS, directory.UserMFA{})
	for range 20 {
		a, err := w.withPassword("alice", right)
		outcome{challenge: signin.SMSMFA}.check(t, a, err)
	}
	limited := outcome{kind: fault.Limited, text: "Attempt limit exceeded, please try after some time."}
	a, err := w.withPassword("alice", right)
	limited.check(t, a, err)
	if n := len(box.List(mailbox.Query{Limit: 100})); n > 20 {
		t.Errorf("%d codes were sent", n)
	}
	w.clock.Advance(time.Hour)
	a, err = w.withPassword("alice", right)
	outcome{challenge: signin.SMSMFA}.check(t, a, err)
}
