package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/kit/rows"
)

func TestADatabaseInMemoryIsWhatMigrationsMakeOfAFile(t *testing.T) {
	t.Parallel()
	var seen [2][]string
	for i, path := range []string{filepath.Join(t.TempDir(), "test.db"), Memory} {
		db, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, query := range []string{
			"SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name",
			"SELECT 'applied ' || version_id FROM goose_db_version ORDER BY version_id",
			"SELECT 'foreign keys ' || foreign_keys FROM pragma_foreign_keys",
			"SELECT 'generation ' || generation FROM schema_generation",
		} {
			found, err := rows.All(t.Context(), db.Conn(), rows.Value[string], query)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Errorf("%s: nothing from %s", path, query)
			}
			seen[i] = append(seen[i], found...)
		}
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("file (-) and memory (+) differ:\n%s", diff)
	}
}

func TestDatabasesInMemoryAreApart(t *testing.T) {
	t.Parallel()
	var dbs [2]*DB
	for i := range dbs {
		db, err := Open(t.Context(), Memory, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		dbs[i] = db
	}
	if err := dbs[0].Write(t.Context(), func(c rows.Conn) error { return mark(c, "a") }); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} {
		n, _, err := rows.One(t.Context(), dbs[i].Conn(), rows.Value[int], "SELECT count(*) FROM marks")
		if err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("database %d has %d marks, want %d", i, n, want)
		}
	}
}

func BenchmarkOpenMemory(b *testing.B) {
	for b.Loop() {
		db, err := Open(b.Context(), Memory, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
