package signin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/otp"
)

// riddle is a custom sign-in: some right answers in a row, at most three wrong ones.
type riddle struct {
	wanted  int
	define  func(signin.CustomEvent) signin.Decision // nil: as the comment says
	secret  string
	public  map[string]string
	seen    *[]signin.CustomEvent // what Define saw
	nowhere bool                  // no pool has it
}

func (r riddle) Configured(*directory.Pool) bool { return !r.nowhere }

func (r riddle) Define(_ context.Context, e signin.CustomEvent) (signin.Decision, error) {
	if r.seen != nil {
		*r.seen = append(*r.seen, e)
	}
	if r.define != nil {
		return r.define(e), nil
	}
	right, wrong := 0, 0
	for _, s := range e.Steps {
		switch {
		case s.Challenge != signin.CustomChallenge:
		case s.Passed:
			right++
		default:
			wrong++
		}
	}
	switch {
	case wrong >= 3:
		return signin.Decision{Fail: true}, nil
	case right >= r.wanted:
		return signin.Decision{Tokens: true}, nil
	}
	return signin.Decision{Challenge: signin.CustomChallenge}, nil
}

func (r riddle) Create(_ context.Context, e signin.CustomEvent) (signin.CustomQuestion, error) {
	return signin.CustomQuestion{
		Public: r.public, Private: map[string]string{"answer": r.secret}, Metadata: "RIDDLE-" + string(rune('0'+len(e.Steps))),
	}, nil
}

func (r riddle) Verify(_ context.Context, _ signin.CustomEvent, private map[string]string, answer string) (bool, error) {
	if answer == "fail" {
		return false, fault.New(fault.Invalid, fault.Lambda, "VerifyAuthChallengeResponse failed with error no.")
	}
	return private["answer"] == answer, nil
}

var customFlow = client(func(c *directory.ClientSpec) {
	c.ExplicitAuthFlows = append([]string{"ALLOW_CUSTOM_AUTH"}, allFlows...)
})

func customWorld(t testing.TB, r riddle, options ...option) *world {
	t.Helper()
	w := newWorld(t, append(options, customFlow)...)
	if r.secret == "" {
		r.secret = "an egg"
	}
	w.build(signin.Hooks{Custom: r})
	return w
}

func (w *world) custom(name string, more ...string) (*signin.Answer, error) {
	params := map[string]string{"USERNAME": name}
	for i := 0; i+1 < len(more); i += 2 {
		params[more[i]] = more[i+1]
	}
	return w.start("CUSTOM_AUTH", params)
}

func (w *world) solve(a *signin.Answer, name, answer string) (*signin.Answer, error) {
	w.t.Helper()
	return w.reply(signin.CustomChallenge, a.Session, map[string]string{"USERNAME": name, "ANSWER": answer})
}

var customChallenge = outcome{challenge: signin.CustomChallenge}

func TestTriggersDefineASignIn(t *testing.T) {
	t.Parallel()
	var seen []signin.CustomEvent
	w := customWorld(t, riddle{wanted: 2, public: map[string]string{"riddle": "A box without hinges"}, seen: &seen})
	w.user("alice", directory.Confirmed)
	a, err := w.custom("alice")
	customChallenge.check(t, a, err)
	if a.Params["riddle"] != "A box without hinges" || a.Params["USERNAME"] != "alice" || strings.Contains(a.Session, "egg") {
		t.Errorf("parameters %v", a.Params)
	}
	_, err = w.solve(a, "alice", "")
	refused(t, err, fault.Invalid, "Missing required parameter ANSWER")
	b, err := w.solve(a, "alice", "a stone")
	customChallenge.check(t, b, err)
	_, err = w.solve(a, "alice", "an egg")
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
	c, err := w.solve(b, "alice", "an egg")
	customChallenge.check(t, c, err)
	d, err := w.solve(c, "alice", "an egg")
	signedIn(t, d, err)
	want := []signin.Step{
		{Challenge: signin.CustomChallenge, Metadata: "RIDDLE-0"},
		{Challenge: signin.CustomChallenge, Passed: true, Metadata: "RIDDLE-1"},
		{Challenge: signin.CustomChallenge, Passed: true, Metadata: "RIDDLE-2"},
	}
	for i, e := range seen {
		if diff := cmp.Diff(want[:i], append([]signin.Step{}, e.Steps...)); diff != "" {
			t.Errorf("call %d saw (-want +got):\n%s", i, diff)
		}
	}
	if len(seen) != 4 || seen[0].User == nil || seen[0].Login != "alice" {
		t.Errorf("%d calls, the first of %+v", len(seen), seen[0])
	}
}

func TestTheTriggerEndsASignIn(t *testing.T) {
	t.Parallel()
	w := customWorld(t, riddle{wanted: 1})
	w.user("alice", directory.Confirmed)
	a, err := w.custom("alice")
	for range 2 {
		customChallenge.check(t, a, err)
		a, err = w.solve(a, "alice", "a stone")
	}
	customChallenge.check(t, a, err)
	b, err := w.solve(a, "alice", "a stone")
	badPassword.check(t, b, err)
	_, err = w.solve(a, "alice", "an egg")
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

// passwordFirst is the usual custom sign-in with SRP: the password, a new one if that was temporary, then the riddle.
func passwordFirst(e signin.CustomEvent) signin.Decision {
	last := signin.Kind("")
	if len(e.Steps) > 0 {
		last = e.Steps[len(e.Steps)-1].Challenge
	}
	switch {
	case last == "SRP_A":
		return signin.Decision{Challenge: signin.PasswordVerifier}
	case last == signin.PasswordVerifier && e.User != nil && e.User.Status == directory.ForceChangePassword:
		return signin.Decision{Challenge: signin.NewPassword}
	case last == signin.CustomChallenge:
		return signin.Decision{Tokens: true}
	}
	return signin.Decision{Challenge: signin.CustomChallenge}
}

func (w *world) customSRP(name, pw string) (*signin.Answer, error) {
	w.t.Helper()
	c := srp.NewClient()
	a, err := w.custom(name, "CHALLENGE_NAME", "SRP_A", "SRP_A", c.PublicA())
	if err != nil {
		return nil, err
	}
	if a.Challenge != signin.PasswordVerifier {
		w.t.Fatalf("asked for %s", a.Challenge)
	}
	return w.reply(signin.PasswordVerifier, "", w.sign(c, a, pw))
}

func TestSRPComesBeforeTheRiddle(t *testing.T) {
	t.Parallel()
	var seen []signin.CustomEvent
	w := customWorld(t, riddle{define: passwordFirst, seen: &seen})
	w.user("alice", directory.Confirmed)
	a, err := w.customSRP("alice", wrong)
	badPassword.check(t, a, err)
	a, err = w.customSRP("alice", right)
	customChallenge.check(t, a, err)
	a, err = w.solve(a, "alice", "an egg")
	signedIn(t, a, err)
	want := []signin.Step{{Challenge: "SRP_A", Passed: true}, {Challenge: signin.PasswordVerifier, Passed: true},
		{Challenge: signin.CustomChallenge, Passed: true, Metadata: "RIDDLE-2"}}
	if diff := cmp.Diff(want, seen[len(seen)-1].Steps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for range 5 {
		_, _ = w.customSRP("alice", wrong)
	}
	a, err = w.customSRP("alice", right)
	exceeded.check(t, a, err)
}

func TestATemporaryPasswordIsReplacedBeforeTheRiddle(t *testing.T) {
	t.Parallel()
	w := customWorld(t, riddle{define: passwordFirst})
	w.user("alice", directory.ForceChangePassword)
	a, err := w.customSRP("alice", right)
	newPassword.check(t, a, err)
	a, err = w.reply(signin.NewPassword, a.Session, map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2"})
	customChallenge.check(t, a, err)
	a, err = w.solve(a, "alice", "an egg")
	signedIn(t, a, err)
}

// TestATemporaryPasswordAloneIsNotEnough: a trigger that forgets about it does not let it pass.
func TestATemporaryPasswordAloneIsNotEnough(t *testing.T) {
	t.Parallel()
	w := customWorld(t, riddle{define: func(e signin.CustomEvent) signin.Decision {
		if len(e.Steps) == 1 {
			return signin.Decision{Challenge: signin.PasswordVerifier}
		}
		return signin.Decision{Tokens: true}
	}})
	w.user("alice", directory.ForceChangePassword)
	a, err := w.customSRP("alice", right)
	newPassword.check(t, a, err)
	a, err = w.reply(signin.NewPassword, a.Session, map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2"})
	signedIn(t, a, err)
}

func TestATriggerMayAskForACode(t *testing.T) {
	t.Parallel()
	w, box := mfaWorld(t, directory.MFAConfig{Mode: "OFF", SMS: true}, directory.UserMFA{}, customFlow)
	r := riddle{secret: "an egg", define: func(e signin.CustomEvent) signin.Decision {
		return map[int]signin.Decision{0: {Challenge: signin.CustomChallenge}, 1: {Challenge: signin.SMSMFA}, 2: {Tokens: true}}[len(e.Steps)]
	}}
	w.build(signin.Hooks{Custom: r}, otp.SMS(box, w.keys, w.dir.Users))
	a, err := w.custom("alice")
	customChallenge.check(t, a, err)
	a, err = w.solve(a, "alice", "an egg")
	outcome{challenge: signin.SMSMFA}.check(t, a, err)
	a, err = w.reply(signin.SMSMFA, a.Session, map[string]string{"USERNAME": "alice", "SMS_MFA_CODE": last(t, box).Code})
	signedIn(t, a, err)
}

// TestCustomFlowsByStates is the table of who may begin and what becomes of them.
func TestCustomFlowsByStates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup                    func(*world)
		open, hidden, openSolved outcome
		hiddenSolved             outcome
	}{
		"confirmed": {func(w *world) { w.user("alice", directory.Confirmed) }, customChallenge, customChallenge, tokens, tokens},
		"temporary password": {func(w *world) { w.user("alice", directory.ForceChangePassword) },
			customChallenge, customChallenge, tokens, tokens},
		"unconfirmed": {func(w *world) { w.user("alice", directory.Unconfirmed) }, unconfirmed, customChallenge, outcome{}, unconfirmed},
		"reset required": {func(w *world) { w.user("alice", directory.ResetRequired) },
			mustReset, customChallenge, outcome{}, mustReset},
		"disabled": {func(w *world) { w.user("alice", directory.Confirmed, func(u *directory.User) { u.Enabled = false }) },
			disabled, customChallenge, outcome{}, disabled},
		"unknown": {func(*world) {}, noUser, customChallenge, outcome{}, badPassword},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, side := range []struct {
				options         []option
				begins, answers outcome
			}{{nil, c.open, c.openSolved}, {[]option{hides}, c.hidden, c.hiddenSolved}} {
				w := customWorld(t, riddle{wanted: 1}, side.options...)
				c.setup(w)
				a, err := w.custom("alice")
				side.begins.check(t, a, err)
				if err == nil {
					a, err = w.solve(a, "alice", "an egg")
					side.answers.check(t, a, err)
				}
			}
		})
	}
}

func TestNobodyNeverGetsTokens(t *testing.T) {
	t.Parallel()
	for _, d := range []signin.Decision{{Tokens: true}, {Challenge: signin.SMSMFA}, {Challenge: signin.NewPassword}, {Fail: true}} {
		w := customWorld(t, riddle{define: func(signin.CustomEvent) signin.Decision { return d }}, hides)
		a, err := w.custom("nobody")
		badPassword.check(t, a, err)
	}
}

func TestACustomSignInIsRefused(t *testing.T) {
	t.Parallel()
	unrecognizable := func(kind string) outcome {
		return outcome{kind: fault.Invalid, text: `Unrecognizable lambda output: the challenge "` + kind + `" cannot come here.`}
	}
	says := func(k signin.Kind) riddle {
		return riddle{define: func(signin.CustomEvent) signin.Decision { return signin.Decision{Challenge: k} }}
	}
	for name, c := range map[string]struct {
		riddle riddle
		more   []string
		want   outcome
	}{
		"no triggers":             {riddle{nowhere: true}, nil, outcome{kind: fault.Invalid, text: "Custom auth lambda trigger is not configured for the user pool."}},
		"SRP without A":           {riddle{}, []string{"CHALLENGE_NAME", "SRP_A"}, outcome{kind: fault.Invalid, text: "Missing required parameter SRP_A"}},
		"a name that is none":     {riddle{}, []string{"CHALLENGE_NAME", "MAGIC"}, outcome{kind: fault.Invalid, text: "CHALLENGE_NAME must be SRP_A."}},
		"a challenge of no kind":  {says("MAGIC"), nil, unrecognizable("MAGIC")},
		"no decision":             {says(""), nil, unrecognizable("")},
		"a password without A":    {says(signin.PasswordVerifier), nil, unrecognizable("PASSWORD_VERIFIER")},
		"a device that is not":    {says(signin.DeviceSRP), nil, unrecognizable("DEVICE_SRP_AUTH")},
		"a question of ten pages": {riddle{wanted: 1, secret: strings.Repeat("x", 3000)}, nil, outcome{kind: fault.Invalid, text: "The challenge is too large: its session has more than 2048 characters."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := customWorld(t, c.riddle)
			w.user("alice", directory.Confirmed)
			a, err := w.custom("alice", c.more...)
			c.want.check(t, a, err)
		})
	}
	w := customWorld(t, riddle{wanted: 1})
	w.user("alice", directory.Confirmed)
	a, err := w.custom("alice")
	w.check(err)
	_, err = w.solve(a, "alice", "fail")
	refused(t, err, fault.Invalid, "VerifyAuthChallengeResponse failed with error no.")
	b, err := w.solve(a, "alice", "an egg") // a trigger that failed has used nothing up
	signedIn(t, b, err)
}
