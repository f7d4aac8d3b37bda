package logfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/kit/logfile"
)

// TestFilesAreSetAsideAndOldOnesGo fails when a log fills the disk, or loses a line when it is set aside.
func TestFilesAreSetAsideAndOldOnesGo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := logfile.Open(path, 16, 2, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"first\n", "second, a long one that does not fit\n", "third\n", "fourth\n", "fifth\n"} {
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(path + "*")
	if err != nil || len(all) != 3 { // sorted: the newest first, then by time
		t.Fatalf("%v, %v", all, err)
	}
	var text strings.Builder
	for _, name := range append(all[1:], all[0]) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(raw)
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if want := "second, a long one that does not fit\nthird\nfourth\nfifth\n"; text.String() != want {
		t.Errorf("kept %q", text.String())
	}
}

// TestAFileThatCannotBeSetAsideIsWrittenOn fails when a mistake in a folder's rights loses what is logged.
func TestAFileThatCannotBeSetAsideIsWrittenOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var heard error
	f, err := logfile.Open(filepath.Join(dir, "log"), 4, 2, func(err error) { heard = err })
	if err != nil {
		t.Fatal(err)
	}
	moved := dir + ".moved"
	if _, err := f.Write([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, moved); err != nil { // now there is nothing to rename
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("two\n")); err != nil || heard == nil {
		t.Errorf("writing failed: %v; nobody heard that the file could not be set aside: %v", err, heard)
	}
	if raw, err := os.ReadFile(filepath.Join(moved, "log")); err != nil || string(raw) != "one\ntwo\n" {
		t.Errorf("%q, %v", raw, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := logfile.Open(filepath.Join(dir, "log"), 4, 2, nil); err == nil {
		t.Error("a file in no folder was opened")
	}
}
