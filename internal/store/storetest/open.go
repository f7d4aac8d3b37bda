package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
)

// Memory opens a private SQLite store in memory, with a sealer, for the unit tests of any room.
func Memory(t testing.TB) *store.Store { return Store(t, "sqlite::memory:") }

// Store opens the store of a URL, with a sealer, and closes it when the test ends.
func Store(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{Sealer: Sealer(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Sealer is a key ring that is the same in every test.
func Sealer(t testing.TB) *secret.Keyring {
	t.Helper()
	ring, err := secret.NewKeyring(secret.Key{ID: "test", Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
