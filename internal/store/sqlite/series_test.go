package sqlite_test

import (
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
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i := range 4 {
		if _, err := s.Add(t.Context(), path, at.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || filepath.Base(list[0]) != "cognate-20260501T120200Z.db" || filepath.Base(list[1]) != "cognate-20260501T120300Z.db" {
		t.Errorf("kept: %v, %v", list, err)
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
}
