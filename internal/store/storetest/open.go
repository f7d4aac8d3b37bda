package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/sqlite"
)

// Memory opens a private SQLite store in memory, with a sealer, for the unit tests of any room.
func Memory(t testing.TB) *store.Store { return Store(t, "sqlite::memory:") }

// Store opens the store of a URL, with a sealer, and closes it when the test ends. A new SQLite file begins as a copy of
// one that was migrated, because migrating takes longer than most tests.
func Store(t testing.TB, url string) *store.Store {
	t.Helper()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok && path != sqlite.Memory {
		if err := prepare(strings.TrimPrefix(path, "//")); err != nil {
			t.Fatal(err)
		}
	}
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

// migrated is a SQLite file that has its schema and nothing else.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "empty.db")
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // all is in the file then, and nothing in its log
		return nil, err
	}
	return os.ReadFile(path)
})

// prepare puts a migrated database where no file is yet.
func prepare(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := migrated()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, file, 0o600)
}
