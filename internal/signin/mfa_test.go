package signin_test

import (
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
)

const phone = "+15555550123"

// mfaWorld has all second factors that send a code, and a mailbox they send to.
func mfaWorld(t *testing.T, c directory.MFAConfig, u directory.UserMFA, options ...option) (*world, *mailbox.Box) {
	t.Helper()
	w := newWorld(t, options...)
	box := mailbox.New(10)
	w.build(signin.Hooks{}, otp.SMS(box, w.keys, w.dir.Users), otp.Email(box, box, w.keys, w.dir.Users), selectmfa.New())
	w.setMFA(c)
	w.user("alice", directory.Confirmed, func(x *directory.User) {
		x.MFA = u
		x.Attributes["phone_number"] = phone
		x.Attributes["phone_number_verified"] = "false"
	})
	return w, box
}

var (
	bySMS   = directory.MFAConfig{Mode: "ON", SMS: true}
	byEmail = directory.MFAConfig{Mode: "ON", Email: &directory.EmailMFA{Subject: "Hello", Message: "It is {####}"}}
	byBoth  = directory.MFAConfig{Mode: "ON", SMS: true, Email: &directory.EmailMFA{}}
)

func last(t testing.TB, box *mailbox.Box) message.Message {
	t.Helper()
	list := box.List(mailbox.Query{})
	if len(list) == 0 {
		t.Fatal("nothing was sent")
	}
	return list[0].Message
}

func TestACodeLetsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool                                  directory.MFAConfig
		kind                                  signin.Kind
		answer, to, masked, medium, attribute string
	}{
		"by SMS":                   {bySMS, signin.SMSMFA, "SMS_MFA_CODE", phone, "+*******0123", "SMS", "phone_number"},
		"by email":                 {byEmail, signin.EmailOTP, "EMAIL_OTP_CODE", "alice@example.com", "a***@e***", "EMAIL", "email"},
		"by email, the other name": {byEmail, signin.EmailOTP, "EMAIL_MFA_CODE", "alice@example.com", "a***@e***", "EMAIL", "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, box := mfaWorld(t, c.pool, directory.UserMFA{})
			a, err := w.withSRP("alice", right)
			outcome{challenge: c.kind}.check(t, a, err)
			m := last(t, box)
			if m.To != c.to || len(m.Code) != 6 || m.Purpose != message.Authentication || string(m.Medium) != c.medium {
				t.Errorf("sent %s by %s to %s, a code of %d digits", m.Purpose, m.Medium, m.To, len(m.Code))
			}
			if a.Params["CODE_DELIVERY_DESTINATION"] != c.masked || a.Params["CODE_DELIVERY_DELIVERY_MEDIUM"] != c.medium ||
				a.Params["USER_ID_FOR_SRP"] != "alice" {
				t.Errorf("parameters %v", a.Params)
			}
			a, err = w.reply(c.kind, a.Session, map[string]string{"USERNAME": "alice", c.answer: m.Code})
			signedIn(t, a, err)
			alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
			w.check(err)
			if alice.Attributes[c.attribute+"_verified"] != "true" {
				t.Errorf("%s is not verified by its code", c.attribute)
			}
		})
	}
}

func TestAWrongCodeMayBeFollowedByTheRightOne(t *testing.T) {
	t.Parallel()
	for kind, c := range map[signin.Kind]struct {
		pool         directory.MFAConfig
		answer, text string
	}{
		signin.SMSMFA:   {bySMS, "SMS_MFA_CODE", "Invalid code received for user"},
		signin.EmailOTP: {byEmail, "EMAIL_OTP_CODE", "Invalid code or auth state for the user."},
	} {
		w, box := mfaWorld(t, c.pool, directory.UserMFA{})
		first, err := w.withPassword("alice", right)
		w.check(err)
		code := last(t, box).Code
		_, err = w.reply(kind, first.Session, map[string]string{"USERNAME": "alice"})
		refused(t, err, fault.Invalid, "Missing required parameter "+c.answer)
		_, err = w.reply(kind, first.Session, map[string]string{"USERNAME": "alice", c.answer: other(code)})
		refused(t, err, fault.Mismatch, c.text)
		a, err := w.reply(kind, first.Session, map[string]string{"USERNAME": "alice", c.answer: code})
		signedIn(t, a, err)
		_, err = w.reply(kind, first.Session, map[string]string{"USERNAME": "alice", c.answer: code})
		refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
	}
}

// other is a code that is not the given one.
func other(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

// TestGuessingCodesLocks: a code has a million values and a session minutes, so the password must not buy free guesses.
func TestGuessingCodesLocks(t *testing.T) {
	t.Parallel()
	w, box := mfaWorld(t, bySMS, directory.UserMFA{})
	for range 5 {
		a, err := w.withPassword("alice", right) // a new session each time, and each time the password is right
		w.check(err)
		_, err = w.reply(signin.SMSMFA, a.Session, map[string]string{"USERNAME": "alice", "SMS_MFA_CODE": other(last(t, box).Code)})
		refused(t, err, fault.Mismatch, "Invalid code received for user")
	}
	a, err := w.withPassword("alice", right)
	exceeded.check(t, a, err)
}

func TestACodeIsBoundToItsSession(t *testing.T) {
	t.Parallel()
	w, box := mfaWorld(t, bySMS, directory.UserMFA{})
	_, err := w.withPassword("alice", right)
	w.check(err)
	old := last(t, box).Code
	second, err := w.withPassword("alice", right)
	w.check(err)
	for last(t, box).Code == old { // once in a million
		second, err = w.withPassword("alice", right)
		w.check(err)
	}
	_, err = w.reply(signin.SMSMFA, second.Session, map[string]string{"USERNAME": "alice", "SMS_MFA_CODE": old})
	refused(t, err, fault.Mismatch, "Invalid code received for user")
}

func TestAUserSelectsAFactor(t *testing.T) {
	t.Parallel()
	for answer, kind := range map[string]signin.Kind{"SMS_MFA": signin.SMSMFA, "EMAIL_OTP": signin.EmailOTP, "EMAIL_MFA": signin.EmailOTP} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			w, box := mfaWorld(t, byBoth, directory.UserMFA{})
			first, err := w.withPassword("alice", right)
			w.check(err)
			if got := first.Params["MFAS_CAN_CHOOSE"]; got != `["SMS_MFA","EMAIL_OTP"]` {
				t.Errorf("MFAS_CAN_CHOOSE is %s", got)
			}
			_, err = w.reply(signin.SelectMFAType, first.Session, map[string]string{"USERNAME": "alice", "ANSWER": "SOFTWARE_TOKEN_MFA"})
			refused(t, err, fault.Missing, "The selected MFA method is not available for the user.")
			second, err := w.reply(signin.SelectMFAType, first.Session, map[string]string{"USERNAME": "alice", "ANSWER": answer})
			outcome{challenge: kind}.check(t, second, err)
			a, err := w.reply(kind, second.Session, map[string]string{
				"USERNAME": "alice", "SMS_MFA_CODE": last(t, box).Code, "EMAIL_OTP_CODE": last(t, box).Code,
			})
			signedIn(t, a, err)
		})
	}
}

func TestANewPasswordComesBeforeTheSecondFactor(t *testing.T) {
	t.Parallel()
	w, box := mfaWorld(t, byEmail, directory.UserMFA{})
	w.user("bob", directory.ForceChangePassword)
	a, err := w.withSRP("bob", right)
	newPassword.check(t, a, err)
	a, err = w.reply(signin.NewPassword, a.Session, map[string]string{"USERNAME": "bob", "NEW_PASSWORD": "Battery-Staple2"})
	outcome{challenge: signin.EmailOTP}.check(t, a, err)
	a, err = w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": "bob", "EMAIL_OTP_CODE": last(t, box).Code})
	signedIn(t, a, err)
}
