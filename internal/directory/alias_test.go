package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func TestANameBelongsToOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	insensitive := w.pool(directory.PoolSpec{CaseSensitive: noCase, AliasAttributes: []string{"preferred_username"}})
	alice := w.user(insensitive, "Alice", map[string]string{"preferred_username": "Ally"})
	for _, name := range []string{"Alice", "aLICE", alice.ID, "ally"} {
		_, err := w.Users.Create(t.Context(), insensitive, directory.NewUser{Username: name, By: directory.ByAdmin}, false)
		refused(t, err, fault.Exists, fault.Username, "User already exists")
	}
	bob := w.user(insensitive, "bob", nil)
	for _, value := range []string{"ALLY", "alice"} {
		_, _, err := w.Users.UpdateAttributes(t.Context(), insensitive, bob.ID, directory.Update{Values: map[string]string{"preferred_username": value}, By: directory.ByAdmin})
		refused(t, err, fault.Exists, fault.Alias, "User account already exists for the alias.")
	}
	mixed := w.pool(directory.PoolSpec{AliasAttributes: []string{"email", "phone_number", "preferred_username"}})
	eve := w.user(mixed, "eve", nil)
	for value, text := range map[string]string{
		"alice@example.com": "Username cannot be of email format, since user pool is configured for email alias.",
		"+15555550100":      "Username cannot be of phone number format, since user pool is configured for phone number alias.",
	} {
		_, _, err := w.Users.UpdateAttributes(t.Context(), mixed, eve.ID, directory.Update{Values: map[string]string{"preferred_username": value}, By: directory.ByAdmin})
		refused(t, err, fault.Invalid, "", text)
		_, err = w.Users.Create(t.Context(), mixed, directory.NewUser{Username: "mallory", By: directory.ByAdmin, Attributes: map[string]string{"preferred_username": value}}, false)
		refused(t, err, fault.Invalid, "", text)
	}
	sensitive := w.pool(directory.PoolSpec{})
	w.user(sensitive, "alice", nil)
	w.user(sensitive, "Alice", nil)
	byEmail := w.pool(directory.PoolSpec{UsernameAttributes: []string{"email"}, CaseSensitive: noCase})
	w.user(byEmail, "alice@example.com", nil)
	_, err := w.Users.Create(t.Context(), byEmail, directory.NewUser{Username: "Alice@Example.com", By: directory.ByAdmin}, false)
	refused(t, err, fault.Exists, fault.Username, "An account with the given email already exists.")
}

func TestAnAliasWorksOnceItIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"email", "preferred_username"}})
	first := w.user(p, "first", map[string]string{"email": "shared@example.com"})
	_, err := w.Users.Find(t.Context(), p, "shared@example.com")
	refused(t, err, fault.Missing, fault.User, "User does not exist.")
	verify := func(x *directory.User) error {
		if !x.Verify("email", "shared@example.com") {
			t.Error("the value is not there")
		}
		return nil
	}
	_, err = w.Users.Change(t.Context(), p, first.ID, verify)
	ok(t, err)
	found, err := w.Users.Find(t.Context(), p, "shared@example.com")
	ok(t, err)
	if found.ID != first.ID {
		t.Errorf("found %s", found.Username)
	}
	second := w.user(p, "second", map[string]string{"email": "shared@example.com"})
	_, err = w.Users.Change(t.Context(), p, second.ID, verify)
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
	_, err = w.Users.ChangeForcing(t.Context(), p, second.ID, verify)
	ok(t, err)
	found, err = w.Users.Find(t.Context(), p, "shared@example.com")
	ok(t, err)
	old, err := w.Users.Get(t.Context(), p.ID, first.ID)
	ok(t, err)
	if found.ID != second.ID || old.Attributes["email_verified"] != "false" {
		t.Errorf("found %s, the old owner is verified: %s", found.Username, old.Attributes["email_verified"])
	}
	if !slices.Contains(w.changes.seen[len(w.changes.seen)-2:], p.ID+"/"+first.ID) {
		t.Error("nobody was told that the old owner changed")
	}
	_, err = w.Users.Create(t.Context(), p, directory.NewUser{
		Username: "third", Attributes: map[string]string{"email": "shared@example.com", "email_verified": "true"}, By: directory.ByAdmin,
	}, false)
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
}

func TestAPreferredUsernameWorksOnceTheUserIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"preferred_username"}})
	x, err := w.Users.Create(t.Context(), p, directory.NewUser{
		Username: "alice", Attributes: map[string]string{"preferred_username": "ally"}, Status: directory.Unconfirmed, By: directory.ByAdmin,
	}, false)
	ok(t, err)
	_, err = w.Users.Find(t.Context(), p, "ally")
	refused(t, err, fault.Missing, fault.User, "")
	_, err = w.Users.SetStatus(t.Context(), p, x.ID, directory.Confirmed)
	ok(t, err)
	_, err = w.Users.Find(t.Context(), p, "ally")
	ok(t, err)
}

func TestEveryWriteIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	for name, write := range map[string]func() error{
		"attributes": func() error {
			_, _, err := w.Users.UpdateAttributes(t.Context(), p, x.ID, directory.Update{Values: map[string]string{"name": "A"}, By: directory.ByAdmin})
			return err
		},
		"enabled": func() error { _, err := w.Users.SetEnabled(t.Context(), p, x.ID, false); return err },
		"status":  func() error { _, err := w.Users.SetStatus(t.Context(), p, x.ID, directory.ResetRequired); return err },
		"MFA": func() error {
			_, err := w.Users.SetMFA(t.Context(), p, x.ID, directory.UserMFA{Preferred: "SMS_MFA"})
			return err
		},
		"sign-out": func() error { _, err := w.Users.SignOut(t.Context(), p, x.ID, w.now.Now()); return err },
		"touch":    func() error { _, err := w.Users.Touch(t.Context(), p, x.ID); return err },
	} {
		before := len(w.changes.seen)
		ok(t, write())
		if got := w.changes.seen[before:]; len(got) != 1 || got[0] != p.ID+"/"+x.ID {
			t.Errorf("%s: told %v", name, got)
		}
	}
	ok(t, w.Users.Delete(t.Context(), p.ID, x.ID))
	if last := w.changes.seen[len(w.changes.seen)-1]; last != p.ID+"/"+x.ID {
		t.Errorf("delete: told %s", last)
	}
}

func TestAnEmailThatIsAUsernameCannotBeTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{UsernameAttributes: []string{"email"}})
	w.user(p, "alice@example.com", nil)
	bob := w.user(p, "bob@example.com", nil)
	_, _, err := w.Users.UpdateAttributes(t.Context(), p, bob.ID, directory.Update{
		Values: map[string]string{"email": "alice@example.com", "email_verified": "true"}, By: directory.ByAdmin,
	})
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
	_, err = w.Users.DeleteAttributes(t.Context(), p, bob.ID, []string{"email"}, directory.ByAdmin, nil)
	refused(t, err, fault.Invalid, "", "")
	_, _, err = w.Users.UpdateAttributes(t.Context(), p, bob.ID, directory.Update{Values: map[string]string{"email": "robert@example.com"}, By: directory.ByAdmin})
	ok(t, err)
	if x, err := w.Users.Find(t.Context(), p, "robert@example.com"); err != nil || x.ID != bob.ID {
		t.Errorf("the new address does not work: %v", err)
	}
	if _, err := w.Users.Find(t.Context(), p, "bob@example.com"); err == nil {
		t.Error("the old address still works")
	}
}

// Whatever is written, in whatever order, an email finds at most the one user who has it verified.
func TestAliasesNeverFindTheWrongUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"email"}, CaseSensitive: noCase})
	emails := []string{"a@example.com", "A@example.com", "b@example.com"}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		var ids []string
		for i := range 3 {
			ids = append(ids, w.user(p, fmt.Sprintf("r%d-u%d", round, i), nil).ID)
		}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			id := rapid.SampledFrom(ids).Draw(rt, "who")
			values := map[string]string{"email": rapid.SampledFrom(append(emails, "")).Draw(rt, "email")}
			if v := rapid.SampledFrom([]string{"", "true", "false"}).Draw(rt, "verified"); v != "" {
				values["email_verified"] = v
			}
			if _, _, err := w.Users.UpdateAttributes(t.Context(), p, id, directory.Update{Values: values, By: directory.ByAdmin}); err != nil && fault.As(err).Kind != fault.Invalid {
				rt.Fatalf("%v: %v", values, err)
			}
		}
		for _, email := range emails {
			x, err := w.Users.Find(t.Context(), p, email)
			if err == nil && (!strings.EqualFold(x.Attributes["email"], email) || x.Attributes["email_verified"] != "true") {
				rt.Fatalf("%s finds %v", email, x.Attributes)
			}
		}
		for _, id := range ids {
			x, err := w.Users.Get(t.Context(), p.ID, id)
			if err != nil {
				rt.Fatal(err)
			}
			if x.Attributes["email_verified"] == "true" && x.Attributes["email"] != "" {
				if found, err := w.Users.Find(t.Context(), p, x.Attributes["email"]); err != nil || found.ID != id {
					rt.Fatalf("%s is verified for %s but finds somebody else: %v", x.Attributes["email"], id, err)
				}
			}
			if err := w.Users.Delete(t.Context(), p.ID, id); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
