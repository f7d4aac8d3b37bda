package database_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/sqlite"
	"cognate.dev/cognate/internal/store/storetest"
)

// TestABackupHoldsWhatWasAcknowledgedBeforeIt fails when a copy that was made under writes lacks one that was answered
// before it began, or cannot be opened.
func TestABackupHoldsWhatWasAcknowledgedBeforeIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, copied, restored := filepath.Join(dir, "a.db"), filepath.Join(dir, "backup.db"), filepath.Join(dir, "new", "b.db")
	s := storetest.Store(t, "sqlite:"+file)
	people(t, s)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			u := &directory.User{PoolID: followPool, ID: fmt.Sprintf("w%d", i)}
			if err := s.InsertUser(t.Context(), u, directory.Keys{Username: u.ID}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	addUser(t, s, "before")
	err := sqlite.Backup(t.Context(), file, copied)
	close(stop)
	<-ended
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: password hashes must be their owner's alone", info, err)
	}
	if err := sqlite.Restore(t.Context(), copied, restored); err != nil {
		t.Fatal(err)
	}
	if _, err := storetest.Store(t, "sqlite:"+restored).User(t.Context(), followPool, "before"); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"a backup over a file":           sqlite.Backup(t.Context(), file, copied),
		"a restore over a database":      sqlite.Restore(t.Context(), copied, file),
		"a backup of nothing":            sqlite.Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "x.db")),
		"a restore beside a foreign log": restoreBesideLog(t, copied, filepath.Join(dir, "c.db")),
	} {
		if err == nil {
			t.Errorf("%s was not refused", what)
		}
	}
}

func restoreBesideLog(t *testing.T, from, path string) error {
	t.Helper()
	if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return sqlite.Restore(t.Context(), from, path)
}

// TestADamagedBackupIsNotRestored fails when what is broken takes the place of nothing.
func TestADamagedBackupIsNotRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, copied := filepath.Join(dir, "a.db"), filepath.Join(dir, "backup.db")
	s, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Backup(t.Context(), file, copied); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{
		"cut":   raw[:len(raw)/2],
		"flips": append(bytes.Clone(raw[:4096]), bytes.Repeat([]byte{0xA5}, len(raw)-4096)...),
		"other": []byte("no database"),
	} {
		bad, to := filepath.Join(dir, name), filepath.Join(dir, name+".db")
		if err := os.WriteFile(bad, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Restore(t.Context(), bad, to); err == nil {
			t.Errorf("%s: a damaged backup was restored", name)
		}
		if _, err := os.Stat(to); err == nil {
			t.Errorf("%s: something was left", name)
		}
	}
}
