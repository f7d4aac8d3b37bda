package signin_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
)

// TestUnknownUsersCostOneHash counts password hashes: every answer to a password in clear takes exactly one, whoever
// asks, or time would tell who exists.
func TestUnknownUsersCostOneHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hides)
	w.user("alice", directory.Confirmed)
	w.check(w.dir.Passwords.Clear(t.Context(), w.pool, w.user("bob", directory.ResetRequired)))
	w.user("carol", directory.Confirmed, func(u *directory.User) { u.Enabled = false })
	w.user("dave", directory.Unconfirmed)
	for _, login := range []string{"alice", "bob", "carol", "dave", "nobody"} {
		for _, flow := range []string{"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"} {
			before := w.hashes.verified.Load() + w.hashes.burned.Load()
			a, err := w.flowsOf()[flow](login, wrong)
			badPassword.check(t, a, err)
			if n := w.hashes.verified.Load() + w.hashes.burned.Load() - before; n != 1 {
				t.Errorf("%s for %s took %d hashes, want 1", flow, login, n)
			}
		}
	}
	if w.hashes.burned.Load() != 2 {
		t.Errorf("%d hashes were burned, want 2 for nobody", w.hashes.burned.Load())
	}
}

// TestWrongPasswordsAreCountedForNobody: a write to the disk takes time as well.
func TestWrongPasswordsAreCountedForNobody(t *testing.T) {
	t.Parallel()
	for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH"} {
		w := newWorld(t, hides)
		store := &countedStore{Store: w.store}
		w.parts.Store = store
		var err error
		w.machine, err = signin.New(w.parts)
		w.check(err)
		w.user("alice", directory.Confirmed)
		var calls [2]countedStore
		for i, login := range []string{"alice", "nobody"} {
			*store = countedStore{Store: w.store}
			a, err := w.flowsOf()[flow](login, wrong)
			badPassword.check(t, a, err)
			calls[i] = *store
		}
		if calls[0] != calls[1] {
			t.Errorf("%s: for a user %+v, for nobody %+v", flow, calls[0], calls[1])
		}
	}
}

func TestASimulatedChallengeLooksReal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change      func(*directory.PoolSpec)
		real, login string
		id          string // pattern of USER_ID_FOR_SRP
	}{
		"plain":    {func(*directory.PoolSpec) {}, "alice", "erika", `^(alice|erika)$`},
		"by email": {func(p *directory.PoolSpec) { p.UsernameAttributes = []string{"email"} }, "alice@example.com", "erika@example.com", `^[0-9a-f-]{36}$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, hides, pool(c.change))
			w.user(c.real, directory.Confirmed)
			shape := func(login string) map[string]string {
				a, err := w.start("USER_SRP_AUTH", map[string]string{"USERNAME": login, "SRP_A": srp.NewClient().PublicA()})
				w.check(err)
				if a.Challenge != signin.PasswordVerifier || a.Session != "" {
					t.Errorf("challenge %q, session %q", a.Challenge, a.Session)
				}
				return a.Params
			}
			known, invented := shape(c.real), shape(c.login)
			for _, p := range []map[string]string{known, invented} {
				for name, pattern := range map[string]string{
					"SALT": `^[0-9a-f]{32}$`, "SRP_B": `^[0-9a-f]{700,768}$`, "SECRET_BLOCK": `^[A-Za-z0-9+/]{300,}={0,2}$`,
					"USER_ID_FOR_SRP": c.id, "USERNAME": c.id,
				} {
					if !regexp.MustCompile(pattern).MatchString(p[name]) {
						t.Errorf("%s is %q", name, p[name])
					}
				}
				if len(p) != 5 || p["USERNAME"] != p["USER_ID_FOR_SRP"] {
					t.Errorf("parameters %v", p)
				}
			}
			if len(known["SECRET_BLOCK"]) != len(invented["SECRET_BLOCK"]) {
				t.Errorf("secret blocks of %d and %d characters tell apart", len(known["SECRET_BLOCK"]), len(invented["SECRET_BLOCK"]))
			}
			again := shape(c.login)
			for _, stable := range []string{"SALT", "USER_ID_FOR_SRP"} {
				if again[stable] != invented[stable] {
					t.Errorf("%s changes from one try to the next", stable)
				}
			}
			if again["SRP_B"] == invented["SRP_B"] {
				t.Error("SRP_B is the same twice")
			}
		})
	}
}

// TestAUserWithoutVerifierLooksLikeAnyOther: imported users have none until they sign in with their password.
func TestAUserWithoutVerifierLooksLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.check(w.store.DropSRP(t.Context(), poolID))
	a, err := w.withSRP("alice", right)
	badPassword.check(t, a, err)
	a, err = w.withPassword("alice", right)
	signedIn(t, a, err)
	a, err = w.withSRP("alice", right)
	signedIn(t, a, err)
}

func TestSRPVerifiesTokensAsPasswordsDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	a, err := w.withSRP("alice", right)
	signedIn(t, a, err)
	if diff := cmp.Diff(map[string]string(nil), a.Params); diff != "" {
		t.Error(diff)
	}
}
