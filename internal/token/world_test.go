package token_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

const sub = "5f2b1c9e-1111-4222-8333-444455556666"

// world is one pool with one client and alice, on a database of its own.
type world struct {
	t        testing.TB
	store    *store.Store
	dir      *directory.Directory
	clock    *clock.Fake
	keys     *secret.Keyring
	ring     *key.Ring
	pool     *directory.Pool
	client   *directory.Client
	alice    *directory.User
	parts    token.Parts
	minter   *token.Minter
	verifier *token.Verifier
	sessions *token.Sessions
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

func newWorld(t testing.TB, settings ...func(*directory.ClientSettings)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC))}
	var err error
	w.keys, err = secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		Keys: w.keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	w.pool = w.newPool("eu-west-1_Pool00001")
	w.client = w.newClient(w.pool.ID, "client1", settings...)
	w.alice = &directory.User{
		PoolID: w.pool.ID, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
		Attributes: map[string]string{
			"email": "alice@example.com", "email_verified": "true", "phone_number": "+15555550100", "phone_number_verified": "false",
			"name": "Alice <Example>", "address": "1 Example Street", "updated_at": "1772366400", "custom:level": "7",
		},
	}
	w.check(w.store.InsertUser(t.Context(), w.alice, directory.Keys{Username: "alice"}))
	w.lendKeys()
	w.ring = key.NewRing(w.store, w.keys, w.clock.Now)
	w.use(token.Parts{
		Keys: w.ring, Sealer: w.keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store,
		Issuer: func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID }, Now: w.clock.Now,
	})
	return w
}

// lendKeys gives a world the signing keys that the first one made: finding primes takes longer than any test. All
// worlds have the same master key and pool id, so sealed keys open in each.
func (w *world) lendKeys() {
	lent.Do(func() {
		ring := key.NewRing(w.store, w.keys, w.clock.Now)
		_, err := ring.Public(w.t.Context(), w.pool.ID)
		w.check(err)
		lentKeys, err = w.store.Keys(w.t.Context(), w.pool.ID, w.clock.Now())
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

func (w *world) use(p token.Parts) {
	w.parts = p
	w.minter, w.verifier, w.sessions = token.NewMinter(p), token.NewVerifier(p), token.NewSessions(p)
}

func (w *world) newPool(id string) *directory.Pool {
	p, err := w.dir.Pools.Create(w.t.Context(), directory.PoolSpec{
		ID: id, Region: "eu-west-1", Settings: directory.Settings{Name: "people"},
		Schema: []directory.AttributeSpec{{Name: "level", Type: "Number"}},
	})
	w.check(err)
	return p
}

func (w *world) newClient(poolID, id string, settings ...func(*directory.ClientSettings)) *directory.Client {
	spec := directory.ClientSpec{ID: id, PoolID: poolID, ClientSettings: directory.ClientSettings{Name: id, TokenRevocation: true}}
	for _, set := range settings {
		set(&spec.ClientSettings)
	}
	c, err := w.dir.Clients.Create(w.t.Context(), spec)
	w.check(err)
	return c
}

func (w *world) group(name, role string, precedence ...int) {
	spec := directory.GroupSpec{PoolID: w.pool.ID, Name: name, RoleARN: role}
	if len(precedence) > 0 {
		spec.Precedence = &precedence[0]
	}
	_, err := w.dir.Groups.Create(w.t.Context(), spec)
	w.check(err)
	w.check(w.dir.Groups.Add(w.t.Context(), w.pool.ID, name, sub))
}

// signIn issues the tokens of a fresh session.
func (w *world) signIn(change ...func(*token.Grant)) *token.Set {
	w.t.Helper()
	g := token.Grant{Pool: w.pool, Client: w.client, User: w.alice, Via: token.BySignIn}
	for _, c := range change {
		c(&g)
	}
	set, err := w.minter.Issue(w.t.Context(), g)
	w.check(err)
	return set
}

func (w *world) refresh(refreshToken string) (*token.Set, error) {
	return w.minter.Refresh(w.t.Context(), token.Renewal{Client: w.client, Token: refreshToken, Via: token.ByRefresh})
}

func (w *world) change(change func(*directory.User) error) {
	w.t.Helper()
	_, err := w.dir.Users.Change(w.t.Context(), w.pool, sub, change)
	w.check(err)
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks that err is a fault of this kind and text.
func refused(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Text != text {
		t.Errorf("got %v, want %s: %s", err, kind, text)
	}
}

// decode reads a part of a token as it is.
func decode(t *testing.T, jws string, part int) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jws, ".")[part])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func claimsOf(t *testing.T, jws string) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(decode(t, jws, 1), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func rotating(grace int) func(*directory.ClientSettings) {
	return func(s *directory.ClientSettings) {
		s.Rotation = &directory.Rotation{Feature: "ENABLED", GraceSeconds: grace}
		s.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"}
	}
}
