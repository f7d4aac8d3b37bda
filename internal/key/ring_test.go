package key_test

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
)

const poolID = "eu-west-1_Pool00001"

type world struct {
	store *store.Store
	keys  *secret.Keyring
	clock *clock.Fake
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{store: s, keys: keys, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	for _, id := range []string{poolID, "eu-west-1_Pool00002"} {
		if err := s.InsertPool(t.Context(), &directory.Pool{ID: id, Region: "eu-west-1", CreatedAt: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// ring is one node's.
func (w *world) ring() *key.Ring { return key.NewRing(w.store, w.keys, w.clock.Now) }

func signer(t *testing.T, r *key.Ring, pool string, use key.Use) *key.Signing {
	t.Helper()
	s, err := r.Signer(t.Context(), pool, use)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIDAndAccessTokensHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring()
	id, access := signer(t, r, poolID, key.ForID), signer(t, r, poolID, key.ForAccess)
	if id.KID == access.KID || id.Key.Equal(access.Key) {
		t.Error("one key signs both uses")
	}
	if id.Key.N.BitLen() != 2048 || len(id.KID) != 44 {
		t.Errorf("got %d bits and a kid of %d characters, want 2048 and 44", id.Key.N.BitLen(), len(id.KID))
	}
	if again := signer(t, w.ring(), poolID, key.ForID); again.KID != id.KID || !again.Key.Equal(id.Key) {
		t.Error("another node signs with another key")
	}
	if other := signer(t, r, "eu-west-1_Pool00002", key.ForID); other.KID == id.KID {
		t.Error("two pools share a key")
	}
}

func TestNodesThatStartAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kids := make([]string, 4)
	var wg sync.WaitGroup
	for i := range kids {
		wg.Go(func() {
			s, err := w.ring().Signer(context.Background(), poolID, key.ForAccess)
			if err != nil {
				t.Error(err)
				return
			}
			kids[i] = s.KID
		})
	}
	wg.Wait()
	if slices.ContainsFunc(kids, func(kid string) bool { return kid != kids[0] }) {
		t.Errorf("nodes sign with different keys: %v", kids)
	}
}

func TestRotationKeepsTheOldKeyPublishedForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.ring(), w.ring()
	old := signer(t, here, poolID, key.ForAccess)
	signer(t, there, poolID, key.ForAccess)
	if err := here.Rotate(t.Context(), poolID, time.Hour); err != nil {
		t.Fatal(err)
	}
	fresh := signer(t, here, poolID, key.ForAccess)
	if fresh.KID == old.KID {
		t.Fatal("rotation kept the key")
	}
	w.clock.Advance(time.Second)
	if got := signer(t, there, poolID, key.ForAccess); got.KID != fresh.KID {
		t.Error("a second after the rotation the other node still signs with the old key")
	}
	for _, kid := range []string{old.KID, fresh.KID} {
		if _, err := there.PublicKey(t.Context(), poolID, kid, key.ForAccess); err != nil {
			t.Errorf("key %s is not published: %v", kid, err)
		}
	}
	w.clock.Advance(time.Hour)
	if _, err := there.PublicKey(t.Context(), poolID, old.KID, key.ForAccess); !errors.Is(err, key.ErrUnknown) {
		t.Errorf("the old key outlived its time: %v", err)
	}
}

func TestANewKeyOfAnotherNodeIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.ring(), w.ring()
	signer(t, here, poolID, key.ForAccess)
	signer(t, there, poolID, key.ForAccess) // now cached
	if err := here.Rotate(t.Context(), poolID, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := there.PublicKey(t.Context(), poolID, signer(t, here, poolID, key.ForAccess).KID, key.ForAccess); err != nil {
		t.Errorf("a token of the new key would be refused: %v", err)
	}
}

func TestTwoRotationsAtOnceCountAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.ring()
	signer(t, a, poolID, key.ForID)
	signer(t, a, poolID, key.ForAccess)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := w.ring().Rotate(context.Background(), poolID, time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	stored, err := w.store.Keys(t.Context(), poolID, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	active := map[key.Use]int{}
	for _, k := range stored {
		if k.RetiredAt.IsZero() {
			active[k.Use]++
		}
	}
	if active[key.ForID] != 1 || active[key.ForAccess] != 1 {
		t.Errorf("active keys: %v, want one of each use", active)
	}
}

func TestAKeyServesOnlyItsUseAndPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring()
	id := signer(t, r, poolID, key.ForID)
	for name, ask := range map[string]func() (*rsa.PublicKey, error){
		"other use": func() (*rsa.PublicKey, error) { return r.PublicKey(t.Context(), poolID, id.KID, key.ForAccess) },
		"other pool": func() (*rsa.PublicKey, error) {
			return r.PublicKey(t.Context(), "eu-west-1_Pool00002", id.KID, key.ForID)
		},
		"no key": func() (*rsa.PublicKey, error) { return r.PublicKey(t.Context(), poolID, "", key.ForID) },
	} {
		if _, err := ask(); !errors.Is(err, key.ErrUnknown) {
			t.Errorf("%s: got %v, want ErrUnknown", name, err)
		}
	}
}

func TestAStolenPrivateKeyOpensNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signer(t, w.ring(), poolID, key.ForID)
	stored, err := w.store.Keys(t.Context(), poolID, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	moved := stored[0]
	moved.PoolID = "eu-west-1_Pool00002" // somebody who can write rows, but has no master key
	if _, err := w.store.PutActiveKey(t.Context(), moved, "", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ring().Signer(t.Context(), "eu-west-1_Pool00002", key.ForID); err == nil {
		t.Error("a sealed key of one pool signs for another")
	}
}

// TestPublishedKeysVerify reads the key set with a library that is not ours.
func TestPublishedKeysVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring()
	doc, err := r.JSON(t.Context(), poolID)
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(doc, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 {
		t.Fatalf("a new pool publishes %d keys, want 2", len(set.Keys))
	}
	for _, use := range []key.Use{key.ForID, key.ForAccess} {
		s := signer(t, r, poolID, use)
		found := set.Key(s.KID)
		if len(found) != 1 {
			t.Fatalf("key %s is published %d times", s.KID, len(found))
		}
		k := found[0]
		if public, ok := k.Key.(*rsa.PublicKey); !ok || !public.Equal(s.Key.Public()) || k.Algorithm != "RS256" || k.Use != "sig" {
			t.Errorf("key %s is published as %v %q %q", s.KID, k.Key, k.Algorithm, k.Use)
		}
	}
}

func TestSparesAreUsedAndRunEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	signer(t, r, poolID, key.ForID)
	signer(t, r, poolID, key.ForAccess)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run ended with %v", err)
	}
}
