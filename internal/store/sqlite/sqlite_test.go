package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/kit/rows"
)

func TestTheFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes of files mean nothing here")
	}
	dir := filepath.Join(t.TempDir(), "new")
	db, err := Open(t.Context(), filepath.Join(dir, "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, "a") }); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(dir + "/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v: want the database and its log", files, err)
	}
	for _, file := range append(files, dir) {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may read password hashes", file, info.Mode())
		}
	}
}

func TestAnswersAreOnDisk(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	pragma := func(name string) (value string) {
		t.Helper()
		if err := db.Write(t.Context(), func(c rows.Conn) (err error) {
			value, _, err = rows.One(context.Background(), c, rows.Value[string], "PRAGMA "+name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return value
	}
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		if got := pragma(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestManyMayOpenANewFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			db, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestANewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(c rows.Conn) error {
		_, err := c.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
		if err == nil {
			_, err = c.Exec(t.Context(), "UPDATE schema_generation SET generation = 99999")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), path, Options{}); err == nil {
		db.Close()
		t.Error("a database of a newer build was opened")
	} else if !strings.Contains(err.Error(), "99999") {
		t.Errorf("open: %v, want that it names the schema", err)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is not a database. ", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), path, Options{}); err == nil {
		db.Close()
		t.Error("a file that is no database was opened")
	}
}
