package schema

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"
)

func step(table string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE " + table + " (n INTEGER);\n")}
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEachStepIsTakenOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	files := fstest.MapFS{"00001_a.sql": step("a")}
	for range 2 {
		if err := Up(t.Context(), db, goose.DialectSQLite3, files); err != nil {
			t.Fatal(err)
		}
	}
	files["00003_c.sql"] = step("c")
	for range 2 {
		if err := Up(t.Context(), db, goose.DialectSQLite3, files); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("INSERT INTO a VALUES (1); INSERT INTO c VALUES (1)"); err != nil {
		t.Error(err)
	}
}

func TestAStepThatWasSkippedIsNotOverlooked(t *testing.T) {
	t.Parallel()
	db := open(t)
	files := fstest.MapFS{"00001_a.sql": step("a"), "00003_c.sql": step("c")}
	if err := Up(t.Context(), db, goose.DialectSQLite3, files); err != nil {
		t.Fatal(err)
	}
	files["00002_b.sql"] = step("b")
	if err := Up(t.Context(), db, goose.DialectSQLite3, files); err == nil {
		t.Error("a migration that the database lacks was overlooked")
	}
}

func TestAFileWithoutVersionIsRefused(t *testing.T) {
	t.Parallel()
	err := Up(t.Context(), open(t), goose.DialectSQLite3, fstest.MapFS{"a.sql": step("a")})
	if err == nil || !strings.Contains(err.Error(), "a.sql") {
		t.Errorf("up: %v, want that it names the file", err)
	}
}
