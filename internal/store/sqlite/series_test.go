package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/store/sqlite"
)

// TestOnlyTheNewestCopiesOfASeriesAreKept, and other people's files with them.
func TestOnlyTheNewestCopiesOfASeriesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cognate.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := sqlite.Series{Dir: filepath.Join(dir, "copies"), Keep: 2}
	own := filepath.Join(s.Dir, "cognate-of-my-own.db")
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if newest, err := s.Newest(); err != nil || !newest.IsZero() {
		t.Errorf("the newest of none: %v, %v", newest, err)
	}
	crashed, running := filepath.Join(s.Dir, ".cognate-1"), filepath.Join(s.Dir, ".cognate-2")
	for _, dir := range []string{crashed, running} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	if err := errors.Join(os.Chtimes(crashed, at, at.Add(-25*time.Hour)), os.Chtimes(running, at, at.Add(-23*time.Hour))); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if _, err := s.Add(t.Context(), path, at.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || filepath.Base(list[0]) != "cognate-20260501T120200Z.db" || filepath.Base(list[1]) != "cognate-20260501T120300Z.db" {
		t.Errorf("kept: %v, %v", list, err)
	}
	if newest, err := s.Newest(); err != nil || !newest.Equal(at.Add(3*time.Minute)) {
		t.Errorf("the newest: %v, %v", newest, err)
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(crashed); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a crash has left: %v", err)
	}
	if _, err := os.Stat(running); err != nil {
		t.Errorf("a copy under way: %v", err)
	}
}
