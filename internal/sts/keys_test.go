package sts_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/sts"
)

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
	return &world{store: s, keys: keys, clock: newClock()}
}

func newClock() *clock.Fake { return clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) }

func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func (w *world) node() *sts.Keys { return sts.NewKeys(w.store, w.keys, w.clock.Now) }

func TestTheRootKeyIsShownOnceAndWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, plain, created, err := w.node().EnsureRoot(t.Context())
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(id) || len(plain) != 40 {
		t.Errorf("root key %q has a secret of %d characters", id, len(plain))
	}
	again, hidden, created, err := w.node().EnsureRoot(t.Context())
	if err != nil || created || hidden != "" || again != id {
		t.Errorf("second start: %q, secret shown: %v, created %v, %v", again, hidden != "", created, err)
	}
	got, err := w.node().Secret(t.Context(), id)
	if err != nil || string(got) != plain {
		t.Errorf("the secret does not come back: %v", err)
	}
}

func TestNodesThatStartAtOnceMakeOneRootKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, _, created, err := w.node().EnsureRoot(context.Background())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if created {
				made++
			}
		})
	}
	wg.Wait()
	if all, err := w.store.ListAccessKeys(t.Context()); err != nil || len(all) != 1 || made != 1 {
		t.Errorf("%d keys stored, %d shown, %v; want one of each", len(all), made, err)
	}
}

func TestUnknownAndDeletedKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	node := w.node()
	id, _, _, err := node.EnsureRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, unknown := range []string{"", "AKIAAAAAAAAAAAAAAAAA", string(make([]byte, 4096))} {
		if _, err := node.Secret(t.Context(), unknown); !errors.Is(err, sts.ErrUnknownKey) {
			t.Errorf("key of %d characters: got %v", len(unknown), err)
		}
	}
	if _, err := node.Secret(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := w.store.DeleteAccessKey(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	if _, err := node.Secret(t.Context(), id); !errors.Is(err, sts.ErrUnknownKey) {
		t.Errorf("a deleted key works a second later: %v", err)
	}
}

func TestASecretIsNotReadableAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, plain, _, err := w.node().EnsureRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.store.AccessKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(plain).Match(stored.Sealed) {
		t.Error("the secret lies in the database as it is")
	}
}
