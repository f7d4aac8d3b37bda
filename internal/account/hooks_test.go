package account_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func no(name string) *fault.Fault {
	return fault.Newf(fault.Invalid, fault.Lambda, "%s failed with error no.", name)
}

func TestPreSignUpRefusesBeforeAnybodyIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	var seen account.Event
	w.hooks.PreSignUp = func(_ context.Context, e account.Event) (account.Verdict, error) {
		seen = e
		return account.Verdict{}, no("PreSignUp")
	}
	in := account.SignUp{
		Caller: w.caller("alice"), Password: goodPassword, Attributes: map[string]string{"email": "alice@example.com"},
		ValidationData: map[string]string{"v": "1"},
	}
	in.ClientMetadata = map[string]string{"m": "2"}
	_, err := w.SignUp(t.Context(), in)
	refused(t, err, fault.Invalid, fault.Lambda, "PreSignUp failed with error no.")
	_, err = w.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", TemporaryPassword: goodPassword})
	refused(t, err, fault.Invalid, fault.Lambda, "PreSignUp failed with error no.")
	if seen.Client != nil || seen.Login != "bob" {
		t.Errorf("an administrator's doing looks like a client's: %+v", seen)
	}
	for _, name := range []string{"alice", "bob"} {
		_, err := w.dir.Users.Find(t.Context(), w.pool, name)
		refused(t, err, fault.Missing, fault.User, "")
	}
	if w.mails("alice@example.com") != 0 {
		t.Error("a refused sign-up sent a message")
	}
}

func TestPreSignUpMayConfirmAndVerify(t *testing.T) {
	t.Parallel()
	pool := byEmail()
	pool.AliasAttributes = []string{"email"}
	w := newWorld(t, pool, directory.ClientSettings{})
	old := w.member("alice", "alice@example.com")
	w.hooks.PreSignUp = func(context.Context, account.Event) (account.Verdict, error) {
		return account.Verdict{Confirm: true, VerifyEmail: true}, nil
	}
	var told []account.Event
	w.hooks.PostConfirmation = func(_ context.Context, e account.Event) error {
		told = append(told, e)
		return nil
	}
	out, err := w.SignUp(t.Context(), account.SignUp{
		Caller: w.caller("alice2"), Password: goodPassword, Attributes: map[string]string{"email": "alice@example.com"},
	})
	ok(t, err)
	if !out.Confirmed || out.Delivery != nil {
		t.Errorf("got %+v", out)
	}
	found, err := w.dir.Users.Find(t.Context(), w.pool, "alice@example.com")
	ok(t, err)
	if found.ID != out.UserID || found.Status != directory.Confirmed || found.Attributes["email_verified"] != "true" {
		t.Errorf("the alias leads to %+v", found)
	}
	if w.get(old.ID).Attributes["email_verified"] == "true" {
		t.Error("two people have the same verified alias")
	}
	if len(told) != 1 || told[0].User.ID != out.UserID || told[0].Reset {
		t.Errorf("post confirmation: %+v", told)
	}
}

func TestPostConfirmationIsToldOnceAndUndoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	var told []string
	w.hooks.PostConfirmation = func(_ context.Context, e account.Event) error {
		what := e.User.Username + " " + string(e.User.Status)
		if e.Reset {
			what += " reset"
		}
		told = append(told, what+" "+e.ClientMetadata["m"])
		return no("PostConfirmation")
	}
	metadata := map[string]string{"m": "x"}
	sub, code := w.signUp("alice", "alice@example.com")
	who := w.caller("alice")
	who.ClientMetadata = metadata
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: who, Code: wrong(code)}), fault.Mismatch, "", "")
	err := w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: who, Code: code})
	refused(t, err, fault.Invalid, fault.Lambda, "PostConfirmation failed with error no.")
	if w.get(sub).Status != directory.Confirmed {
		t.Error("a failed trigger took the confirmation back")
	}
	_, err = w.ForgotPassword(t.Context(), who)
	ok(t, err)
	reset := account.Reset{Caller: who, Code: w.mail("alice@example.com").Code, Password: "Another-Horse1"}
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Invalid, fault.Lambda, "")
	if !w.has(w.get(sub), "Another-Horse1") {
		t.Error("a failed trigger took the new password back")
	}
	w.signUp("bob", "bob@example.com")
	refused(t, w.AdminConfirmSignUp(t.Context(), w.pool, "bob", metadata), fault.Invalid, fault.Lambda, "")
	if diff := cmp.Diff([]string{"alice CONFIRMED x", "alice CONFIRMED reset x", "bob CONFIRMED x"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestWhoForgotTheirPasswordMayBeMigrated(t *testing.T) {
	t.Parallel()
	for _, settings := range []directory.ClientSettings{{}, hiding()} {
		w := newWorld(t, byEmail(), settings)
		w.hooks.Migrate = func(ctx context.Context, e account.Event) (*directory.User, error) {
			if e.Login == "nobody" {
				return nil, nil
			}
			x, err := w.dir.Users.Create(ctx, w.pool, directory.NewUser{
				Username: e.Login, Status: directory.ResetRequired, By: directory.BySystem,
				Attributes: map[string]string{"email": "old@example.com", "email_verified": "true"},
			}, false)
			return x, err
		}
		_, err := w.ForgotPassword(t.Context(), w.caller("old"))
		ok(t, err)
		ok(t, w.ConfirmForgotPassword(t.Context(), account.Reset{
			Caller: w.caller("old"), Code: w.mail("old@example.com").Code, Password: goodPassword,
		}))
		if _, err := w.ForgotPassword(t.Context(), w.caller("nobody")); settings.HideUserExistence == "" {
			refused(t, err, fault.Missing, fault.User, "")
		} else {
			ok(t, err)
		}
	}
}

func TestMessagesCarryWhatSendersNeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	x := w.member("alice", "alice@example.com")
	self := w.self(x)
	self.ClientMetadata = map[string]string{"m": "y"}
	_, err := w.UpdateUserAttributes(t.Context(), self, map[string]string{"email": "new@example.com"})
	ok(t, err)
	got := w.mail("new@example.com")
	if got.Attribute != "email" || got.Login != "alice" || got.ClientMetadata["m"] != "y" {
		t.Errorf("got %+v", got)
	}
}
