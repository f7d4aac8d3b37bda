package account_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
)

func TestNobodyIsNamedWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	const text = "Username/client id combination not found."
	_, err := w.ForgotPassword(t.Context(), w.caller("nobody"))
	refused(t, err, fault.Missing, fault.User, text)
	_, err = w.ResendConfirmationCode(t.Context(), w.caller("nobody"))
	refused(t, err, fault.Missing, fault.User, text)
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("nobody"), Code: "123456"}), fault.Missing, fault.User, text)
	refused(t, w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("nobody"), Code: "123456", Password: goodPassword}), fault.Missing, fault.User, text)
	_, err = w.ForgotPassword(t.Context(), account.Caller{ClientID: "unknown", Username: "nobody"})
	refused(t, err, fault.Missing, "", "User pool client unknown does not exist.")
}

func TestACallerMayAskToHideWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), directory.ClientSettings{})
	nobody := w.caller("nobody")
	nobody.Hide = true
	d, err := w.ForgotPassword(t.Context(), nobody)
	ok(t, err)
	if d == nil || d.Destination == "" {
		t.Errorf("got %v, want an invented delivery", d)
	}
	refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: nobody, Code: "123456"}), fault.Mismatch, "",
		"Invalid verification code provided, please try again.")
}

// An attacker who tries names at a client that hides users learns nothing from any answer, however often they ask.
func TestRecoveryDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{
		Settings: directory.Settings{AutoVerified: []string{"email"}}, UsernameAttributes: []string{"email"},
	}, hiding())
	w.member("real@example.com", "real@example.com")
	w.member("off@example.com", "off@example.com")
	ok(t, w.Disable(t.Context(), w.pool, "off@example.com"))
	odd := w.member("odd@example.com", "odd@example.com")
	_, err := w.dir.Users.SetStatus(t.Context(), w.pool, odd.ID, directory.ForceChangePassword)
	ok(t, err)
	// Nothing is said of a message that cannot be sent, either.
	w.fill(true)
	answers := func(name string) (out []string) {
		say := func(d *account.Delivery, err error) {
			if d != nil {
				out = append(out, fmt.Sprintf("%+v", *d))
			}
			out = append(out, fmt.Sprint(err))
		}
		confirm := func() {
			say(nil, w.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller(name), Code: "none", Password: "Another-Horse2"}))
		}
		confirm()
		say(w.ForgotPassword(t.Context(), w.caller(name)))
		confirm()
		for range 20 {
			say(w.ForgotPassword(t.Context(), w.caller(name)))
		}
		confirm()
		return out
	}
	want := answers("real@example.com")
	for _, name := range []string{"nobody@example.com", "off@example.com", "odd@example.com"} {
		got := answers(name)
		for i := range got { // the masked name differs as the names do
			got[i] = replaceInitial(got[i], name[:1], "r")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is told from a real user: %s", name, diff)
		}
	}
	w.outbox.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.failed) == 0 {
		t.Error("nobody was told that the messages could not be sent")
	}
}

func replaceInitial(text, from, to string) string {
	const field = "Destination:"
	if len(text) > len(field)+1 && text[1:len(field)+1] == field && text[len(field)+1:len(field)+2] == from {
		return text[:len(field)+1] + to + text[len(field)+2:]
	}
	return text
}

func TestConfirmationDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), hiding())
	w.signUp("alice", "alice@example.com")
	for _, name := range []string{"alice", "nobody"} {
		refused(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller(name), Code: "none"}), fault.Mismatch, "", "Invalid verification code provided, please try again.")
		for range 5 {
			d, err := w.ResendConfirmationCode(t.Context(), w.caller(name))
			ok(t, err)
			if d.Medium != message.Email || d.Attribute != "email" || len(d.Destination) != len("a***@e***") {
				t.Errorf("%s: %+v", name, d)
			}
		}
		_, err := w.ResendConfirmationCode(t.Context(), w.caller(name))
		refused(t, err, fault.Limited, "", "")
	}
}

func TestOnlyWhoKnowsADeadCodeLearnsThatItIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), hiding())
	w.member("alice", "alice@example.com")
	_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	code := w.mail("alice@example.com").Code
	w.now.Advance(time.Hour)
	reset := account.Reset{Caller: w.caller("alice"), Code: wrong(code), Password: "Another-Horse2"}
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Mismatch, "", "")
	reset.Code = code
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Expired, "", "")
}

// Without the code, the history must not say whether a guessed password was ever right.
func TestTheHistoryIsNoOracle(t *testing.T) {
	t.Parallel()
	spec := byEmail()
	spec.PasswordPolicy = password.Policy{MinimumLength: 8, HistorySize: 5}
	w := newWorld(t, spec, directory.ClientSettings{})
	w.member("alice", "alice@example.com")
	_, err := w.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	code := w.mail("alice@example.com").Code
	reset := account.Reset{Caller: w.caller("alice"), Code: wrong(code), Password: goodPassword}
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Mismatch, "", "")
	reset.Code = code
	refused(t, w.ConfirmForgotPassword(t.Context(), reset), fault.Invalid, fault.PasswordHistory, "")
	reset.Password = "Another-Horse2"
	ok(t, w.ConfirmForgotPassword(t.Context(), reset)) // the refusal did not use the code up
}

func TestAnInventedDeliveryIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	spec := directory.PoolSpec{Settings: directory.Settings{AutoVerified: []string{"phone_number"}}}
	w := newWorld(t, spec, hiding())
	seen := map[string]bool{}
	for _, name := range []string{"nobody", "no-one", "+15555550100", "n@example.com"} {
		first, err := w.ForgotPassword(t.Context(), w.caller(name))
		ok(t, err)
		again, err := w.ForgotPassword(t.Context(), w.caller(name))
		ok(t, err)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if (first.Medium == message.Email) != (name == "n@example.com") {
			t.Errorf("%s: %+v", name, first)
		}
		seen[first.Destination] = true
	}
	if len(seen) < 3 {
		t.Errorf("different names get the same destinations: %v", seen)
	}
	if w.mails("") != 0 {
		t.Error("something was sent")
	}
}

// slow is a sender that does not return before it is let go.
type slow struct{ release chan struct{} }

func (s slow) Send(ctx context.Context, _ message.Message) error {
	<-s.release
	return nil
}

func TestAHiddenAnswerDoesNotWaitForTheMailServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byEmail(), hiding())
	w.member("alice", "alice@example.com")
	s := slow{make(chan struct{})}
	out := outbox.New(outbox.Parts{Store: w.store, Keys: keysOf(t), Delivery: s, Now: w.now.Now})
	patient := account.New(account.Parts{
		Directory: w.dir, Tx: w.store, Codes: w.store, Sessions: w.store, Post: out, Keys: keysOf(t), Now: w.now.Now,
	})
	_, err := patient.ForgotPassword(t.Context(), w.caller("alice"))
	ok(t, err)
	close(s.release)
	out.Wait()
}
