package signin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// TestHooksAreCalledInOrder watches a whole sign-in.
func TestHooksAreCalledInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hides)
	w.user("alice", directory.ForceChangePassword)
	var seen []string
	note := func(name string) func(context.Context, signin.Event) error {
		return func(_ context.Context, e signin.Event) error {
			who := "nobody"
			if e.User != nil {
				who = e.User.Username
			}
			seen = append(seen, name+" "+who+" as "+e.Login)
			return nil
		}
	}
	w.build(signin.Hooks{PreAuthentication: note("pre"), PostAuthentication: note("post")})
	a, err := w.withPassword("alice", right)
	newPassword.check(t, a, err)
	_, err = w.reply(signin.NewPassword, a.Session, fresh)
	w.check(err)
	a, err = w.withPassword("nobody", right)
	badPassword.check(t, a, err)
	want := []string{"pre alice as alice", "post alice as alice", "pre nobody as nobody"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAHookCanRefuse(t *testing.T) {
	t.Parallel()
	no := fault.New(fault.Invalid, fault.Lambda, "PreAuthentication failed with error no.")
	refuse := func(context.Context, signin.Event) error { return no }
	for name, hooks := range map[string]signin.Hooks{"before": {PreAuthentication: refuse}, "after": {PostAuthentication: refuse}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("alice", directory.Confirmed)
			w.build(hooks)
			_, err := w.withPassword("alice", right)
			refused(t, err, no.Kind, no.Text)
		})
	}
}

func TestAMigratedUserSignsInAtOnce(t *testing.T) {
	t.Parallel()
	migrates := pool(func(p *directory.PoolSpec) {
		p.Lambda.ARNs = map[string]string{"UserMigration": "arn:aws:lambda:eu-west-1:123456789012:function:hook"}
	})
	for _, o := range [][]option{{migrates}, {migrates, hides}} {
		w := newWorld(t, o...)
		w.build(signin.Hooks{Migrate: func(_ context.Context, e signin.Event, password string) (*directory.User, error) {
			if e.Login != "alice" || password != right {
				return nil, nil
			}
			return w.user("alice", directory.Confirmed), nil
		}})
		a, err := w.withPassword("bob", right)
		if len(o) == 1 {
			noUser.check(t, a, err)
		} else {
			badPassword.check(t, a, err)
		}
		a, err = w.withPassword("alice", right)
		signedIn(t, a, err)
	}
}

// TestADueChallengeThatNobodyServesRefuses: a pool that demands a second factor never gives tokens without it.
func TestADueChallengeThatNobodyServesRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mfa  directory.MFAConfig
		user directory.UserMFA
		want outcome
	}{
		"off, switched on by the user":  {directory.MFAConfig{Mode: "OFF", SoftwareToken: true}, directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}}, tokens},
		"optional, not switched on":     {directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true}, directory.UserMFA{}, tokens},
		"optional, switched on":         {directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true}, directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}}, notServed(signin.SoftwareTokenMFA)},
		"required, nothing to use":      {directory.MFAConfig{Mode: "ON", SoftwareToken: true}, directory.UserMFA{}, notServed(signin.MFASetup)},
		"required, registered":          {directory.MFAConfig{Mode: "ON", SoftwareToken: true}, directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}}, notServed(signin.SoftwareTokenMFA)},
		"turned off after registration": {directory.MFAConfig{Mode: "OPTIONAL", SMS: true}, directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}}, notServed(signin.SoftwareTokenMFA)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.setMFA(c.mfa)
			w.user("alice", directory.Confirmed, func(u *directory.User) { u.MFA = c.user })
			for flow, signIn := range w.flowsOf() {
				a, err := signIn("alice", right)
				t.Run(flow, func(t *testing.T) { c.want.check(t, a, err) })
			}
		})
	}
}

func notServed(k signin.Kind) outcome {
	return outcome{kind: fault.Misconfigured, text: "This sign-in requires the challenge " + string(k) + ", which this server does not serve yet."}
}

// setMFA writes the pool's setting as it is, whatever the rules of the operation that sets it.
func (w *world) setMFA(c directory.MFAConfig) {
	w.t.Helper()
	w.check(w.store.UpdatePool(w.t.Context(), poolID, func(p *directory.Pool) error { p.MFA = c; return nil }))
	w.clock.Advance(2 * time.Second) // what is remembered of pools lives a second
	var err error
	w.pool, err = w.store.Pool(w.t.Context(), poolID)
	w.check(err)
}

func TestTokensTellTheEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	a, err := w.withSRP("alice", right)
	signedIn(t, a, err)
	var claims struct {
		EventID  string `json:"event_id"`
		AuthTime int64  `json:"auth_time"`
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(a.Tokens.ID, ".")[1])
	w.check(err)
	w.check(json.Unmarshal(body, &claims))
	if claims.EventID == "" || claims.AuthTime != w.clock.Now().Unix() {
		t.Errorf("claims %+v", claims)
	}
}

func TestTwoChallengesOfOneKindAreAMistake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.parts.Challenges = append(w.parts.Challenges, w.parts.Challenges[0])
	if _, err := signin.New(w.parts); err == nil {
		t.Error("the machine took two")
	}
}
