package arrival_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store/storetest"
)

// cluster is the PostgreSQL server of these tests.
var cluster storetest.Cluster

func TestMain(m *testing.M) {
	code := m.Run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// TestWhatAProviderSaysIsWrittenEachTime fails when a profile is not what the provider says now, or loses what it no longer says.
func TestWhatAProviderSaysIsWrittenEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.comes()
	if first.Username != "Corp_alice" || first.Status != directory.ExternalProvider || !first.Enabled {
		t.Errorf("%+v", first)
	}
	groups, err := w.Directory.Groups.OfUser(t.Context(), poolID, first.ID)
	if err != nil || len(groups) != 1 || groups[0].Name != "eu-west-1_Pool00001_Corp" {
		t.Errorf("in the groups %v, %v", groups, err)
	}
	again := w.comes("name", "Alice Liddell", "email", "", "email_verified", "")
	want := map[string]string{"email": "alice@example.com", "email_verified": "true", "name": "Alice Liddell", "identities": first.Attributes["identities"]}
	if diff := cmp.Diff(want, again.Attributes); diff != "" || again.ID != first.ID {
		t.Errorf("%s: %s", again.ID, diff)
	}
	moved := w.comes("email", "new@example.com", "email_verified", "")
	if moved.Attributes["email"] != "new@example.com" || moved.Attributes["email_verified"] != "false" {
		t.Errorf("an address that nobody vouches for: %v", moved.Attributes)
	}
}

// TestWhoComesTwiceAtOnceIsOneUser fails when two browsers of one person make two users, or one of them is turned away.
func TestWhoComesTwiceAtOnceIsOneUser(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": cluster.Database,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, storetest.Store(t, database(t)))
			const n = 8
			var group sync.WaitGroup
			ids, errs := make([]string, n), make([]error, n)
			for i := range n {
				group.Go(func() {
					x, err := w.enter()
					if errs[i] = err; err == nil {
						ids[i] = x.ID
					}
				})
			}
			group.Wait()
			for i := range n {
				if errs[i] != nil || ids[i] != ids[0] {
					t.Errorf("sign-in %d: %s, %v; the first is %s", i, ids[i], errs[i], ids[0])
				}
			}
		})
	}
}

// TestAProfileThatIsGoneIsMadeAnew fails when somebody who was deleted comes back as who they were.
func TestAProfileThatIsGoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.comes()
	w.check(w.Directory.Users.Delete(t.Context(), poolID, first.ID))
	if again := w.comes(); again.ID == first.ID || again.Username != first.Username {
		t.Errorf("%+v after %+v", again, first)
	}
}

func refused(t *testing.T, what string, err error, kind fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, kind, "") || fault.As(err).Text != text {
		t.Errorf("%s: %v, want %s: %s", what, err, kind, text)
	}
}

// TestWhoIsTurnedAway has one row for each reason; nothing is written then.
func TestWhoIsTurnedAway(t *testing.T) {
	t.Parallel()
	required := func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		p.Schema = append(p.Schema, directory.AttributeSpec{Name: "given_name", Type: "String", Required: true, Mutable: new(true)})
	}
	folds := func(p *directory.PoolSpec, _ *directory.ClientSettings) { p.CaseSensitive = new(false) }
	for name, c := range map[string]struct {
		with   option
		before func(*world)
		change []string
		kind   fault.Kind
		text   string
	}{
		"a required attribute is missing": {with: required, kind: fault.Invalid, text: "attributes required: [given_name]"},
		"a disabled user": {before: func(w *world) {
			_, err := w.Directory.Users.SetEnabled(w.t.Context(), w.pool, w.comes().ID, false)
			w.check(err)
		}, change: []string{"name", "changed"}, kind: fault.Denied, text: "User is disabled."},
		"a disabled user whom an identity is linked to": {before: func(w *world) {
			x := w.user("bob", nil)
			w.link("bob", federation.Subject, "alice")
			_, err := w.Directory.Users.SetEnabled(w.t.Context(), w.pool, x.ID, false)
			w.check(err)
		}, change: []string{"name", "changed"}, kind: fault.Denied, text: "User is disabled."},
		"another spelling in a pool that ignores case": {with: folds, before: func(w *world) { w.comes("sub", "ALICE") },
			change: []string{"name", "changed"}, kind: fault.Invalid, text: "Invalid ProviderName/Username combination. Please check again"},
		"a name that is none": {change: []string{"sub", "a b"}, kind: fault.Invalid, text: "Invalid ProviderName/Username combination. Please check again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options []option
			if c.with != nil {
				options = append(options, c.with)
			}
			w := newWorld(t, options...)
			if c.before != nil {
				c.before(w)
			}
			w.Hooks.PreAuthentication = func(context.Context, signin.Event) error { t.Error("asked before"); return nil }
			_, err := w.enter(c.change...)
			refused(t, name, err, c.kind, c.text)
			if x, err := w.Directory.Users.Find(t.Context(), w.pool, "Corp_alice"); err == nil && x.Attributes["name"] == "changed" {
				t.Errorf("and yet is changed: %v", x.Attributes)
			}
		})
	}
}

// TestALinkIsFollowed fails when a linked identity becomes a user of its own, takes the password away, or does not bring its
// attributes along.
func TestALinkIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.user("bob", map[string]string{"email": "bob@example.com"})
	w.link("bob", "email", "alice@example.com")
	first := w.comes()
	if first.ID != bob.ID || first.Username != "bob" || first.Status != directory.Confirmed || first.Attributes["email"] != "alice@example.com" {
		t.Errorf("%+v", first)
	}
	if again := w.comes("email", "else@example.com"); again.ID != bob.ID { // by the subject now
		t.Errorf("%+v", again)
	}
	if _, err := w.Directory.Users.Find(t.Context(), w.pool, "Corp_alice"); !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("there is a second user: %v", err)
	}
	if stranger := w.comes("sub", "mallory"); stranger.ID == bob.ID {
		t.Error("the address that was linked lets in a second person")
	}
	w.check(w.federation.Links.Unlink(t.Context(), poolID, w.people(), federation.Identity{Provider: "Corp", Attribute: federation.Subject, Value: "alice"}))
	if after := w.comes(); after.Username != "Corp_alice" {
		t.Errorf("%+v", after)
	}
}

// TestAnAddressThatNobodyHasVerifiedTakesNothingOver fails when somebody becomes another by writing that person's address into a
// profile at the provider.
func TestAnAddressThatNobodyHasVerifiedTakesNothingOver(t *testing.T) {
	t.Parallel()
	named := func(p *directory.PoolSpec, _ *directory.ClientSettings) { p.UsernameAttributes = []string{"email"} }
	alias := func(p *directory.PoolSpec, _ *directory.ClientSettings) { p.AliasAttributes = []string{"email"} }
	for name, with := range map[string]option{"an alias": alias, "the name": named} {
		w := newWorld(t, with)
		login := map[string]string{"an alias": "bob", "the name": "alice@example.com"}[name]
		bob := w.user(login, map[string]string{"email": "alice@example.com", "email_verified": "true"})
		for _, verified := range []string{"", "true", "false"} {
			if x := w.comes("email_verified", verified); x.ID == bob.ID {
				t.Errorf("%s, %q: mallory is bob", name, verified)
			}
			if x, err := w.Directory.Users.Find(t.Context(), w.pool, "alice@example.com"); err != nil || x.ID != bob.ID {
				t.Errorf("%s, %q: the address finds %v, %v", name, verified, x, err)
			}
		}
	}
	w := newWorld(t)
	bob := w.user("bob", nil)
	w.link("bob", "email", "alice@example.com")
	for _, verified := range []string{"false", "FALSE"} {
		if x := w.comes("sub", "mallory", "email_verified", verified); x.ID == bob.ID {
			t.Errorf("%s: an unverified address is a link", verified)
		}
	}
	delete(w.provider.Mapping, "email_verified") // what is not mapped is said all the same
	if x := w.comes("sub", "eve", "email_verified", "false"); x.ID == bob.ID {
		t.Error("an address that is not mapped as verified, and said not to be, is a link")
	}
	if x := w.comes(); x.ID != bob.ID {
		t.Error("a verified address is none")
	}
}

// TestAClientMayNotWriteAll fails when an attribute changes that the client may not write, or the person is turned away for it.
func TestAClientMayNotWriteAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.WriteAttributes = []string{"email"} })
	if x := w.comes(); x.Attributes["name"] != "" || x.Attributes["email_verified"] != "true" {
		t.Errorf("%v", x.Attributes)
	}
}

// TestAFunctionThatVerifies fails when what a pre-sign-up function verifies is not verified, or what it throws does not stop a
// user from being made.
func TestAFunctionThatVerifies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Hooks.PreSignUp = func(context.Context, account.Event) (account.Verdict, error) {
		return account.Verdict{}, fault.New(fault.Invalid, fault.Lambda, "PreSignUp failed with error No.")
	}
	if _, err := w.enter(); err == nil {
		t.Error("let in")
	}
	if _, err := w.Directory.Users.Find(t.Context(), w.pool, "Corp_alice"); !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("and made a user: %v", err)
	}
	w.Hooks.PreSignUp = func(context.Context, account.Event) (account.Verdict, error) {
		return account.Verdict{VerifyEmail: true}, nil
	}
	if x := w.comes("email_verified", ""); x.Attributes["email_verified"] != "true" {
		t.Errorf("%v", x.Attributes)
	}
}
