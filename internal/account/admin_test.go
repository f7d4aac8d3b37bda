package account_test

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/store/storetest"
)

func keysOf(t testing.TB) *secret.Keyring { return storetest.Sealer(t) }

func email(address string) map[string]string { return map[string]string{"email": address} }

func TestAnInvitedUserHasATemporaryPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x, err := w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "alice", Attributes: email("alice@example.com"), Media: []message.Medium{message.Email}})
	ok(t, err)
	m := w.mail("alice@example.com")
	if x.Status != directory.ForceChangePassword || m.Purpose != message.Invitation || !w.has(x, m.Code) ||
		m.Subject != "Your temporary password" {
		t.Errorf("%+v, %+v", x, m)
	}
	_, until, err := w.dir.Passwords.State(t.Context(), w.pool.ID, x.ID)
	ok(t, err)
	if !until.Equal(w.now.Now().AddDate(0, 0, 7)) {
		t.Errorf("the password ends at %v", until)
	}
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "alice"})
	refused(t, err, fault.Exists, fault.Username, "User account already exists")
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", TemporaryPassword: "weak"})
	refused(t, err, fault.Invalid, fault.Password, "")
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", Media: []message.Medium{message.Email}})
	refused(t, err, fault.Invalid, "", "")
	bob, err := w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", TemporaryPassword: goodPassword, Action: account.Suppress, Attributes: email("bob@example.com"), Media: []message.Medium{message.Email}})
	ok(t, err)
	if w.mails("bob@example.com") != 0 || !w.has(bob, goodPassword) {
		t.Error("suppressed, and sent all the same; or another password")
	}
}

func TestTheInvitationNamesTheLogin(t *testing.T) {
	t.Parallel()
	spec := directory.PoolSpec{UsernameAttributes: []string{"email"}}
	spec.AdminCreate.EmailMessage, spec.AdminCreate.EmailSubject = "{username}: {####}", "Hello {username}"
	w := newWorld(t, spec, directory.ClientSettings{})
	_, err := w.AdminCreateUser(t.Context(), w.pool, account.Invite{
		Username: "alice@example.com", TemporaryPassword: goodPassword, Media: []message.Medium{message.Email},
	})
	ok(t, err)
	if m := w.mail("alice@example.com"); m.Subject != "Hello alice@example.com" || m.Body != "alice@example.com: "+goodPassword {
		t.Errorf("%q, %q", m.Subject, m.Body)
	}
}

func TestAnotherInvitationReplacesThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	invite := account.Invite{Username: "alice", Attributes: email("alice@example.com"), Media: []message.Medium{message.Email}}
	x, err := w.AdminCreateUser(t.Context(), w.pool, invite)
	ok(t, err)
	first := w.mail("alice@example.com").Code
	w.now.Advance(6 * 24 * time.Hour)
	invite.Action = account.Resend
	_, err = w.AdminCreateUser(t.Context(), w.pool, invite)
	ok(t, err)
	second := w.mail("alice@example.com").Code
	_, until, err := w.dir.Passwords.State(t.Context(), w.pool.ID, x.ID)
	ok(t, err)
	if w.has(x, first) || !w.has(x, second) || !until.Equal(w.now.Now().AddDate(0, 0, 7)) {
		t.Errorf("first %v, second %v, until %v", w.has(x, first), w.has(x, second), until)
	}
	w.member("bob", "bob@example.com")
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", Action: account.Resend})
	refused(t, err, fault.Unsupported, fault.UserState, "Resend not possible. bob status is not FORCE_CHANGE_PASSWORD")
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "nobody", Action: account.Resend})
	refused(t, err, fault.Missing, fault.User, "User does not exist.")
}

func TestAnInvitedUserCanTakeAnAddressOnlyByForce(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.AliasAttributes = []string{"email"}
	w := newWorld(t, spec, directory.ClientSettings{})
	w.member("alice", "shared@example.com")
	invite := account.Invite{Username: "bob", Attributes: map[string]string{"email": "shared@example.com", "email_verified": "true"}, Action: account.Suppress}
	_, err := w.AdminCreateUser(t.Context(), w.pool, invite)
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
	invite.ForceAlias = true
	bob, err := w.AdminCreateUser(t.Context(), w.pool, invite)
	ok(t, err)
	if found, err := w.dir.Users.Find(t.Context(), w.pool, "shared@example.com"); err != nil || found.ID != bob.ID {
		t.Errorf("%v, %v", found, err)
	}
}

func TestAUserWhoSignsInByCodeNeedsNoInvitation(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.FirstAuthFactors = []string{"PASSWORD", "EMAIL_OTP"}
	w := newWorld(t, spec, directory.ClientSettings{})
	x, err := w.AdminCreateUser(t.Context(), w.pool, account.Invite{
		Username: "alice", Attributes: map[string]string{"email": "alice@example.com", "email_verified": "true"}, Media: []message.Medium{message.Email},
	})
	ok(t, err)
	has, _, err := w.dir.Passwords.State(t.Context(), w.pool.ID, x.ID)
	ok(t, err)
	if x.Status != directory.Confirmed || has || w.mails("alice@example.com") != 0 {
		t.Errorf("%s, has a password %v", x.Status, has)
	}
}

func TestAnAdministratorConfirmsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	sub, _ := w.signUp("alice", "alice@example.com")
	ok(t, w.AdminConfirmSignUp(t.Context(), w.pool, "alice", nil))
	if x := w.get(sub); x.Status != directory.Confirmed || x.Attributes["email_verified"] != "false" {
		t.Errorf("%+v", x)
	}
	refused(t, w.AdminConfirmSignUp(t.Context(), w.pool, "alice", nil), fault.Denied, "", "User cannot be confirmed. Current status is CONFIRMED")
	refused(t, w.AdminConfirmSignUp(t.Context(), w.pool, "nobody", nil), fault.Missing, fault.User, "User does not exist.")
}

func TestAnAdministratorResetsAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	ok(t, w.AdminResetUserPassword(t.Context(), w.pool, "alice", nil))
	if w.get(x.ID).Status != directory.ResetRequired {
		t.Error("the old password is not dead: sign-in asks for the state, and it is unchanged")
	}
	ok(t, w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: w.mail("alice@example.com").Code, Password: "Another-Horse2"}))
	if w.get(x.ID).Status != directory.Confirmed || !w.has(x, "Another-Horse2") {
		t.Error("the new password does not count")
	}
	_, err := w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", Attributes: email("bob@example.com")})
	ok(t, err)
	refused(t, w.AdminResetUserPassword(t.Context(), w.pool, "bob", nil), fault.Denied, "", "User password cannot be reset in the current state.")
}

func TestAdminSetUserPasswordMovesTheState(t *testing.T) {
	t.Parallel()
	for _, from := range []directory.Status{
		directory.Unconfirmed, directory.Confirmed, directory.ForceChangePassword, directory.ResetRequired, directory.ExternalProvider,
	} {
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, byEmail(), directory.ClientSettings{})
			x, err := w.dir.Users.Create(t.Context(), w.pool, directory.NewUser{Username: "alice", Status: from, By: directory.ByAdmin}, false)
			ok(t, err)
			refused(t, w.AdminSetUserPassword(t.Context(), w.pool, "alice", "weak", true), fault.Invalid, fault.Password, "")
			ok(t, w.AdminSetUserPassword(t.Context(), w.pool, "alice", goodPassword, false))
			if w.get(x.ID).Status != directory.ForceChangePassword || !w.has(x, goodPassword) {
				t.Errorf("temporary: %s", w.get(x.ID).Status)
			}
			ok(t, w.AdminSetUserPassword(t.Context(), w.pool, "alice", goodPassword, true))
			if _, until, _ := w.dir.Passwords.State(t.Context(), w.pool.ID, x.ID); w.get(x.ID).Status != directory.Confirmed || !until.IsZero() {
				t.Errorf("permanent: %s until %v", w.get(x.ID).Status, until)
			}
		})
	}
}

func TestAnAdministratorChangesAttributes(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.VerifyBeforeUpdate = []string{"email"}
	w := newWorld(t, spec, directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	ok(t, w.AdminUpdateUserAttributes(t.Context(), w.pool, "alice", email("new@example.com"), nil))
	if y := w.get(x.ID); y.Attributes["email"] != "alice@example.com" || w.mails("new@example.com") != 1 {
		t.Errorf("%v", y.Attributes)
	}
	ok(t, w.AdminUpdateUserAttributes(t.Context(), w.pool, "alice", map[string]string{"email": "newer@example.com", "email_verified": "true"}, nil))
	if y := w.get(x.ID); y.Attributes["email"] != "newer@example.com" || y.Attributes["email_verified"] != "true" || w.mails("newer@example.com") != 0 {
		t.Errorf("%v", y.Attributes)
	}
	refused(t, w.AdminUpdateUserAttributes(t.Context(), w.pool, "nobody", nil, nil), fault.Missing, fault.User, "User does not exist.")
}

func TestADisabledUserLosesEverySession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	session := w.session(x)
	ok(t, w.Disable(t.Context(), w.pool, "alice"))
	if w.get(x.ID).Enabled || !w.revoked(session) || w.get(x.ID).Status != directory.Confirmed {
		t.Errorf("enabled %v, revoked %v", w.get(x.ID).Enabled, w.revoked(session))
	}
	_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	refused(t, err, fault.Denied, "", "User is disabled.")
	ok(t, w.Enable(t.Context(), w.pool, "alice"))
	if !w.get(x.ID).Enabled || !w.revoked(session) {
		t.Error("not enabled, or an ended session is back")
	}
}
