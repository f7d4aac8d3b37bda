package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

func TestSigningUpAndConfirming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	out, err := w.SignUp(t.Context(), account.SignUp{
		Caller: w.caller("alice"), Password: goodPassword, Attributes: map[string]string{"email": "alice@example.com"},
	})
	ok(t, err)
	want := &account.SignedUp{UserID: out.UserID, Delivery: &account.Delivery{Destination: "a***@e***", Medium: message.Email, Attribute: "email"}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	m := w.mail("alice@example.com")
	if len(m.Code) != 6 || strings.Trim(m.Code, "0123456789") != "" || m.Body != "Your verification code is "+m.Code+". " ||
		m.Subject != "Your verification code" || m.Purpose != message.SignUp || m.ClientID != w.client.ID || m.UserID != out.UserID {
		t.Errorf("%+v", m)
	}
	if x := w.get(out.UserID); x.Status != directory.Unconfirmed || x.Attributes["email_verified"] != "false" || !w.has(x, goodPassword) {
		t.Errorf("%+v", x)
	}
	confirm := account.Confirmation{Caller: w.caller("alice"), Code: wrong(m.Code)}
	refused(t, w.ConfirmSignUp(t.Context(), confirm), fault.Mismatch, "", "Invalid verification code provided, please try again.")
	confirm.Code = m.Code
	ok(t, w.ConfirmSignUp(t.Context(), confirm))
	if x := w.get(out.UserID); x.Status != directory.Confirmed || x.Attributes["email_verified"] != "true" {
		t.Errorf("%+v", x)
	}
	refused(t, w.ConfirmSignUp(t.Context(), confirm), fault.Denied, "", "User cannot be confirmed. Current status is CONFIRMED")
	_, err = w.ResendConfirmationCode(t.Context(), w.caller("alice"))
	refused(t, err, fault.Invalid, "", "User is already confirmed.")
}

func TestSignUpIsRefused(t *testing.T) {
	t.Parallel()
	closed := byEmail()
	closed.AdminCreate.AdminOnly = true
	names := directory.PoolSpec{UsernameAttributes: []string{"email"}}
	for name, tc := range map[string]struct {
		pool    directory.PoolSpec
		in      account.SignUp
		kind    fault.Kind
		subject fault.Subject
		text    string
	}{
		"closed":        {closed, account.SignUp{Caller: account.Caller{Username: "bob"}, Password: goodPassword}, fault.Denied, "", "SignUp is not permitted for this user pool"},
		"weak":          {byEmail(), account.SignUp{Caller: account.Caller{Username: "bob"}, Password: "weak"}, fault.Invalid, fault.Password, "Password did not conform with policy: Password not long enough"},
		"no password":   {byEmail(), account.SignUp{Caller: account.Caller{Username: "bob"}}, fault.Invalid, fault.Password, ""},
		"taken":         {byEmail(), account.SignUp{Caller: account.Caller{Username: "alice"}, Password: goodPassword}, fault.Exists, fault.Username, "User already exists"},
		"bad attribute": {byEmail(), account.SignUp{Caller: account.Caller{Username: "bob"}, Password: goodPassword, Attributes: map[string]string{"email": "x"}}, fault.Invalid, "", "Invalid email address format."},
		"hash":          {byEmail(), account.SignUp{Caller: account.Caller{Username: "bob", SecretHash: "x"}, Password: goodPassword}, fault.Denied, fault.ClientSecret, ""},
		"taken email":   {names, account.SignUp{Caller: account.Caller{Username: "alice@example.com"}, Password: goodPassword}, fault.Exists, fault.Username, "An account with the given email already exists."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// That a username is taken is not hidden, even by a client that hides users.
			w := newWorld(t, tc.pool, hiding())
			for _, taken := range []string{"alice", "alice@example.com"} {
				_, _ = w.dir.Users.Create(t.Context(), w.pool, directory.NewUser{Username: taken, By: directory.ByAdmin}, false)
			}
			tc.in.ClientID = w.client.ID
			_, err := w.SignUp(t.Context(), tc.in)
			refused(t, err, tc.kind, tc.subject, tc.text)
		})
	}
}

func TestSignUpCodesGoToThePhoneFirst(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.AutoVerified = []string{"email", "phone_number"}
	spec.Verification.SMSMessage = "Code: {####}!"
	w := newWorld(t, spec, directory.ClientSettings{})
	out, err := w.SignUp(t.Context(), account.SignUp{Caller: w.caller("alice"), Password: goodPassword, Attributes: map[string]string{
		"email": "alice@example.com", "phone_number": "+15555550100",
	}})
	ok(t, err)
	if diff := cmp.Diff(&account.Delivery{Destination: "+*******0100", Medium: message.SMS, Attribute: "phone_number"}, out.Delivery); diff != "" {
		t.Error(diff)
	}
	if m := w.mail("+15555550100"); m.Body != "Code: "+m.Code+"!" || w.mails("alice@example.com") != 0 {
		t.Errorf("%+v", m)
	}
	none, err := w.SignUp(t.Context(), account.SignUp{Caller: w.caller("bob"), Password: goodPassword})
	ok(t, err)
	if none.Delivery != nil {
		t.Errorf("a code went to %+v", none.Delivery)
	}
}

func TestAnEmailCanBeTheUsername(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{
		Settings: directory.Settings{AutoVerified: []string{"email"}}, UsernameAttributes: []string{"email"},
	}, directory.ClientSettings{})
	out, err := w.SignUp(t.Context(), account.SignUp{Caller: w.caller("alice@example.com"), Password: goodPassword})
	ok(t, err)
	x := w.get(out.UserID)
	if x.Username != x.ID || x.Attributes["email"] != "alice@example.com" {
		t.Errorf("%+v", x)
	}
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice@example.com"), Code: w.mail("alice@example.com").Code}))
}

func TestANewCodeReplacesTheOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	_, first := w.signUp("alice", "alice@example.com")
	d, err := w.ResendConfirmationCode(t.Context(), w.caller("alice"))
	ok(t, err)
	if d.Destination != "a***@e***" || w.mail("alice@example.com").Purpose != message.ResendCode {
		t.Errorf("%+v", d)
	}
	second := w.mail("alice@example.com").Code
	if first != second {
		refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: first}), fault.Mismatch, "", "")
	}
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: second}))
}

func TestASignUpCodeDiesAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	_, code := w.signUp("alice", "alice@example.com")
	w.now.Advance(24*time.Hour - time.Second)
	_, young := w.signUp("bob", "bob@example.com")
	w.now.Advance(time.Second)
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: code}), fault.Expired, "", "Invalid code provided, please request a code again.")
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("bob"), Code: young}))
}

func TestACodeDoesNotSurviveAnotherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	sub, code := w.signUp("alice", "alice@example.com")
	_, _, err := w.dir.Users.UpdateAttributes(t.Context(), w.pool, sub, directory.Update{Values: map[string]string{"email": "other@example.com"}, By: directory.ByAdmin})
	ok(t, err)
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: code}), fault.Expired, "", "")
	if x := w.get(sub); x.Status != directory.Unconfirmed || x.Attributes["email_verified"] != "false" {
		t.Errorf("%+v", x)
	}
}

func TestACodeBelongsToOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	_, a := w.signUp("alice", "alice@example.com")
	_, b := w.signUp("bob", "bob@example.com")
	if a == b {
		t.Skip("the two codes happen to be equal")
	}
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("bob"), Code: a}), fault.Mismatch, "", "")
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	code := w.mail("alice@example.com").Code
	var wins atomic.Int32
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			pw := goodPassword + string(rune('a'+i))
			err := w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: code, Password: pw})
			if err == nil {
				wins.Add(1)
				if !w.has(x, pw) {
					t.Errorf("%s won and is not the password", pw)
				}
			} else if k := fault.As(err).Kind; k != fault.Expired && k != fault.Mismatch {
				t.Errorf("a loser got %v", err)
			}
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Errorf("one code worked %d times", wins.Load())
	}
}

func TestATakenAddressIsRefusedAtConfirmationAndTheCodeLives(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.AliasAttributes = []string{"email"}
	w := newWorld(t, spec, directory.ClientSettings{})
	first := w.member("first", "shared@example.com")
	sub, code := w.signUp("second", "shared@example.com")
	confirm := account.Confirmation{Caller: w.caller("second"), Code: code}
	refused(t, w.ConfirmSignUp(t.Context(), confirm), fault.Exists, fault.Alias, "An account with the given email already exists.")
	if w.get(sub).Status != directory.Unconfirmed {
		t.Error("confirmed all the same")
	}
	confirm.ForceAlias = true
	ok(t, w.ConfirmSignUp(t.Context(), confirm))
	if w.get(sub).Attributes["email_verified"] != "true" || w.get(first.ID).Attributes["email_verified"] != "false" {
		t.Error("the address did not move")
	}
	found, err := w.dir.Users.Find(t.Context(), w.pool, "shared@example.com")
	ok(t, err)
	if found.ID != sub {
		t.Errorf("the address finds %s", found.Username)
	}
}

func TestAFailedDeliveryLeavesTheUserForAResend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	w.fill(true)
	_, err := w.SignUp(t.Context(), account.SignUp{Caller: w.caller("alice"), Password: goodPassword, Attributes: map[string]string{"email": "alice@example.com"}})
	refused(t, err, fault.Undelivered, "", "The message could not be delivered.")
	w.fill(false)
	_, err = w.ResendConfirmationCode(t.Context(), w.caller("alice"))
	ok(t, err)
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: w.mail("alice@example.com").Code}))
}

func TestHourlyLimitsAreCognitos(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limit int
		try   func(w *world, x account.Self) error
	}{
		"resend": {5, func(w *world, _ account.Self) error {
			_, err := w.ResendConfirmationCode(w.t.Context(), w.caller("alice"))
			return err
		}},
		"confirm": {15, func(w *world, _ account.Self) error {
			return w.ConfirmSignUp(w.t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: "none"})
		}},
		"reset": {20, func(w *world, _ account.Self) error {
			_, err := w.ForgotPassword(w.t.Context(), w.caller("alice"))
			return err
		}},
		"confirm reset": {20, func(w *world, _ account.Self) error {
			return w.ConfirmForgotPassword(w.t.Context(), account.Reset{Caller: w.caller("alice"), Code: "none", Password: goodPassword})
		}},
		"change": {5, func(w *world, self account.Self) error {
			return w.ChangePassword(w.t.Context(), self, "wrong", goodPassword)
		}},
		"send": {5, func(w *world, self account.Self) error {
			_, err := w.GetUserAttributeVerificationCode(w.t.Context(), self, "email")
			return err
		}},
		"verify": {15, func(w *world, self account.Self) error {
			return w.VerifyUserAttribute(w.t.Context(), self, "email", "none")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, byEmail(), directory.ClientSettings{})
			sub, _ := w.signUp("alice", "alice@example.com")
			self := w.self(w.get(sub))
			limited := func(err error) bool { return fault.Is(err, fault.Limited, "") }
			for i := range tc.limit {
				if err := tc.try(w, self); limited(err) {
					t.Fatalf("attempt %d: %v", i+1, err)
				}
			}
			refused(t, tc.try(w, self), fault.Limited, "", "Attempt limit exceeded, please try after some time.")
			w.now.Advance(time.Hour)
			if err := tc.try(w, self); limited(err) {
				t.Errorf("after an hour: %v", err)
			}
		})
	}
}

func TestACodeThatIsGuessedAtForHoursDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	_, code := w.signUp("alice", "alice@example.com")
	secretive := newWorld(t, byEmail(), hiding())
	_, hidden := secretive.signUp("alice", "alice@example.com")
	for i := range 31 {
		if i%15 == 0 {
			secretive.now.Advance(time.Hour)
		}
		given := wrong(hidden)
		if i == 30 { // nobody has no code that could die, so nobody may see that this one has
			given = hidden
		}
		refused(t, secretive.ConfirmSignUp(t.Context(), account.Confirmation{Caller: secretive.caller("alice"), Code: given}), fault.Mismatch, "", "")
	}
	for i := range 30 {
		if i%15 == 0 {
			w.now.Advance(time.Hour)
		}
		refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: wrong(code)}), fault.Mismatch, "", "")
	}
	w.now.Advance(time.Hour)
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: code}), fault.TooManyTries, "", "Too many failed attempts. Please request a code again.")
	_, err := w.ResendConfirmationCode(t.Context(), w.caller("alice"))
	ok(t, err)
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: w.mail("alice@example.com").Code}))
}
