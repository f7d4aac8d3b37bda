package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

func TestANewAddressIsUsedAtOnceAndVerifiedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	got, err := w.UpdateUserAttributes(t.Context(), w.self(x), map[string]string{"email": "new@example.com", "name": "Alice", "phone_number": "+15555550100"})
	ok(t, err)
	if diff := cmp.Diff([]account.Delivery{{Destination: "n***@e***", Medium: message.Email, Attribute: "email"}}, got); diff != "" {
		t.Error(diff)
	}
	if y := w.get(x.ID); y.Attributes["email"] != "new@example.com" || y.Attributes["email_verified"] != "false" || y.Attributes["name"] != "Alice" {
		t.Errorf("%v", y.Attributes)
	}
	m := w.mail("new@example.com")
	if m.Purpose != message.UpdateAttribute || w.mails("+15555550100") != 0 {
		t.Errorf("%+v", m)
	}
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(x), "email", wrong(m.Code)), fault.Mismatch, "", "Invalid verification code provided, please try again.")
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(x), "phone_number", m.Code), fault.Expired, "", "Invalid code provided, please request a code again.")
	ok(t, w.VerifyUserAttribute(t.Context(), w.self(x), "email", m.Code))
	if y := w.get(x.ID); y.Attributes["email_verified"] != "true" {
		t.Errorf("%v", y.Attributes)
	}
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(x), "email", m.Code), fault.Expired, "", "")
}

func TestTheOldAddressStaysUntilTheNewOneIsVerified(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.VerifyBeforeUpdate, spec.AliasAttributes = []string{"email"}, []string{"email"}
	w := newWorld(t, spec, directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	_, err := w.UpdateUserAttributes(t.Context(), w.self(x), map[string]string{"email": "new@example.com"})
	ok(t, err)
	if y := w.get(x.ID); y.Attributes["email"] != "alice@example.com" || y.Attributes["email_verified"] != "true" {
		t.Errorf("the old address is gone: %v", y.Attributes)
	}
	d, err := w.GetUserAttributeVerificationCode(t.Context(), w.self(x), "email")
	ok(t, err)
	if d.Destination != "n***@e***" {
		t.Errorf("the code went to %s", d.Destination)
	}
	ok(t, w.VerifyUserAttribute(t.Context(), w.self(x), "email", w.mail("new@example.com").Code))
	if y := w.get(x.ID); y.Attributes["email"] != "new@example.com" || y.Attributes["email_verified"] != "true" || len(y.Pending) != 0 {
		t.Errorf("%v, pending %v", y.Attributes, y.Pending)
	}
	if _, err := w.dir.Users.Find(t.Context(), w.pool, "alice@example.com"); err == nil {
		t.Error("the old address still finds the user")
	}
}

func TestAnAddressOfSomebodyElseCannotBeVerified(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.AliasAttributes = []string{"email"}
	w := newWorld(t, spec, directory.ClientSettings{})
	alice := w.member("alice", "alice@example.com")
	bob := w.member("bob", "bob@example.com")
	_, err := w.UpdateUserAttributes(t.Context(), w.self(bob), map[string]string{"email": "alice@example.com"})
	ok(t, err)
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(bob), "email", w.mail("alice@example.com").Code), fault.Exists, fault.Alias, "An account with the given email already exists.")
	found, err := w.dir.Users.Find(t.Context(), w.pool, "alice@example.com")
	ok(t, err)
	if found.ID != alice.ID {
		t.Error("the address moved")
	}
}

func TestACodeForAnEarlierAddressVerifiesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	_, err := w.UpdateUserAttributes(t.Context(), w.self(x), map[string]string{"email": "mine@example.com"})
	ok(t, err)
	code := w.mail("mine@example.com").Code
	// The attack: prove one address, own another. Setting it without a code must not help.
	_, _, err = w.dir.Users.UpdateAttributes(t.Context(), w.pool, x.ID, directory.Update{
		Values: map[string]string{"email": "theirs@example.com"}, By: directory.ByClient, Client: w.client,
	})
	ok(t, err)
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(x), "email", code), fault.Expired, "", "")
	if w.get(x.ID).Attributes["email_verified"] != "false" {
		t.Error("somebody else's address is verified")
	}
}

func TestOnlyAddressesAreVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	_, err := w.GetUserAttributeVerificationCode(t.Context(), w.self(x), "name")
	refused(t, err, fault.Invalid, "", "")
	_, err = w.GetUserAttributeVerificationCode(t.Context(), w.self(x), "phone_number")
	refused(t, err, fault.Invalid, "", "")
	refused(t, w.VerifyUserAttribute(t.Context(), w.self(x), "custom:x", "123456"), fault.Invalid, "", "")
	_, err = w.UpdateUserAttributes(t.Context(), w.self(x), map[string]string{"email_verified": "true"})
	refused(t, err, fault.Invalid, "", "Cannot modify the non-mutable attribute email_verified")
}

func TestSigningOutEverywhereEndsTheSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	session := w.session(x)
	ok(t, w.GlobalSignOut(t.Context(), w.pool, x.ID))
	if !w.revoked(session) || !w.get(x.ID).SignedOutAt.Equal(w.now.Now()) {
		t.Errorf("revoked %v, signed out at %v", w.revoked(session), w.get(x.ID).SignedOutAt)
	}
	ok(t, w.Delete(t.Context(), w.pool, x.ID))
	_, err := w.dir.Users.Get(t.Context(), w.pool.ID, x.ID)
	refused(t, err, fault.Missing, fault.User, "User does not exist.")
}
