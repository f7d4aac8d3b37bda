package directory_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/store/storetest"
)

const goodPassword = "Correct-Horse1"

func (w *world) is(pool *directory.Pool, x *directory.User, pw string) bool {
	w.t.Helper()
	right, err := w.Passwords.Verify(w.t.Context(), pool, x, pw)
	ok(w.t, err)
	return right
}

func TestOnlyTheNewPasswordIsRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	if w.is(p, x, "") || w.is(p, x, goodPassword) {
		t.Error("a user without a password has one")
	}
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword+"2", false))
	if w.is(p, x, goodPassword) || !w.is(p, x, goodPassword+"2") || w.is(p, x, "") {
		t.Error("the wrong password is right")
	}
	refused(t, w.Passwords.Set(t.Context(), p, x, "short", false), fault.Invalid, fault.Password, "Password does not conform to policy: Password not long enough")
	ok(t, w.Passwords.Clear(t.Context(), p, x))
	if w.is(p, x, goodPassword+"2") {
		t.Error("a cleared password is right")
	}
	if has, _, err := w.Passwords.State(t.Context(), p.ID, x.ID); has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
}

func TestATemporaryPasswordKnowsItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	days := 3
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{AdminCreate: directory.AdminCreateConfig{UnusedDays: &days}}})
	x := w.user(p, "alice", nil)
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, true))
	_, until, err := w.Passwords.State(t.Context(), p.ID, x.ID)
	ok(t, err)
	if !until.Equal(w.now.Now().Add(3 * 24 * time.Hour)) {
		t.Error(until)
	}
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	if has, until, err := w.Passwords.State(t.Context(), p.ID, x.ID); !has || !until.IsZero() || err != nil {
		t.Errorf("has %v until %v, %v", has, until, err)
	}
}

func TestFormerPasswordsDoNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{PasswordPolicy: password.Policy{MinimumLength: 6, HistorySize: 2}}})
	x := w.user(p, "alice", nil)
	set := func(pw string, want bool) {
		t.Helper()
		err := w.Passwords.Set(t.Context(), p, x, pw, false)
		if want {
			ok(t, err)
		} else {
			refused(t, err, fault.Invalid, fault.PasswordHistory, "")
		}
	}
	set("first1", true)
	set("first1", false)
	set("second", true)
	set("first1", false)
	set("third3", true)
	set("first1", true)
	set("third3", false)
	ok(t, w.Passwords.Clear(t.Context(), p, x))
	set("first1", false)
}

func TestTheVerifierBelongsToThePasswordAndIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x, other := w.user(p, "alice", nil), w.user(p, "bob", nil)
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	salt, v, has, err := w.Passwords.SRPVerifier(t.Context(), p, x)
	ok(t, err)
	if !has || !bytes.Equal(v, srp.Verifier(p.SRPName(), "alice", goodPassword, salt)) {
		t.Errorf("has %v: the verifier is not that of the password", has)
	}
	stolen, err := w.store.Credential(t.Context(), p.ID, x.ID)
	ok(t, err)
	if bytes.Contains(stolen.SRP, v[:16]) || strings.Contains(stolen.Hash, goodPassword) {
		t.Error("the stored credential shows a secret")
	}
	ok(t, w.store.UpdateCredential(t.Context(), p.ID, other.ID, func(c *directory.Credential) error { *c = *stolen; return nil }))
	if _, _, _, err = w.Passwords.SRPVerifier(t.Context(), p, other); err == nil {
		t.Error("a verifier moved to another user opens")
	}
}

func TestVerifiersGoWithTheLastClientThatUsesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	has := func() bool {
		t.Helper()
		_, _, has, err := w.Passwords.SRPVerifier(t.Context(), p, x)
		ok(t, err)
		return has
	}
	plain := []string{"ALLOW_USER_PASSWORD_AUTH"}
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	if !has() {
		t.Error("a pool without clients keeps no verifier")
	}
	first := w.client(p, directory.ClientSettings{})
	w.client(p, directory.ClientSettings{ExplicitAuthFlows: plain})
	if !has() {
		t.Error("the verifier went while a client uses it")
	}
	_, err := w.Clients.Update(t.Context(), p.ID, first.ID, directory.ClientSettings{ExplicitAuthFlows: plain})
	ok(t, err)
	if has() {
		t.Error("the verifier outlived the last client that uses it")
	}
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	if w.is(p, x, goodPassword); has() {
		t.Error("a verifier was made that no client uses")
	}
	_, err = w.Clients.Update(t.Context(), p.ID, first.ID, directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_SRP_AUTH"}})
	ok(t, err)
	if w.is(p, x, "wrong"); has() {
		t.Error("a wrong password made a verifier")
	}
	if w.is(p, x, goodPassword); !has() {
		t.Error("the right password did not bring the verifier back")
	}
}

func TestTheFirstClientWithoutSRPEndsTheVerifiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	w.client(p, directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}})
	if _, _, has, err := w.Passwords.SRPVerifier(t.Context(), p, x); has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
}

func TestAVerifierThatWasMadeTooLateIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	prepared, err := w.Passwords.Prepare(t.Context(), p, x, goodPassword, false)
	ok(t, err)
	w.client(p, directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH"}})
	ok(t, w.Passwords.Save(t.Context(), prepared))
	if _, _, has, err := w.Passwords.SRPVerifier(t.Context(), p, x); has || err != nil || !w.is(p, x, goodPassword) {
		t.Errorf("has %v, %v", has, err)
	}
}

// overtaken is a store in which somebody else is faster: a credential changes right after it was read.
type overtaken struct {
	directory.CredentialStore
	then func(context.Context)
}

func (o *overtaken) Credential(ctx context.Context, poolID, userID string) (*directory.Credential, error) {
	c, err := o.CredentialStore.Credential(ctx, poolID, userID)
	o.then(ctx)
	return c, err
}

func TestAnUpgradeDoesNotBringAnOldPasswordBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	slow := directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Resources: w.store, Changes: w.changes, Keys: storetest.Sealer(t), Now: w.now.Now,
		Hasher: password.NewHasher(password.Params{MemoryKiB: 128, Time: 1, Threads: 1}, 1),
		Credentials: &overtaken{w.store, func(ctx context.Context) {
			ok(t, w.store.UpdateCredential(ctx, p.ID, x.ID, func(c *directory.Credential) error { c.Hash, c.SRP = "", nil; return nil }))
		}},
	})
	if right, err := slow.Passwords.Verify(t.Context(), p, x, goodPassword); !right || err != nil {
		t.Errorf("right %v, %v", right, err)
	}
	if has, _, err := w.Passwords.State(t.Context(), p.ID, x.ID); has || err != nil {
		t.Errorf("the password that was taken away is back: %v", err)
	}
}

func TestAPasswordIsHashedAnewWhenItsCostChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	ok(t, w.Passwords.Set(t.Context(), p, x, goodPassword, false))
	hash := func() string {
		c, err := w.store.Credential(t.Context(), p.ID, x.ID)
		ok(t, err)
		return c.Hash
	}
	old := hash()
	dearer := w.nodeHashing(password.Params{MemoryKiB: 128, Time: 1, Threads: 1})
	if right, err := dearer.Passwords.Verify(t.Context(), p, x, "wrong"); right || err != nil || hash() != old {
		t.Errorf("a wrong password: right %v, %v, hash changed %v", right, err, hash() != old)
	}
	if right, err := dearer.Passwords.Verify(t.Context(), p, x, goodPassword); !right || err != nil {
		t.Errorf("right %v, %v", right, err)
	}
	if hash() == old || !strings.Contains(hash(), "m=128") || !w.is(p, x, goodPassword) {
		t.Error("the hash is still the old one, or no longer that of the password")
	}
}

func TestGeneratedPasswordsAreAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{PasswordPolicy: password.Policy{MinimumLength: 40, RequireSymbols: true}}})
	ok(t, w.Passwords.Check(p, w.Passwords.Generate(p)))
}
