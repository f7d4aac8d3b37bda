package signin_test

import (
	"slices"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
)

func (w *world) enter(name, pw string) (*signin.Answer, error) {
	return w.machine.Enter(w.t.Context(), signin.Entry{Pool: w.pool, Client: w.client, Login: name, Password: pw})
}

func noFlows(c *directory.ClientSpec) { c.ExplicitAuthFlows = []string{"ALLOW_REFRESH_TOKEN_AUTH"} }

// TestPagesEndWithAPersonWhateverFlowsTheClientAllows: the pages are ours, the client's flows are for its own callers.
func TestPagesEndWithAPersonWhateverFlowsTheClientAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(noFlows), client(func(c *directory.ClientSpec) { c.GenerateSecret = true }))
	alice := w.user("alice", directory.Confirmed)
	a, err := w.enter("alice", right)
	w.check(err)
	if a.Proven == nil || a.Proven.User.ID != alice.ID || !slices.Equal(a.Proven.Trail, []signin.Kind{signin.Password}) || a.Tokens != nil {
		t.Errorf("got %+v", a)
	}
	_, err = w.enter("alice", wrong)
	refused(t, err, fault.Denied, "Incorrect username or password.")
	_, err = w.enter("alice", "")
	refused(t, err, fault.Invalid, "Missing required parameter PASSWORD")
	_, err = w.start("PAGES", map[string]string{"USERNAME": "alice", "PASSWORD": right})
	refused(t, err, fault.Invalid, "Initiate Auth method not supported.")
}

// TestSessionsOfPagesAndOfClientsAreNotEachOthers: the answer to the last challenge must be of the kind that was begun.
func TestSessionsOfPagesAndOfClientsAreNotEachOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.ForceChangePassword)
	answers := map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Another-Horse2"}
	onPages, err := w.enter("alice", right)
	w.check(err)
	_, err = w.reply(onPages.Challenge, onPages.Session, answers)
	refused(t, err, fault.Denied, "Invalid session for the user.")
	byClient, err := w.withPassword("alice", right)
	w.check(err)
	r := signin.Reply{
		Pool: w.pool, Client: w.client, Pages: true, Challenge: string(signin.NewPassword), Session: byClient.Session, Answers: answers,
	}
	_, err = w.machine.Respond(t.Context(), r)
	refused(t, err, fault.Denied, "Invalid session for the user.")
	r.Session = onPages.Session
	a, err := w.machine.Respond(t.Context(), r)
	w.check(err)
	if a.Proven == nil || !slices.Equal(a.Proven.Trail, []signin.Kind{signin.Password, signin.NewPassword}) {
		t.Errorf("got %+v", a)
	}
}

// TestWhoHasJustSignedUpStillMeetsTheSecondFactor: only the password is taken as given.
func TestWhoHasJustSignedUpStillMeetsTheSecondFactor(t *testing.T) {
	t.Parallel()
	w, _ := mfaWorld(t, byEmail, directory.UserMFA{})
	alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	entry := signin.Entry{Pool: w.pool, Client: w.client, Login: "alice"}
	a, err := w.machine.EnterConfirmed(t.Context(), entry, alice.ID)
	w.check(err)
	if a.Challenge != signin.EmailOTP || a.Proven != nil {
		t.Errorf("got %+v, want a code by email", a)
	}
	bob := w.user("bob", directory.Unconfirmed, func(x *directory.User) { x.Attributes = map[string]string{} })
	_, err = w.machine.EnterConfirmed(t.Context(), entry, bob.ID)
	refused(t, err, fault.Denied, "Incorrect username or password.")
}

// TestPagesOfferTheFirstFactorsOfAUser: where there is but the password it is asked for at once.
func TestPagesOfferTheFirstFactorsOfAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(func(c *directory.ClientSpec) {
		c.ExplicitAuthFlows = []string{"ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	}))
	w.user("alice", directory.Confirmed)
	w.build(signin.Hooks{}, choice.Select())
	a, err := w.machine.EnterByName(t.Context(), signin.Entry{Pool: w.pool, Client: w.client, Login: "alice"})
	w.check(err)
	if a.Challenge != signin.Password || !slices.Equal(a.Available, []string{"PASSWORD"}) {
		t.Fatalf("got %+v", a)
	}
	r := signin.Reply{
		Pool: w.pool, Client: w.client, Pages: true, Challenge: "PASSWORD", Session: a.Session, Answers: map[string]string{"USERNAME": "alice", "PASSWORD": wrong},
	}
	_, err = w.machine.Respond(t.Context(), r)
	refused(t, err, fault.Denied, "Incorrect username or password.")
	r.Answers["PASSWORD"] = right
	a, err = w.machine.Respond(t.Context(), r)
	w.check(err)
	if a.Proven == nil || a.Proven.User.Username != "alice" {
		t.Errorf("got %+v", a)
	}
	closed := *w.client
	closed.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"}
	_, err = w.machine.EnterByName(t.Context(), signin.Entry{Pool: w.pool, Client: &closed, Login: "alice"})
	refused(t, err, fault.Invalid, "USER_AUTH flow not enabled for this client")
}
