package schema

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
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
	if err := Up(t.Context(), db, goose.DialectSQLite3, files); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO b VALUES (1)"); err != nil {
		t.Errorf("a migration that the database lacks was overlooked: %v", err)
	}
}

// TestAnOlderBuildWorksWithANewerSchemaOfItsGeneration fails when nodes of two releases cannot run side by side, or when
// one runs on a schema from which something was taken that it needs.
func TestAnOlderBuildWorksWithANewerSchemaOfItsGeneration(t *testing.T) {
	t.Parallel()
	db := open(t)
	older := fstest.MapFS{"00001_a.sql": step("a")}
	newer := fstest.MapFS{"00001_a.sql": step("a"), "00002_b.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE schema_generation (generation INTEGER);\nINSERT INTO schema_generation VALUES (1);\n")}}
	for i, files := range []fstest.MapFS{older, newer, older, newer} {
		if err := Up(t.Context(), db, goose.DialectSQLite3, files); err != nil {
			t.Fatalf("start %d: %v", i, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE schema_generation SET generation = 2"); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db, goose.DialectSQLite3, older); err == nil || !strings.Contains(err.Error(), "newer build") {
		t.Errorf("a build of generation 1 on a schema that needs 2: %v", err)
	}
	if _, err := db.ExecContext(t.Context(), "DROP TABLE schema_generation"); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db, goose.DialectSQLite3, older); err == nil {
		t.Error("a newer schema that does not say what it needs was taken")
	}
}

// takesAway is what a migration must not do to a schema that builds of the same generation still use.
var takesAway = regexp.MustCompile(`(?i)\b(DROP\s+(TABLE|COLUMN|VIEW)|RENAME\s+(TO|COLUMN)|ALTER\s+COLUMN|SET\s+NOT\s+NULL|ADD\s+CONSTRAINT)\b`)

// mustFill is a column that statements of older builds would leave empty.
var mustFill = regexp.MustCompile(`(?im)ADD\s+COLUMN\s+[^;]*NOT\s+NULL[^;]*;`)

// TestMigrationsOnlyAddOrRaiseTheGeneration fails when a migration would break nodes that still run the build before.
func TestMigrationsOnlyAddOrRaiseTheGeneration(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../*/migrations/*.sql")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		if strings.Contains(text, "UPDATE schema_generation") {
			continue
		}
		if at := takesAway.FindString(text); at != "" {
			t.Errorf("%s: %q breaks builds of the same generation: add only, or raise schema_generation (docs/adr/0035)", file, at)
		}
		for _, column := range mustFill.FindAllString(text, -1) {
			if !strings.Contains(strings.ToUpper(column), "DEFAULT") {
				t.Errorf("%s: %q: builds of the same generation do not fill it: give it a default", file, column)
			}
		}
	}
}

func TestAFileWithoutVersionIsRefused(t *testing.T) {
	t.Parallel()
	err := Up(t.Context(), open(t), goose.DialectSQLite3, fstest.MapFS{"a.sql": step("a")})
	if err == nil || !strings.Contains(err.Error(), "a.sql") {
		t.Errorf("up: %v, want that it names the file", err)
	}
}
