package signin_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
	"cognate.dev/cognate/internal/signin/challenge/totp"
)

var everyFirst = []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}

// choiceWorld lets its client sign in by choice.
func choiceWorld(t testing.TB, factors []string, options ...option) (*world, *mailbox.Box) {
	t.Helper()
	options = append(options, pool(func(p *directory.PoolSpec) { p.FirstAuthFactors = factors }),
		client(func(c *directory.ClientSpec) { c.ExplicitAuthFlows = append([]string{"ALLOW_USER_AUTH"}, allFlows...) }))
	w := newWorld(t, options...)
	box := mailbox.New(10)
	w.build(signin.Hooks{}, choice.Select(), choice.SRP(), otp.FirstSMS(box, box, w.keys, w.dir.Users), otp.SMS(box, w.keys, w.dir.Users),
		otp.Email(box, box, w.keys, w.dir.Users), selectmfa.New(), totp.New(w.factors))
	return w, box
}

// person makes a user with a verified phone and email.
func (w *world) person(name string) *directory.User {
	return w.user(name, directory.Confirmed, func(u *directory.User) {
		u.Attributes["phone_number"], u.Attributes["phone_number_verified"] = phone, "true"
	})
}

func (w *world) choose(name string, more ...string) (*signin.Answer, error) {
	params := map[string]string{"USERNAME": name}
	for i := 0; i+1 < len(more); i += 2 {
		params[more[i]] = more[i+1]
	}
	return w.start("USER_AUTH", params)
}

// firstFactorCase is one row of testdata/first_factor.json.
type firstFactorCase struct {
	Name                        string
	Factors                     []string // AllowedFirstAuthFactors
	MFA                         string
	Status                      directory.Status
	Verified, On                []string
	NoPassword, Hidden, Unknown bool
	Disabled                    bool
	Prefer                      string // PREFERRED_CHALLENGE
	Kind                        fault.Kind
	Text                        string
	Challenge                   signin.Kind
	Available                   []string
}

// TestFirstFactors is the table of choice-based sign-in: what a pool allows × what a user has × what the client prefers.
func TestFirstFactors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/first_factor.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []firstFactorCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := c.build(t)
			a, err := w.choose("alice", "PREFERRED_CHALLENGE", c.Prefer)
			outcome{kind: c.Kind, text: c.Text, challenge: c.Challenge}.check(t, a, err)
			if err != nil {
				return
			}
			if diff := cmp.Diff(c.Available, a.Available); diff != "" {
				t.Errorf("AvailableChallenges (-want +got):\n%s", diff)
			}
			if strings.HasSuffix(string(c.Challenge), "_OTP") != (a.Params["CODE_DELIVERY_DESTINATION"] != "") {
				t.Errorf("parameters %v", a.Params)
			}
		})
	}
}

func (c firstFactorCase) build(t *testing.T) *world {
	t.Helper()
	var options []option
	if c.Hidden {
		options = append(options, hides)
	}
	w, _ := choiceWorld(t, c.Factors, options...)
	w.setMFA(directory.MFAConfig{Mode: c.MFA, SMS: true})
	if c.Unknown {
		return w
	}
	alice := w.user("alice", c.Status, func(u *directory.User) {
		u.Attributes = map[string]string{"email": "alice@example.com", "phone_number": phone}
		for _, name := range c.Verified {
			u.Attributes[name+"_verified"] = "true"
		}
		u.MFA.Methods, u.Enabled = c.On, !c.Disabled
	})
	if c.NoPassword {
		w.check(w.dir.Passwords.Clear(t.Context(), w.pool, alice))
	}
	return w
}

func TestACodeComesFirst(t *testing.T) {
	t.Parallel()
	for kind, answer := range map[signin.Kind]string{signin.EmailOTP: "EMAIL_OTP_CODE", signin.SMSOTP: "SMS_OTP_CODE"} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w, box := choiceWorld(t, everyFirst)
			w.person("alice")
			a, err := w.choose("alice", "PREFERRED_CHALLENGE", string(kind))
			outcome{challenge: kind}.check(t, a, err)
			code := last(t, box).Code
			if len(code) != 8 {
				t.Errorf("a code of %d digits", len(code))
			}
			_, err = w.reply(kind, a.Session, map[string]string{"USERNAME": "alice", answer: other(code)})
			refused(t, err, fault.Mismatch, "Invalid code or auth state for the user.")
			b, err := w.reply(kind, a.Session, map[string]string{"USERNAME": "alice", answer: code})
			signedIn(t, b, err)
			_, err = w.reply(kind, a.Session, map[string]string{"USERNAME": "alice", answer: code})
			refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
		})
	}
}

func TestAPasswordComesAlong(t *testing.T) {
	t.Parallel()
	w, _ := choiceWorld(t, everyFirst)
	w.person("alice")
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", right)
	signedIn(t, a, err)
	a, err = w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", wrong)
	badPassword.check(t, a, err)
	a, err = w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD")
	outcome{challenge: signin.Password}.check(t, a, err)
	b, err := w.reply(signin.Password, a.Session, map[string]string{"USERNAME": "alice", "PASSWORD": wrong})
	badPassword.check(t, b, err)
	b, err = w.reply(signin.Password, a.Session, map[string]string{"USERNAME": "alice", "PASSWORD": right})
	signedIn(t, b, err)
}

func TestSRPComesAlong(t *testing.T) {
	t.Parallel()
	w, _ := choiceWorld(t, everyFirst)
	w.person("alice")
	claim := srp.NewClient()
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", claim.PublicA())
	w.check(err)
	if a.Challenge != signin.PasswordVerifier || len(a.Available) == 0 {
		t.Fatalf("got %+v", a)
	}
	b, err := w.reply(signin.PasswordVerifier, "", w.sign(claim, a, right))
	signedIn(t, b, err)

	a, err = w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD_SRP")
	outcome{challenge: signin.PasswordSRP}.check(t, a, err)
	_, err = w.reply(signin.PasswordSRP, a.Session, map[string]string{"USERNAME": "alice"})
	refused(t, err, fault.Invalid, "Missing required parameter SRP_A")
	b, err = w.reply(signin.PasswordSRP, a.Session, map[string]string{"USERNAME": "alice", "SRP_A": claim.PublicA()})
	w.check(err)
	b, err = w.reply(signin.PasswordVerifier, "", w.sign(claim, b, right))
	signedIn(t, b, err)
	_, err = w.reply(signin.PasswordSRP, a.Session, map[string]string{"USERNAME": "alice", "SRP_A": claim.PublicA()})
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

func TestAUserSelectsAFirstFactor(t *testing.T) {
	t.Parallel()
	w, box := choiceWorld(t, everyFirst)
	w.person("alice")
	claim := srp.NewClient()
	selecting := func() string {
		a, err := w.choose("alice")
		outcome{challenge: signin.SelectChallenge}.check(t, a, err)
		return a.Session
	}
	session := selecting()
	answer := func(more ...string) (*signin.Answer, error) {
		answers := map[string]string{"USERNAME": "alice"}
		for i := 0; i+1 < len(more); i += 2 {
			answers[more[i]] = more[i+1]
		}
		return w.reply(signin.SelectChallenge, session, answers)
	}
	_, err := answer()
	refused(t, err, fault.Invalid, "Missing required parameter ANSWER")
	_, err = answer("ANSWER", "WEB_AUTHN")
	refused(t, err, fault.Invalid, "Selected challenge is not available: WEB_AUTHN")
	_, err = answer("ANSWER", "PASSWORD", "PASSWORD", wrong)
	refused(t, err, fault.Denied, "Incorrect username or password.")
	a, err := answer("ANSWER", "PASSWORD", "PASSWORD", right) // a wrong password does not use the choice up
	signedIn(t, a, err)
	_, err = answer("ANSWER", "PASSWORD", "PASSWORD", right)
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")

	session = selecting()
	a, err = answer("ANSWER", "PASSWORD_SRP", "SRP_A", claim.PublicA())
	w.check(err)
	a, err = w.reply(signin.PasswordVerifier, "", w.sign(claim, a, right))
	signedIn(t, a, err)

	session = selecting()
	a, err = answer("ANSWER", "EMAIL_OTP")
	outcome{challenge: signin.EmailOTP}.check(t, a, err)
	if len(a.Available) != 0 {
		t.Errorf("an answer to a challenge lists %v", a.Available)
	}
	a, err = w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": "alice", "EMAIL_OTP_CODE": last(t, box).Code})
	signedIn(t, a, err)
	_, err = answer("ANSWER", "SMS_OTP") // one choice sends one code
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

// TestAFirstCodeIsNoSecondFactor: a pool that requires two must not take one for both, even when it began to in between.
func TestAFirstCodeIsNoSecondFactor(t *testing.T) {
	t.Parallel()
	w, box := choiceWorld(t, everyFirst)
	w.person("alice")
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "EMAIL_OTP")
	w.check(err)
	code := last(t, box).Code
	w.setMFA(directory.MFAConfig{Mode: "ON", SMS: true, Email: &directory.EmailMFA{}})
	a, err = w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": "alice", "EMAIL_OTP_CODE": code})
	outcome{challenge: signin.SelectMFAType}.check(t, a, err)
}

func TestAPasswordByChoiceIsFollowedByTheSecondFactor(t *testing.T) {
	t.Parallel()
	w, _ := choiceWorld(t, everyFirst)
	w.setMFA(directory.MFAConfig{Mode: "ON", SMS: true})
	w.person("alice")
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", right)
	outcome{challenge: signin.SMSMFA}.check(t, a, err)
	if len(a.Available) != 0 {
		t.Errorf("a second factor lists first ones: %v", a.Available)
	}
}

func TestGuessingFirstCodesLocks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"alice", "nobody"} {
		w, box := choiceWorld(t, everyFirst, hides)
		w.person("alice")
		code := "00000000"
		for range 5 {
			a, err := w.choose(name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
			w.check(err)
			if name == "alice" {
				code = other(last(t, box).Code)
			}
			_, err = w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": code})
			refused(t, err, fault.Mismatch, "Invalid code or auth state for the user.")
		}
		a, err := w.choose(name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
		w.check(err)
		b, err := w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": code})
		exceeded.check(t, b, err)
	}
}

// TestNobodysCodesLookReal compares all that a client sees of somebody and of nobody.
func TestNobodysCodesLookReal(t *testing.T) {
	t.Parallel()
	w, box := choiceWorld(t, everyFirst, hides)
	w.person("alice")
	for _, kind := range []signin.Kind{signin.EmailOTP, signin.SMSOTP} {
		var seen [2]*signin.Answer
		for i, name := range []string{"alice", "erika"} {
			a, err := w.choose(name, "PREFERRED_CHALLENGE", string(kind))
			w.check(err)
			seen[i] = a
		}
		keys := func(a *signin.Answer) map[string]bool {
			out := map[string]bool{}
			for k := range a.Params {
				out[k] = true
			}
			return out
		}
		if diff := cmp.Diff(keys(seen[0]), keys(seen[1])); diff != "" {
			t.Errorf("%s: parameters tell apart:\n%s", kind, diff)
		}
		if diff := cmp.Diff(seen[0].Available, seen[1].Available); diff != "" {
			t.Errorf("%s: choices tell apart:\n%s", kind, diff)
		}
		if off := len(seen[0].Session) - len(seen[1].Session); off > 40 || off < -40 {
			t.Errorf("%s: sessions of %d and %d characters", kind, len(seen[0].Session), len(seen[1].Session))
		}
		again, err := w.choose("erika", "PREFERRED_CHALLENGE", string(kind))
		w.check(err)
		if again.Params["CODE_DELIVERY_DESTINATION"] != seen[1].Params["CODE_DELIVERY_DESTINATION"] {
			t.Errorf("%s: nobody's address moves", kind)
		}
	}
	if n := len(box.List(mailbox.Query{Limit: 100})); n != 2 {
		t.Errorf("%d codes were sent, want alice's two", n)
	}
	a, err := w.choose("erika")
	w.check(err)
	b, err := w.reply(signin.SelectChallenge, a.Session, map[string]string{"USERNAME": "erika", "ANSWER": "PASSWORD", "PASSWORD": right})
	badPassword.check(t, b, err)
	b, err = w.reply(signin.SelectChallenge, a.Session, map[string]string{"USERNAME": "erika", "ANSWER": "EMAIL_OTP"})
	outcome{challenge: signin.EmailOTP}.check(t, b, err)
}

func TestCodesForNobodyAreLimitedToo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"alice", "nobody"} {
		w, _ := choiceWorld(t, everyFirst, hides)
		w.person("alice")
		for range 20 {
			_, err := w.choose(name, "PREFERRED_CHALLENGE", "SMS_OTP")
			w.check(err)
		}
		_, err := w.choose(name, "PREFERRED_CHALLENGE", "SMS_OTP")
		refused(t, err, fault.Limited, "Attempt limit exceeded, please try after some time.")
		w.clock.Advance(time.Hour)
		_, err = w.choose(name, "PREFERRED_CHALLENGE", "SMS_OTP")
		w.check(err)
	}
}
