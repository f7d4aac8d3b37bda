package signin_test

import (
	"context"
	"encoding/base64"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
)

var fresh = map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2"}

// asked signs in a user with a temporary password, up to the question for a new one.
func asked(w *world) *signin.Answer {
	w.t.Helper()
	w.user("alice", directory.ForceChangePassword)
	a, err := w.withPassword("alice", right)
	w.check(err)
	return a
}

func TestASessionWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := asked(w)
	a, err := w.reply(signin.NewPassword, first.Session, fresh)
	signedIn(t, a, err)
	_, err = w.reply(signin.NewPassword, first.Session, fresh)
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

func TestOfTwoAnswersAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := asked(w)
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := w.machine.Respond(context.Background(), signin.Reply{
				Pool: w.pool, Client: w.client, Challenge: "NEW_PASSWORD_REQUIRED", Session: first.Session, Answers: fresh,
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Denied, "") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d answers gave tokens", won)
	}
}

func TestASessionExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(func(c *directory.ClientSpec) { c.SessionMinutes = 5 }))
	first := asked(w)
	w.clock.Advance(5*time.Minute - time.Second)
	_, err := w.reply(signin.NewPassword, first.Session, map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "short"})
	refused(t, err, fault.Invalid, "Password does not conform to policy: Password not long enough")
	w.clock.Advance(time.Second)
	_, err = w.reply(signin.NewPassword, first.Session, fresh)
	refused(t, err, fault.Denied, "Invalid session for the user, session is expired.")
}

func TestAnyNodeTakesTheNextStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := asked(w)
	w.build(signin.Hooks{}) // another node: same database and keys, nothing else
	a, err := w.reply(signin.NewPassword, first.Session, fresh)
	signedIn(t, a, err)
}

func TestASessionIsBoundToItsSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := asked(w)
	w.user("bob", directory.ForceChangePassword)
	other, err := w.dir.Clients.Create(t.Context(), directory.ClientSpec{ID: "client2", PoolID: poolID, ClientSettings: w.client.ClientSettings})
	w.check(err)
	with := func(change map[string]string) map[string]string {
		answers := maps.Clone(fresh)
		maps.Copy(answers, change)
		return answers
	}
	claims, err := w.claim("alice", right)
	w.check(err)
	for name, c := range map[string]struct {
		reply signin.Reply
		kind  fault.Kind
		text  string
	}{
		"garbage":           {signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Session: strings.Repeat("x", 40), Answers: fresh}, fault.Denied, "Invalid session for the user."},
		"none":              {signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Answers: fresh}, fault.Invalid, "Missing required parameter Session"},
		"one bit":           {signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Session: "B" + first.Session[1:], Answers: fresh}, fault.Denied, "Invalid session for the user."},
		"another client":    {signin.Reply{Client: other, Challenge: "NEW_PASSWORD_REQUIRED", Session: first.Session, Answers: fresh}, fault.Denied, "Invalid session for the user."},
		"another user":      {signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Session: first.Session, Answers: with(map[string]string{"USERNAME": "bob"})}, fault.Denied, "Invalid session for the user."},
		"no user":           {signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Session: first.Session, Answers: with(map[string]string{"USERNAME": ""})}, fault.Invalid, "Missing required parameter USERNAME"},
		"another challenge": {signin.Reply{Challenge: "PASSWORD", Session: first.Session, Answers: with(map[string]string{"PASSWORD": right})}, fault.Denied, "Invalid session for the user."},
		"no challenge":      {signin.Reply{Challenge: "MAGIC", Session: first.Session, Answers: fresh}, fault.Invalid, "Challenge MAGIC is not served by Cognate yet; see docs/standards.md"},
		"a secret block as a session": {
			signin.Reply{Challenge: "NEW_PASSWORD_REQUIRED", Session: base64.RawURLEncoding.EncodeToString(unblock(t, claims)), Answers: fresh},
			fault.Denied, "Invalid session for the user.",
		},
		"a session as a secret block": {
			signin.Reply{Challenge: "PASSWORD_VERIFIER", Answers: map[string]string{
				"USERNAME": "alice", "PASSWORD_CLAIM_SIGNATURE": "x", "TIMESTAMP": claims["TIMESTAMP"],
				"PASSWORD_CLAIM_SECRET_BLOCK": asBlock(t, first.Session),
			}}, fault.Denied, "Invalid session for the user.",
		},
	} {
		c.reply.Pool = w.pool
		if c.reply.Client == nil {
			c.reply.Client = w.client
		}
		_, err := w.machine.Respond(t.Context(), c.reply)
		t.Run(name, func(t *testing.T) { refused(t, err, c.kind, c.text) })
	}
	a, err := w.reply(signin.NewPassword, first.Session, fresh)
	signedIn(t, a, err)
}

func unblock(t *testing.T, answers map[string]string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func asBlock(t *testing.T, session string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(session)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestASecretBlockWorksOnce(t *testing.T) {
	t.Parallel()
	for name, pw := range map[string]string{"right": right, "wrong": wrong} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("alice", directory.Confirmed)
			answers, err := w.claim("alice", pw)
			w.check(err)
			a, err := w.reply(signin.PasswordVerifier, "", answers)
			if pw == right {
				signedIn(t, a, err)
			} else {
				badPassword.check(t, a, err)
			}
			_, err = w.reply(signin.PasswordVerifier, "", answers)
			refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
		})
	}
}

func TestAClaimIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world, map[string]string)
		kind   fault.Kind
		text   string
	}{
		"after a minute": {
			func(w *world, _ map[string]string) { w.clock.Advance(time.Minute) },
			fault.Denied, "Invalid session for the user, session is expired.",
		},
		"without a signature": {
			func(_ *world, a map[string]string) { delete(a, "PASSWORD_CLAIM_SIGNATURE") },
			fault.Invalid, "Missing required parameter PASSWORD_CLAIM_SIGNATURE",
		},
		"without a secret block": {
			func(_ *world, a map[string]string) { delete(a, "PASSWORD_CLAIM_SECRET_BLOCK") },
			fault.Invalid, "Missing required parameter PASSWORD_CLAIM_SECRET_BLOCK",
		},
		"without a timestamp": {
			func(_ *world, a map[string]string) { delete(a, "TIMESTAMP") },
			fault.Invalid, "Missing required parameter TIMESTAMP",
		},
		"with a timestamp of another form": {
			func(_ *world, a map[string]string) { a["TIMESTAMP"] = ourTime },
			fault.Invalid, "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
		},
		"with an old timestamp": {
			func(w *world, a map[string]string) {
				a["TIMESTAMP"] = srp.FormatTimestamp(w.clock.Now().Add(-time.Hour))
			},
			fault.Denied, "TIMESTAMP is too far from the current time.",
		},
		"with a timestamp that was not signed": {
			func(w *world, a map[string]string) {
				a["TIMESTAMP"] = srp.FormatTimestamp(w.clock.Now().Add(time.Second))
			},
			fault.Denied, "Incorrect username or password.",
		},
		"with the secret block of another exchange": {
			func(w *world, a map[string]string) {
				other, err := w.claim("alice", right)
				w.check(err)
				a["PASSWORD_CLAIM_SECRET_BLOCK"] = other["PASSWORD_CLAIM_SECRET_BLOCK"]
			},
			fault.Denied, "Incorrect username or password.",
		},
		"with another user's exchange": {
			func(w *world, a map[string]string) {
				w.user("bob", directory.Confirmed)
				a["USERNAME"] = "bob"
			},
			fault.Denied, "Invalid session for the user.",
		},
		"with a changed secret block": {
			func(_ *world, a map[string]string) {
				a["PASSWORD_CLAIM_SECRET_BLOCK"] = "AAAA" + a["PASSWORD_CLAIM_SECRET_BLOCK"][4:]
			},
			fault.Denied, "Invalid session for the user.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("alice", directory.Confirmed)
			answers, err := w.claim("alice", right)
			w.check(err)
			c.change(w, answers)
			_, err = w.reply(signin.PasswordVerifier, "", answers)
			refused(t, err, c.kind, c.text)
		})
	}
}

func TestLongNamesFitIntoASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := strings.Repeat("日", 128)
	w.user(name, directory.ForceChangePassword)
	a, err := w.withPassword(name, right)
	newPassword.check(t, a, err)
}

func TestADisabledUserCannotGoOn(t *testing.T) {
	t.Parallel()
	for _, o := range [][]option{nil, {hides}} {
		w := newWorld(t, o...)
		first := asked(w)
		alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
		w.check(err)
		_, err = w.dir.Users.SetEnabled(t.Context(), w.pool, alice.ID, false)
		w.check(err)
		_, err = w.reply(signin.NewPassword, first.Session, fresh)
		refused(t, err, fault.Denied, "User is disabled.")
		if ok, err := w.dir.Passwords.Verify(t.Context(), w.pool, alice, right); err != nil || !ok {
			t.Errorf("the password changed all the same: %v", err)
		}
	}
}

func TestADeletedUserCannotGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []option
		want    outcome
	}{"open": {nil, noUser}, "hidden": {[]option{hides}, badPassword}} {
		w := newWorld(t, c.options...)
		first := asked(w)
		alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
		w.check(err)
		w.check(w.dir.Users.Delete(t.Context(), poolID, alice.ID))
		a, err := w.reply(signin.NewPassword, first.Session, fresh)
		t.Run(name, func(t *testing.T) { c.want.check(t, a, err) })
	}
}

// FuzzReply: nobody but the machine makes a session or a secret block.
func FuzzReply(f *testing.F) {
	w := newWorld(f)
	first := asked(w)
	answers, err := w.claim("alice", right)
	w.check(err)
	f.Add("NEW_PASSWORD_REQUIRED", first.Session[:40], "alice", answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	f.Add("PASSWORD_VERIFIER", "", "alice", "AAAA")
	f.Add("PASSWORD", first.Session, "bob", "====")
	f.Fuzz(func(t *testing.T, challenge, session, username, block string) {
		if session == first.Session && challenge == "NEW_PASSWORD_REQUIRED" {
			return
		}
		a, err := w.machine.Respond(t.Context(), signin.Reply{
			Pool: w.pool, Client: w.client, Challenge: challenge, Session: session, Answers: map[string]string{
				"USERNAME": username, "NEW_PASSWORD": "Battery-Staple2", "PASSWORD": wrong, "PASSWORD_CLAIM_SECRET_BLOCK": block,
				"PASSWORD_CLAIM_SIGNATURE": block, "TIMESTAMP": answers["TIMESTAMP"],
			},
		})
		if err == nil {
			t.Errorf("a made-up reply was accepted: %+v", a)
		}
		if fault.As(err).Kind == fault.Internal {
			t.Errorf("outside input caused %v", err)
		}
	})
}
