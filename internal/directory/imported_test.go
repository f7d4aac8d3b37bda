package directory_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/password/srp"
)

// imported is a hash of goodPassword that another system made.
const imported = "$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m"

// carry gives somebody the password that another system kept a hash of.
func carry(t *testing.T, w *world, p *directory.Pool, x *directory.User, in directory.Imported) error {
	t.Helper()
	c, err := w.Passwords.Import(t.Context(), p, x, in)
	if err != nil {
		return err
	}
	return w.Passwords.Keep(t.Context(), x, c)
}

// TestAForeignHashIsReplacedAtTheFirstSignIn fails when somebody who came with a hash cannot sign in, when the hash stays
// after that, or when it lies readable in the store before.
func TestAForeignHashIsReplacedAtTheFirstSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	ok(t, carry(t, w, p, x, directory.Imported{Hash: imported}))
	stored := func() *directory.Credential {
		c, err := w.store.Credential(t.Context(), p.ID, x.ID)
		ok(t, err)
		return c
	}
	if c := stored(); strings.Contains(c.Hash, "$2b$") || c.Hash == "" || c.SRP != nil {
		t.Errorf("stored as %q", c.Hash)
	}
	if out, err := w.Passwords.Export(t.Context(), p, x); err != nil || out.Hash != imported {
		t.Errorf("exported %q, %v", out.Hash, err)
	}
	if w.is(p, x, "Wrong-Horse1") || stored().SRP != nil {
		t.Error("a wrong password was right")
	}
	if _, _, has, err := w.Passwords.SRPVerifier(t.Context(), p, x); has || err != nil {
		t.Errorf("a verifier out of nothing: %v, %v", has, err)
	}
	if !w.is(p, x, goodPassword) {
		t.Fatal("the right password is not right")
	}
	if c := stored(); !strings.HasPrefix(c.Hash, "$argon2id$") || c.SRP == nil {
		t.Errorf("after the first sign-in the credential is %q", c.Hash)
	}
	salt, verifier, has, err := w.Passwords.SRPVerifier(t.Context(), p, x)
	if !has || err != nil || string(verifier) != string(srp.Verifier(p.SRPName(), "alice", goodPassword, salt)) {
		t.Errorf("no verifier of the password: %v, %v", has, err)
	}
	if !w.is(p, x, goodPassword) || w.is(p, x, "Wrong-Horse1") {
		t.Error("the new hash is of another password")
	}
}

// TestAForeignHashCountsAsAFormerPassword fails when the password that somebody came with may come back against the policy.
func TestAForeignHashCountsAsAFormerPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{Tier: "ESSENTIALS", PasswordPolicy: password.Policy{MinimumLength: 8, HistorySize: 2}}})
	x := w.user(p, "alice", nil)
	ok(t, carry(t, w, p, x, directory.Imported{Hash: imported}))
	refused(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false), fault.Invalid, fault.PasswordHistory, "")
	ok(t, w.Passwords.Set(t.Context(), p, x, "Other-Horse1", false))
	refused(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false), fault.Invalid, fault.PasswordHistory, "")
}

// TestWhatWasExportedComesBack fails when hash or verifier are lost between two installations, or when what is damaged is
// taken over.
func TestWhatWasExportedComesBack(t *testing.T) {
	t.Parallel()
	from, to := newWorld(t), newWorld(t)
	spec := directory.PoolSpec{ID: "eu-west-1_Moved0001"}
	p := from.pool(spec)
	x := from.user(p, "alice", nil)
	ok(t, from.Passwords.Set(t.Context(), p, x, goodPassword, false))
	out, err := from.Passwords.Export(t.Context(), p, x)
	ok(t, err)
	there := to.pool(spec)
	y := to.user(there, "alice", nil)
	ok(t, carry(t, to, there, y, out))
	salt, verifier, has, err := to.Passwords.SRPVerifier(t.Context(), there, y)
	if !has || err != nil || string(verifier) != string(srp.Verifier(p.SRPName(), "alice", goodPassword, salt)) {
		t.Errorf("the verifier is lost: %v, %v", has, err)
	}
	if !to.is(there, y, goodPassword) || to.is(there, y, "Wrong-Horse1") {
		t.Error("another password is right now")
	}
	z := to.user(there, "bob", nil)
	for what, in := range map[string]directory.Imported{
		"a hash that is none":     {Hash: "plain"},
		"a hash out of bounds":    {Hash: "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		"a verifier without salt": {Hash: imported, Verifier: verifier},
		"a verifier of zero":      {Hash: imported, SRPSalt: salt, Verifier: make([]byte, 384)},
	} {
		if err := carry(t, to, there, z, in); err == nil {
			t.Errorf("%s was taken over", what)
		}
	}
	ok(t, carry(t, to, there, z, directory.Imported{}))
}
