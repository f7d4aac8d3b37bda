package signin_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/newpassword"
	passwordchallenge "cognate.dev/cognate/internal/signin/challenge/password"
	srpchallenge "cognate.dev/cognate/internal/signin/challenge/srp"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

const (
	poolID  = "eu-west-1_Pool00001"
	right   = "Correct-Horse1"
	wrong   = "Wrong-Horse1"
	ourTime = "2026-03-01T12:00:00Z"
)

// world is one pool on a database of its own, with everything that signs people in.
type world struct {
	t       testing.TB
	store   *store.Store
	dir     *directory.Directory
	clock   *clock.Fake
	keys    *secret.Keyring
	hashes  *countedPasswords
	factors *factor.Factors
	pool    *directory.Pool
	client  *directory.Client
	parts   signin.Parts
	machine *signin.Machine
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

// countedPasswords counts the password hashes that a sign-in computes: time would tell the same, less surely.
type countedPasswords struct {
	*directory.Passwords
	verified, burned atomic.Int32
}

func (c *countedPasswords) Verify(ctx context.Context, p *directory.Pool, u *directory.User, pw string) (bool, error) {
	c.verified.Add(1)
	return c.Passwords.Verify(ctx, p, u, pw)
}

func (c *countedPasswords) Burn(ctx context.Context, pw string) error {
	c.burned.Add(1)
	return c.Passwords.Burn(ctx, pw)
}

type option func(*directory.PoolSpec, *directory.ClientSpec)

func client(change func(*directory.ClientSpec)) option {
	return func(_ *directory.PoolSpec, c *directory.ClientSpec) { change(c) }
}

func pool(change func(*directory.PoolSpec)) option {
	return func(p *directory.PoolSpec, _ *directory.ClientSpec) { change(p) }
}

var hides = client(func(c *directory.ClientSpec) { c.HideUserExistence = "ENABLED" })

var allFlows = []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	start, err := time.Parse(time.RFC3339, ourTime)
	w := &world{t: t, clock: clock.NewFake(start)}
	w.check(err)
	w.keys, err = secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		Keys: w.keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	p := directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}}
	c := directory.ClientSpec{ID: "client1", PoolID: poolID, ClientSettings: directory.ClientSettings{
		Name: "app", TokenRevocation: true, ExplicitAuthFlows: allFlows,
	}}
	for _, o := range options {
		o(&p, &c)
	}
	w.pool, err = w.dir.Pools.Create(t.Context(), p)
	w.check(err)
	w.client, err = w.dir.Clients.Create(t.Context(), c)
	w.check(err)
	w.lendKeys()
	w.build(signin.Hooks{})
	return w
}

// build puts the machine together; a node of its own would do the same.
func (w *world) build(h signin.Hooks, more ...signin.Challenge) {
	w.hashes = &countedPasswords{Passwords: w.dir.Passwords}
	w.factors = factor.New(factor.Parts{Store: w.store, DeviceStore: w.store, Tx: w.store, Users: w.dir.Users, Sealer: w.keys, Now: w.clock.Now})
	w.parts = signin.Parts{
		Factors: w.factors, Apps: w.factors, Devices: w.factors,
		Store: w.store, Users: w.dir.Users, Passwords: w.dir.Passwords, Sealer: w.keys, Hooks: h, Now: w.clock.Now,
		Tokens: token.NewMinter(token.Parts{
			Keys: key.NewRing(w.store, w.keys, w.clock.Now), Sealer: w.keys, Sessions: w.store, Pools: w.dir.Pools,
			Clients: w.dir.Clients, People: w.store, Now: w.clock.Now,
			Issuer: func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID },
		}),
		Challenges: append([]signin.Challenge{
			passwordchallenge.New(w.hashes), srpchallenge.New(w.dir.Passwords, w.keys),
			newpassword.New(w.store, w.dir.Passwords, w.dir.Users),
		}, more...),
	}
	var err error
	w.machine, err = signin.New(w.parts)
	w.check(err)
}

// lendKeys gives a world the signing keys that the first one made: finding primes takes longer than any test.
func (w *world) lendKeys() {
	lent.Do(func() {
		_, err := key.NewRing(w.store, w.keys, w.clock.Now).Public(w.t.Context(), poolID)
		w.check(err)
		lentKeys, err = w.store.Keys(w.t.Context(), poolID, w.clock.Now())
		w.check(err)
	})
	for _, k := range lentKeys {
		_, err := w.store.PutActiveKey(w.t.Context(), k, "", time.Time{})
		w.check(err)
	}
}

var (
	lent     sync.Once
	lentKeys []key.Stored
)

// user makes a user in a state, with the right password; a temporary one for FORCE_CHANGE_PASSWORD.
func (w *world) user(name string, status directory.Status, change ...func(*directory.User)) *directory.User {
	w.t.Helper()
	u, err := w.dir.Users.Draft(w.pool, directory.NewUser{
		Username: name, Status: status, By: directory.ByAdmin,
		Attributes: map[string]string{"email": "alice@example.com", "email_verified": "true"},
	})
	w.check(err)
	for _, c := range change {
		c(u)
	}
	w.check(w.dir.Users.Insert(w.t.Context(), w.pool, u, false))
	w.check(w.dir.Passwords.Set(w.t.Context(), w.pool, u, right, status == directory.ForceChangePassword))
	return u
}

func (w *world) start(flow string, params map[string]string) (*signin.Answer, error) {
	admin := flow == "ADMIN_USER_PASSWORD_AUTH" || flow == "ADMIN_NO_SRP_AUTH"
	return w.machine.Initiate(w.t.Context(), signin.Start{Pool: w.pool, Client: w.client, Admin: admin, Flow: flow, Params: params})
}

func (w *world) reply(challenge signin.Kind, session string, answers map[string]string) (*signin.Answer, error) {
	return w.machine.Respond(w.t.Context(), signin.Reply{
		Pool: w.pool, Client: w.client, Challenge: string(challenge), Session: session, Answers: answers,
	})
}

// withPassword signs in with a password in clear.
func (w *world) withPassword(name, pw string) (*signin.Answer, error) {
	return w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": name, "PASSWORD": pw})
}

// withSRP signs in by SRP, as a client does it.
func (w *world) withSRP(name, pw string) (*signin.Answer, error) {
	w.t.Helper()
	answers, err := w.claim(name, pw)
	if err != nil {
		return nil, err
	}
	return w.reply(signin.PasswordVerifier, "", answers)
}

// claim asks for a challenge and makes the answers to it.
func (w *world) claim(name, pw string) (map[string]string, error) {
	w.t.Helper()
	c := srp.NewClient()
	a, err := w.start("USER_SRP_AUTH", map[string]string{"USERNAME": name, "SRP_A": c.PublicA()})
	if err != nil {
		return nil, err
	}
	return w.sign(c, a, pw), nil
}

func (w *world) sign(c *srp.Client, a *signin.Answer, pw string) map[string]string {
	w.t.Helper()
	claim, err := c.Sign(srp.Challenge{
		PoolName: w.pool.SRPName(), UserID: a.Params["USER_ID_FOR_SRP"], Salt: a.Params["SALT"],
		PublicB: a.Params["SRP_B"], SecretBlock: a.Params["SECRET_BLOCK"],
	}, pw, w.clock.Now())
	w.check(err)
	return map[string]string{
		"USERNAME":                    a.Params["USERNAME"],
		"PASSWORD_CLAIM_SECRET_BLOCK": a.Params["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE":    claim.Signature,
		"TIMESTAMP":                   claim.Timestamp,
	}
}

// flowsOf are the ways to sign in with a password, by name.
func (w *world) flowsOf() map[string]func(name, pw string) (*signin.Answer, error) {
	return map[string]func(name, pw string) (*signin.Answer, error){
		"USER_PASSWORD_AUTH": w.withPassword,
		"USER_SRP_AUTH":      w.withSRP,
		"ADMIN_USER_PASSWORD_AUTH": func(name, pw string) (*signin.Answer, error) {
			return w.start("ADMIN_USER_PASSWORD_AUTH", map[string]string{"USERNAME": name, "PASSWORD": pw})
		},
		"ADMIN_NO_SRP_AUTH": func(name, pw string) (*signin.Answer, error) {
			return w.start("ADMIN_NO_SRP_AUTH", map[string]string{"USERNAME": name, "PASSWORD": pw})
		},
	}
}

func secretHash(c *directory.Client, name string) string {
	mac := hmac.New(sha256.New, []byte(c.Secrets[0].Value))
	mac.Write([]byte(name + c.ID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks that err is a fault of this kind and text.
func refused(t testing.TB, err error, kind fault.Kind, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Text != text {
		t.Errorf("got %v, want %s: %s", err, kind, text)
	}
}

func signedIn(t testing.TB, a *signin.Answer, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("not signed in: %v", err)
	}
	if a.Tokens == nil || a.Tokens.Access == "" || a.Tokens.ID == "" || a.Tokens.Refresh == "" || a.Challenge != "" {
		t.Fatalf("not signed in: %+v", a)
	}
}
