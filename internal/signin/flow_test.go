package signin_test

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// outcome is what a sign-in ends with: a fault, a challenge, or tokens when both are empty.
type outcome struct {
	kind      fault.Kind
	text      string
	challenge signin.Kind
}

func (o outcome) check(t *testing.T, a *signin.Answer, err error) {
	t.Helper()
	switch {
	case o.kind != "":
		refused(t, err, o.kind, o.text)
	case err != nil:
		t.Errorf("got %v", err)
	case o.challenge != "":
		if a.Challenge != o.challenge || a.Tokens != nil || len(a.Session) < 20 || len(a.Session) > 2048 {
			t.Errorf("got challenge %q with a session of %d characters, want %s", a.Challenge, len(a.Session), o.challenge)
		}
	default:
		signedIn(t, a, err)
	}
}

var (
	tokens      = outcome{}
	newPassword = outcome{challenge: signin.NewPassword}
	badPassword = outcome{kind: fault.Denied, text: "Incorrect username or password."}
	noUser      = outcome{kind: fault.Missing, text: "User does not exist."}
	unconfirmed = outcome{kind: fault.Unconfirmed, text: "User is not confirmed."}
	disabled    = outcome{kind: fault.Denied, text: "User is disabled."}
	mustReset   = outcome{kind: fault.ResetRequired, text: "Password reset required for the user"}
	tooLate     = outcome{kind: fault.Denied, text: "Temporary password has expired and must be reset by an administrator."}
)

// TestFlowsByStates is the whole table: each password flow, each state of an account, the right and a wrong password,
// for clients that hide who exists and for those that do not.
func TestFlowsByStates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup                                          func(*world)
		openRight, openWrong, hiddenRight, hiddenWrong outcome
	}{
		"confirmed": {
			func(w *world) { w.user("alice", directory.Confirmed) },
			tokens, badPassword, tokens, badPassword,
		},
		"unconfirmed": {
			func(w *world) { w.user("alice", directory.Unconfirmed) },
			unconfirmed, unconfirmed, unconfirmed, badPassword,
		},
		"disabled": {
			func(w *world) { w.user("alice", directory.Confirmed, func(u *directory.User) { u.Enabled = false }) },
			disabled, disabled, disabled, badPassword,
		},
		"reset required": {
			func(w *world) { w.user("alice", directory.ResetRequired) },
			mustReset, mustReset, mustReset, badPassword,
		},
		"reset required without a password": {
			func(w *world) {
				w.check(w.dir.Passwords.Clear(w.t.Context(), w.pool, w.user("alice", directory.ResetRequired)))
			},
			mustReset, mustReset, badPassword, badPassword,
		},
		"temporary password": {
			func(w *world) { w.user("alice", directory.ForceChangePassword) },
			newPassword, badPassword, newPassword, badPassword,
		},
		"temporary password, expired": {
			func(w *world) { w.user("alice", directory.ForceChangePassword); w.clock.Advance(7 * 24 * time.Hour) },
			tooLate, badPassword, tooLate, badPassword,
		},
		"external provider": {
			func(w *world) {
				w.check(w.dir.Passwords.Clear(w.t.Context(), w.pool, w.user("alice", directory.ExternalProvider)))
			},
			badPassword, badPassword, badPassword, badPassword,
		},
		"unknown": {
			func(*world) {},
			noUser, noUser, badPassword, badPassword,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, hidden := newWorld(t), newWorld(t, hides)
			c.setup(open)
			c.setup(hidden)
			for _, side := range []struct {
				name         string
				w            *world
				right, wrong outcome
			}{{"open", open, c.openRight, c.openWrong}, {"hidden", hidden, c.hiddenRight, c.hiddenWrong}} {
				for flow, signIn := range side.w.flowsOf() {
					t.Run(side.name+" "+flow, func(t *testing.T) {
						a, err := signIn("alice", right)
						side.right.check(t, a, err)
						a, err = signIn("alice", wrong)
						side.wrong.check(t, a, err)
						side.w.clock.Advance(16 * time.Minute) // no failure of one flow locks the next
					})
				}
			}
		})
	}
}

func TestAStartIsRefused(t *testing.T) {
	t.Parallel()
	onlyPasswords := client(func(c *directory.ClientSpec) { c.ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH"} })
	publicOnly := client(func(c *directory.ClientSpec) { c.ExplicitAuthFlows = nil })
	for name, c := range map[string]struct {
		options []option
		admin   bool
		flow    string
		params  map[string]string
		want    outcome
	}{
		"no username": {nil, false, "USER_PASSWORD_AUTH", map[string]string{"PASSWORD": right},
			outcome{kind: fault.Invalid, text: "Missing required parameter USERNAME"}},
		"no password": {nil, false, "USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice"},
			outcome{kind: fault.Invalid, text: "Missing required parameter PASSWORD"}},
		"no A": {nil, false, "USER_SRP_AUTH", map[string]string{"USERNAME": "alice"},
			outcome{kind: fault.Invalid, text: "Missing required parameter SRP_A"}},
		"A is zero": {nil, false, "USER_SRP_AUTH", map[string]string{"USERNAME": "alice", "SRP_A": "0"},
			outcome{kind: fault.Invalid, text: "SRP_A is not a valid public value."}},
		"no refresh token": {nil, false, "REFRESH_TOKEN_AUTH", map[string]string{},
			outcome{kind: fault.Invalid, text: "Missing required parameter REFRESH_TOKEN"}},
		"flow not allowed": {[]option{publicOnly}, false, "USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right},
			outcome{kind: fault.Invalid, text: "USER_PASSWORD_AUTH flow not enabled for this client"}},
		"admin flow not allowed": {[]option{publicOnly}, true, "ADMIN_USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right},
			outcome{kind: fault.Invalid, text: "Auth flow not enabled for this client"}},
		"SRP not allowed": {[]option{onlyPasswords}, false, "USER_SRP_AUTH", map[string]string{"USERNAME": "alice", "SRP_A": "2"},
			outcome{kind: fault.Invalid, text: "USER_SRP_AUTH is not enabled for the client."}},
		"SRP not allowed, asked by an administrator": {[]option{onlyPasswords}, true, "USER_SRP_AUTH", map[string]string{"USERNAME": "alice", "SRP_A": "2"},
			outcome{kind: fault.Invalid, text: "USER_SRP_AUTH is not enabled for the client."}},
		"custom flow not allowed": {[]option{onlyPasswords}, false, "CUSTOM_AUTH", map[string]string{"USERNAME": "alice"},
			outcome{kind: fault.Invalid, text: "CUSTOM_AUTH is not enabled for the client."}},
		"refresh not allowed": {[]option{onlyPasswords}, false, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": "x"},
			outcome{kind: fault.Invalid, text: "REFRESH_TOKEN_AUTH flow not enabled for this client"}},
		"admin flow for everybody": {nil, false, "ADMIN_USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right},
			outcome{kind: fault.Invalid, text: "Initiate Auth method not supported."}},
		"public flow for admins": {nil, true, "USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right},
			outcome{kind: fault.Invalid, text: "Initiate Auth method not supported."}},
		"unknown flow": {nil, false, "MAGIC", map[string]string{"USERNAME": "alice"},
			outcome{kind: fault.Invalid, text: "Initiate Auth method not supported."}},
		"custom flow without triggers": {[]option{publicOnly}, false, "CUSTOM_AUTH", map[string]string{"USERNAME": "alice"},
			outcome{kind: fault.Invalid, text: "Custom auth lambda trigger is not configured for the user pool."}},
		"hash for a client without secret": {nil, false, "USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right, "SECRET_HASH": "x"},
			outcome{kind: fault.Denied, text: "Client client1 is configured without secret but secret hash was received"}},
		"garbage to refresh": {nil, false, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": "garbage"},
			outcome{kind: fault.Denied, text: "Invalid Refresh Token"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.options...)
			w.user("alice", directory.Confirmed)
			a, err := w.machine.Initiate(t.Context(), signin.Start{Pool: w.pool, Client: w.client, Admin: c.admin, Flow: c.flow, Params: c.params})
			c.want.check(t, a, err)
		})
	}
}

func TestSecretHashesAreCheckedInBothCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(func(c *directory.ClientSpec) { c.GenerateSecret = true }))
	w.user("alice", directory.ForceChangePassword)
	unverified := outcome{kind: fault.Denied, text: "Unable to verify secret hash for client client1"}
	absent := outcome{kind: fault.Denied, text: "Client client1 is configured with secret but SECRET_HASH was not received"}
	params := map[string]string{"USERNAME": "alice", "PASSWORD": right}

	a, err := w.start("USER_PASSWORD_AUTH", params)
	absent.check(t, a, err)
	params["SECRET_HASH"] = secretHash(w.client, "bob")
	a, err = w.start("USER_PASSWORD_AUTH", params)
	unverified.check(t, a, err)
	params["SECRET_HASH"] = secretHash(w.client, "alice")
	first, err := w.start("USER_PASSWORD_AUTH", params)
	newPassword.check(t, first, err)

	answers := map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2"}
	a, err = w.reply(signin.NewPassword, first.Session, answers)
	absent.check(t, a, err)
	answers["SECRET_HASH"] = secretHash(w.client, "bob")
	a, err = w.reply(signin.NewPassword, first.Session, answers)
	unverified.check(t, a, err)
	answers["SECRET_HASH"] = secretHash(w.client, "alice")
	a, err = w.reply(signin.NewPassword, first.Session, answers)
	signedIn(t, a, err)
}

func TestRefreshChecksTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(func(c *directory.ClientSpec) { c.GenerateSecret = true }))
	alice := w.user("alice", directory.Confirmed)
	a, err := w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right, "SECRET_HASH": secretHash(w.client, "alice")})
	signedIn(t, a, err)
	params := map[string]string{"REFRESH_TOKEN": a.Tokens.Refresh}
	_, err = w.start("REFRESH_TOKEN_AUTH", params)
	refused(t, err, fault.Denied, "Client client1 is configured with secret but SECRET_HASH was not received")
	params["SECRET_HASH"] = secretHash(w.client, "bob")
	_, err = w.start("REFRESH_TOKEN_AUTH", params)
	refused(t, err, fault.Denied, "Unable to verify secret hash for client client1")
	for _, name := range []string{"alice", alice.ID} {
		params["SECRET_HASH"] = secretHash(w.client, name)
		got, err := w.start("REFRESH_TOKEN", params)
		w.check(err)
		if got.Tokens == nil || got.Tokens.Refresh != "" {
			t.Errorf("refresh with the hash of %s gave %+v", name, got)
		}
	}
	_, err = w.machine.Refresh(t.Context(), signin.Renewal{Client: w.client, RefreshToken: a.Tokens.Refresh, ClientSecret: "x"})
	refused(t, err, fault.Denied, "Unable to verify secret hash for client client1")
	_, err = w.machine.Refresh(t.Context(), signin.Renewal{Client: w.client, RefreshToken: a.Tokens.Refresh})
	refused(t, err, fault.Denied, "Client client1 is configured for secret but secret was not received")
	_, err = w.machine.Refresh(t.Context(), signin.Renewal{
		Client: w.client, RefreshToken: a.Tokens.Refresh, ClientSecret: w.client.Secrets[0].Value,
	})
	w.check(err)
}

func TestARotatingClientMustUseTheNewOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, client(func(c *directory.ClientSpec) {
		c.Rotation = &directory.Rotation{Feature: "ENABLED"}
		c.ExplicitAuthFlows = allFlows[:3]
	}))
	w.user("alice", directory.Confirmed)
	a, err := w.withPassword("alice", right)
	signedIn(t, a, err)
	_, err = w.start("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": a.Tokens.Refresh})
	refused(t, err, fault.Unsupported, "This API does not support refresh token rotation")
	next, err := w.machine.Refresh(t.Context(), signin.Renewal{Client: w.client, RefreshToken: a.Tokens.Refresh})
	w.check(err)
	if next.Refresh == "" || next.Refresh == a.Tokens.Refresh {
		t.Error("the refresh token was not rotated")
	}
}

func TestPeopleSignInByTheirAliases(t *testing.T) {
	t.Parallel()
	no := false
	w := newWorld(t, pool(func(p *directory.PoolSpec) { p.AliasAttributes = []string{"email"}; p.CaseSensitive = &no }))
	w.user("alice", directory.Confirmed)
	for _, login := range []string{"alice", "Alice", "alice@example.com", "ALICE@example.com"} {
		for flow, signIn := range w.flowsOf() {
			a, err := signIn(login, right)
			if err != nil || a.Tokens == nil {
				t.Errorf("%s as %s: %v", flow, login, err)
			}
		}
	}
}
