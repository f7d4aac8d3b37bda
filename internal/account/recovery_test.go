package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/password"
)

func TestAForgottenPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	d, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	if diff := cmp.Diff(&account.Delivery{Destination: "a***@e***", Medium: message.Email, Attribute: "email"}, d); diff != "" {
		t.Error(diff)
	}
	m := w.mail("alice@example.com")
	reset := account.Reset{Caller: w.caller("alice"), Code: m.Code, Password: "weak"}
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Invalid, fault.Password, "")
	reset.Password, reset.Code = "Another-Horse2", wrong(m.Code)
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Mismatch, "", "Invalid verification code provided, please try again.")
	if !w.has(x, goodPassword) {
		t.Error("the password changed without the code")
	}
	reset.Code = m.Code
	ok(t, w.ConfirmForgotPassword(t.Context(), reset))
	if !w.has(x, "Another-Horse2") || w.has(x, goodPassword) {
		t.Error("the password is not the new one")
	}
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Expired, "", "Invalid code provided, please request a code again.")
}

func TestAResetCodeDiesAfterAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	w.member("alice", "alice@example.com")
	_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	w.now.Advance(time.Hour)
	refused(t, w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: w.mail("alice@example.com").Code, Password: goodPassword}),
		fault.Expired, "", "Invalid code provided, please request a code again.")
}

func TestAResetCodeOfAnotherPurposeIsWorthless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	_, err := w.GetUserAttributeVerificationCode(t.Context(), w.self(x), "email")
	ok(t, err)
	code := w.mail("alice@example.com").Code
	refused(t, w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: code, Password: goodPassword}), fault.Expired, "", "")
}

func TestForgotPasswordDependsOnTheState(t *testing.T) {
	t.Parallel()
	const noWay = "Cannot reset password for the user as there is no registered/verified email or phone_number"
	for name, tc := range map[string]struct {
		change func(*directory.User)
		kind   fault.Kind
		text   string
	}{
		"disabled":      {func(x *directory.User) { x.Enabled = false }, fault.Denied, "User is disabled."},
		"unconfirmed":   {func(x *directory.User) { x.Status = directory.Unconfirmed }, fault.Invalid, noWay},
		"temporary":     {func(x *directory.User) { x.Status = directory.ForceChangePassword }, fault.Denied, "User password cannot be reset in the current state."},
		"unverified":    {func(x *directory.User) { x.Attributes["email_verified"] = "false" }, fault.Invalid, noWay},
		"second factor": {func(x *directory.User) { x.MFA.Methods = []string{"EMAIL_OTP"} }, fault.Invalid, noWay},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := byEmail()
			spec.MFA = directory.MFAConfig{Mode: "OPTIONAL"}
			w := newWorld(t, spec, directory.ClientSettings{})
			x := w.member("alice", "alice@example.com")
			_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
			ok(t, err)
			code := w.mail("alice@example.com").Code
			_, err = w.dir.Users.Change(t.Context(), w.pool, x.ID, func(x *directory.User) error { tc.change(x); return nil })
			ok(t, err)
			_, err = w.ForgotPassword(t.Context(), w.caller("alice"))
			refused(t, err, tc.kind, "", tc.text)
			if w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: code, Password: "Another-Horse2"}) == nil {
				t.Error("a code that was sent before still works")
			}
		})
	}
}

func TestRecoveryFollowsTheOrderOfThePool(t *testing.T) {
	t.Parallel()
	phone, email := directory.Recovery{Priority: 1, Name: "verified_phone_number"}, directory.Recovery{Priority: 2, Name: "verified_email"}
	for name, tc := range map[string]struct {
		recovery []directory.Recovery
		methods  []string
		want     string
	}{
		"legacy":          {nil, nil, "phone_number"},
		"legacy with MFA": {nil, []string{"SMS_MFA"}, "email"},
		"by priority":     {[]directory.Recovery{{Priority: 2, Name: "verified_phone_number"}, {Priority: 1, Name: "verified_email"}}, nil, "email"},
		"phone first":     {[]directory.Recovery{email, phone}, nil, "phone_number"},
		"only email":      {[]directory.Recovery{email}, nil, "email"},
		"only phone, MFA": {[]directory.Recovery{phone}, []string{"SMS_MFA"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := byEmail()
			spec.Recovery, spec.MFA.Mode = tc.recovery, "OPTIONAL"
			w := newWorld(t, spec, directory.ClientSettings{})
			x, err := w.dir.Users.Create(t.Context(), w.pool, directory.NewUser{
				Username: "alice", Status: directory.Confirmed, By: directory.ByAdmin, Attributes: map[string]string{
					"email": "alice@example.com", "email_verified": "true", "phone_number": "+15555550100", "phone_number_verified": "true",
				},
			}, false)
			ok(t, err)
			_, err = w.dir.Users.SetMFA(t.Context(), w.pool, x.ID, directory.UserMFA{Methods: tc.methods})
			ok(t, err)
			d, err := w.ForgotPassword(t.Context(), w.caller("alice"))
			if tc.want == "" {
				refused(t, err, fault.Invalid, "", "")
				return
			}
			ok(t, err)
			if d.Attribute != tc.want {
				t.Errorf("the code went to %s, want %s", d.Attribute, tc.want)
			}
		})
	}
}

func TestOnlyAnAdministratorMayReset(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.Recovery = []directory.Recovery{{Priority: 1, Name: "admin_only"}}
	w := newWorld(t, spec, hiding())
	w.member("alice", "alice@example.com")
	for _, name := range []string{"alice", "nobody"} {
		_, err := w.ForgotPassword(t.Context(), w.caller(name))
		refused(t, err, fault.Denied, "", "Contact administrator to reset password.")
	}
}

func TestChangingAPasswordNeedsTheOldOne(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.PasswordPolicy = password.Policy{MinimumLength: 8, HistorySize: 1}
	w := newWorld(t, spec, directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	self := w.self(x)
	refused(t, w.ChangePassword(t.Context(), self, "wrong", "Another-Horse2"), fault.Denied, "", "Incorrect username or password.")
	refused(t, w.ChangePassword(t.Context(), self, "", "Another-Horse2"), fault.Denied, "", "Incorrect username or password.")
	refused(t, w.ChangePassword(t.Context(), self, goodPassword, goodPassword), fault.Invalid, fault.PasswordHistory, "")
	refused(t, w.ChangePassword(t.Context(), self, goodPassword, "weak"), fault.Invalid, fault.Password, "")
	w.now.Advance(time.Minute)
	ok(t, w.ChangePassword(t.Context(), self, goodPassword, "Another-Horse2"))
	if !w.has(x, "Another-Horse2") || w.has(x, goodPassword) || !w.get(x.ID).ModifiedAt.Equal(w.now.Now()) {
		t.Error("the password is not the new one")
	}
}

func TestAUserWithoutAPasswordNeedsNoOldOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x, err := w.dir.Users.Create(t.Context(), w.pool, directory.NewUser{Username: "alice", Status: directory.Confirmed, By: directory.ByAdmin}, false)
	ok(t, err)
	ok(t, w.ChangePassword(t.Context(), w.self(x), "", goodPassword))
	if !w.has(x, goodPassword) {
		t.Error("no password was set")
	}
}

// A code that was mailed before somebody changed the password must not undo that change.
func TestAResetCodeDiesWhenThePasswordIsSetAnotherWay(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(w *world, x *directory.User) error{
		"by an administrator": func(w *world, _ *directory.User) error {
			return w.AdminSetUserPassword(t.Context(), w.pool, "alice", "Another-Horse2", true)
		},
		"by the user": func(w *world, x *directory.User) error {
			self := account.Self{Pool: w.pool, Client: w.client, User: x}
			return w.ChangePassword(t.Context(), self, goodPassword, "Another-Horse2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, byEmail(), directory.ClientSettings{})
			x := w.member("alice", "alice@example.com")
			_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
			ok(t, err)
			code := w.mail("alice@example.com").Code
			ok(t, set(w, x))
			in := account.Reset{Caller: w.caller("alice"), Code: code, Password: "Stolen-Horse3"}
			refused(t, w.ConfirmForgotPassword(t.Context(), in), fault.Expired, "", "")
			if !w.has(x, "Another-Horse2") {
				t.Error("the code undid the change")
			}
		})
	}
}
