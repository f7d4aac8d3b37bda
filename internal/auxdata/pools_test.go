package auxdata_test

import (
	"context"
	"crypto/rsa"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/auxdata"
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

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

// world is one pool with one client and alice, and a reader that knows it.
type world struct {
	t        *testing.T
	store    *store.Store
	dir      *directory.Directory
	ring     *key.Ring
	clock    *clock.Fake
	pool     *directory.Pool
	client   *directory.Client
	alice    *directory.User
	minter   *token.Minter
	sessions *token.Sessions
	pools    *auxdata.Pools
}

func newWorld(t *testing.T, revocation bool) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(noon)}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{ID: "eu-west-1_Pool00001", Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.client, err = w.dir.Clients.Create(t.Context(), directory.ClientSpec{ID: "client1", PoolID: w.pool.ID,
		ClientSettings: directory.ClientSettings{Name: "app", TokenRevocation: revocation}})
	w.check(err)
	w.alice = &directory.User{PoolID: w.pool.ID, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now()}
	w.check(w.store.InsertUser(t.Context(), w.alice, directory.Keys{Username: "alice"}))
	w.ring = key.NewRing(w.store, keys, w.clock.Now)
	issuer := func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID }
	parts := token.Parts{Keys: w.ring, Sealer: keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store,
		Issuer: issuer, Now: w.clock.Now}
	w.minter, w.sessions = token.NewMinter(parts), token.NewSessions(parts)
	w.pools = &auxdata.Pools{Keys: w.ring, Pools: w.dir.Pools, Clients: w.dir.Clients, Sessions: w.store, Issuer: issuer}
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) signIn() *token.Set {
	w.t.Helper()
	set, err := w.minter.Issue(w.t.Context(), token.Grant{Pool: w.pool, Client: w.client, User: w.alice, Via: token.BySignIn})
	w.check(err)
	return set
}

func (w *world) reader(live bool, sets ...auxdata.KeySet) *auxdata.Reader {
	w.t.Helper()
	r, err := auxdata.New(auxdata.Config{RequireLive: live, KeySets: sets}, w.pools, http.DefaultClient, w.clock.Now)
	w.check(err)
	return r
}

func TestTokensOfOurPoolsNeedNoConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	set := w.signIn()
	foreign := newSigner(t, "k1")
	configured := auxdata.KeySet{ID: "a", Data: setOf(t, foreign.jwk("EdDSA", "k1"))}
	for name, r := range map[string]*auxdata.Reader{"alone": w.reader(false), "beside a key set": w.reader(false, configured), "alive": w.reader(true)} {
		for what, raw := range map[string]string{"ID": set.ID, "access": set.Access} {
			for _, keySet := range []string{"", auxdata.PoolKeySet} {
				got, err := r.Read(t.Context(), one(raw, keySet))
				if err != nil || got.GetJwt()["sub"].GetStringValue() != sub {
					t.Errorf("%s, %s token, key set %q: %v, %v", name, what, keySet, got, err)
				}
			}
		}
	}
	r := w.reader(false, configured)
	if _, err := r.Read(t.Context(), one(foreign.sign(t, map[string]any{"iss": "https://elsewhere.example.com"}), "")); err != nil {
		t.Errorf("another issuer's token: %v", err)
	}
	if _, err := r.Read(t.Context(), one(set.Access, "a")); err == nil {
		t.Error("our token passed a key set that is not ours")
	}
	w.clock.Advance(24 * time.Hour)
	if _, err := r.Read(t.Context(), one(set.Access, "")); err == nil {
		t.Error("an expired token passed")
	}
}

func TestATokenInTheNameOfOurPoolMustBeSignedByIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.signIn() // makes keys
	access, err := w.ring.Signer(t.Context(), w.pool.ID, key.ForAccess)
	w.check(err)
	stranger := newSigner(t, "k1")
	claims := func(use string) map[string]any {
		return map[string]any{"iss": "https://issuer.example.com/" + w.pool.ID, "sub": sub, "token_use": use, "client_id": "client1"}
	}
	kid := (&jose.SignerOptions{}).WithHeader("kid", access.KID)
	// The only configured set has the stranger's key: it must not be asked about a token that claims to be ours.
	r := w.reader(false, auxdata.KeySet{ID: "a", Data: setOf(t, stranger.jwk("EdDSA", "k1"))})
	sign := func(alg jose.SignatureAlgorithm, k *rsa.PrivateKey, c map[string]any) string {
		return signWith(t, jose.SigningKey{Algorithm: alg, Key: k}, kid, c)
	}
	for name, raw := range map[string]string{
		"a stranger's key":               stranger.sign(t, claims("access")),
		"the access key for an ID token": sign(jose.RS256, access.Key, claims("id")),
		"a use that does not exist":      sign(jose.RS256, access.Key, claims("refresh")),
		"another algorithm":              sign(jose.PS256, access.Key, claims("access")),
	} {
		if got, err := r.Read(t.Context(), one(raw, "")); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := r.Read(t.Context(), one(sign(jose.RS256, access.Key, claims("access")), "")); err != nil {
		t.Errorf("the pool's own: %v", err)
	}
}

func TestADecisionCanRequireThatTheTokenIsAlive(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world, *token.Set) error{
		"its session is revoked": func(w *world, s *token.Set) error { return w.sessions.Revoke(w.t.Context(), w.client, s.Refresh) },
		"its user signed out everywhere": func(w *world, _ *token.Set) error {
			w.clock.Advance(time.Millisecond)
			_, err := w.dir.Users.SignOut(w.t.Context(), w.pool, sub, w.clock.Now())
			return err
		},
		"its user is disabled": func(w *world, _ *token.Set) error {
			_, err := w.dir.Users.SetEnabled(w.t.Context(), w.pool, sub, false)
			return err
		},
		"its user is gone":   func(w *world, _ *token.Set) error { return w.dir.Users.Delete(w.t.Context(), w.pool.ID, sub) },
		"its client is gone": func(w *world, _ *token.Set) error { return w.dir.Clients.Delete(w.t.Context(), w.pool.ID, "client1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			set := w.signIn()
			strict, lax := w.reader(true), w.reader(false)
			for _, raw := range []string{set.ID, set.Access} {
				_, err := strict.Read(t.Context(), one(raw, ""))
				w.check(err)
			}
			w.check(end(w, set))
			for _, raw := range []string{set.ID, set.Access} {
				if _, err := strict.Read(t.Context(), one(raw, "")); err == nil {
					t.Error("the token is still good")
				}
				_, err := lax.Read(t.Context(), one(raw, ""))
				w.check(err) // as any verifier with nothing but the keys sees it
			}
		})
	}
}

func TestTokensOfOthersCannotBeShownToBeAlive(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t, true), newSigner(t, "k1")
	r := w.reader(true, auxdata.KeySet{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))})
	if got, err := r.Read(t.Context(), one(s.sign(t, map[string]any{}), "a")); err == nil {
		t.Errorf("%v", got)
	}
}

func TestAClientsOwnTokenIsAliveWhileItsClientIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	set, err := w.minter.IssueMachine(t.Context(), token.MachineGrant{Pool: w.pool, Client: w.client, Scopes: []string{"api/read"}})
	w.check(err)
	r := w.reader(true)
	_, err = r.Read(t.Context(), one(set.Access, ""))
	w.check(err)
	w.check(w.dir.Clients.Delete(t.Context(), w.pool.ID, "client1"))
	if _, err = r.Read(t.Context(), one(set.Access, "")); err == nil {
		t.Error("a token of a deleted client passed")
	}
}

func TestWhatCannotBeCheckedIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false) // such tokens have no origin_jti
	set := w.signIn()
	r := w.reader(true)
	_, err := r.Read(t.Context(), one(set.Access, ""))
	w.check(err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, one(set.Access, "")); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("%v", err)
	}
}
