package query_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/query"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/store/storetest"
)

var postgres storetest.Cluster

func TestMain(m *testing.M) {
	code := m.Run()
	postgres.Stop()
	os.Exit(code)
}

// database makes one with a few people in it and gives its URL.
func database(t *testing.T, engine string) string {
	t.Helper()
	driver, dsn := "sqlite", filepath.Join(t.TempDir(), "people #1.db")
	target := "sqlite:" + dsn
	if engine == "postgres" {
		target = postgres.Database(t)
		driver, dsn = "pgx", target
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`DROP TABLE IF EXISTS people`, `DROP TABLE IF EXISTS roles`,
		`CREATE TABLE people (id TEXT, name TEXT, level INTEGER, rate DOUBLE PRECISION, vip BOOLEAN, since TIMESTAMP, note TEXT)`,
		`CREATE TABLE roles (id TEXT, kind TEXT, role TEXT)`,
		`INSERT INTO people VALUES ('a', 'Alice', 3, 0.5, TRUE, '2026-01-02 03:04:05', NULL), ('t', 'T', 1, 1, FALSE, NULL, NULL), ('t', 'T2', 1, 1, FALSE, NULL, NULL)`,
		`INSERT INTO roles VALUES ('a', 'doc', 'owner'), ('a', 'doc', 'editor'), ('a', 'page', 'reader')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if engine == "postgres" {
		t.Cleanup(func() {
			db, _ := sql.Open("pgx", dsn)
			defer db.Close()
			if _, err := db.ExecContext(context.Background(), "DROP TABLE people, roles"); err != nil {
				t.Error(err)
			}
		})
	}
	return target
}

func source(t *testing.T, c query.Config) *query.Source {
	t.Helper()
	s, err := query.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func each(t *testing.T, run func(t *testing.T, target string)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			if engine == "postgres" && testing.Short() {
				t.Skip("starts a server")
			}
			run(t, database(t, engine))
		})
	}
}

func TestARowIsAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, target string) {
		s := source(t, query.Config{Database: target, Query: "SELECT name, level, rate, vip, since, note FROM people WHERE id = $1"})
		got, err := s.Find(t.Context(), "", "a")
		if err != nil {
			t.Fatal(err)
		}
		// SQLite has no booleans: the field's type makes one.
		if got["vip"], err = field.As(field.Bool, got["vip"]); err != nil {
			t.Fatal(err)
		}
		v, err := field.Value(got)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"name": "Alice", "level": 3.0, "rate": 0.5, "vip": true, "since": "2026-01-02T03:04:05Z", "note": nil}
		if diff := cmp.Diff(want, v.AsInterface()); diff != "" {
			t.Error(diff)
		}
		for _, id := range []string{"nobody", "a' OR '1'='1", "a\x00", "\xff"} {
			if got, err := s.Find(t.Context(), "", id); got != nil || err != nil {
				t.Errorf("%q: %v, %v", id, got, err)
			}
		}
		if got, err := s.Find(t.Context(), "", "t"); got != nil || !upstream.IsAboutQuestion(err) {
			t.Errorf("two rows: %v, %v", got, err)
		}
	})
}

func TestSeveralRowsAreAList(t *testing.T) {
	each(t, func(t *testing.T, target string) {
		s := source(t, query.Config{Database: target, Query: "SELECT role FROM roles WHERE id = $1 AND kind = $2 ORDER BY role", Rows: "all"})
		got, err := s.Find(t.Context(), "doc", "a")
		want := map[string]any{"rows": []any{map[string]any{"role": "editor"}, map[string]any{"role": "owner"}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if got, err := s.Find(t.Context(), "other", "a"); got != nil || err != nil {
			t.Errorf("no rows: %v, %v", got, err)
		}
	})
}

func TestAQueryCannotWriteAndEndsInTime(t *testing.T) {
	each(t, func(t *testing.T, target string) {
		for _, text := range []string{
			"DELETE FROM people WHERE id = $1 RETURNING name", "INSERT INTO people (id) VALUES ($1) RETURNING name",
		} {
			s := source(t, query.Config{Database: target, Query: text})
			if got, err := s.Find(t.Context(), "", "a"); err == nil {
				t.Errorf("%s: %v", text, got)
			}
		}
		s := source(t, query.Config{Database: target, Query: "SELECT name FROM people WHERE id = $1"})
		if got, err := s.Find(t.Context(), "", "a"); err != nil || got["name"] != "Alice" {
			t.Errorf("afterwards: %v, %v", got, err)
		}
		long := source(t, query.Config{Database: target, Query: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
			SELECT count(*) AS c FROM n WHERE $1 <> ''`})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		if got, err := long.Find(ctx, "", "a"); err == nil || time.Since(began) > 5*time.Minute {
			t.Errorf("a query without an end: %v, %v after %v", got, err, time.Since(began))
		}
	})
}

func TestAnIDThatIsNoNumberIsToBlameItself(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	s := source(t, query.Config{Database: database(t, "postgres"), Query: "SELECT name FROM people WHERE level = $1::text::integer LIMIT 1"})
	if got, err := s.Find(t.Context(), "", "abc"); !upstream.IsAboutQuestion(err) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := s.Find(t.Context(), "", "3"); err != nil || got["name"] != "Alice" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestADatabaseThatIsNotThereIsMadeByNobody(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.db")
	s := source(t, query.Config{Database: "sqlite:" + path, Query: "SELECT 1 WHERE $1 = ''"})
	if got, err := s.Find(t.Context(), "", "a"); err == nil {
		t.Errorf("%v", got)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the query made a database")
	}
}

func TestSettingsThatCannotWorkAreRefusedWithoutTheURL(t *testing.T) {
	t.Parallel()
	for _, c := range []query.Config{
		{Query: "SELECT 1 WHERE $1 = ''"}, {Database: "sqlite:x", DatabaseEnv: "X", Query: "SELECT $1"}, {Database: "sqlite:x", Query: "SELECT 1"},
		{Database: "mysql://u:s3cret@x", Query: "SELECT $1"}, {Database: "postgres://u:s3cret@x:port/", Query: "SELECT $1"},
		{Database: "sqlite:", Query: "SELECT $1"}, {Database: "sqlite:x", Query: "SELECT $1", Rows: "some"}, {DatabaseEnv: "COGNATE_TEST_UNSET", Query: "SELECT $1"},
		{DatabaseFile: "/nowhere", Query: "SELECT $1"}, {Database: "sqlite:x", Query: "SELECT $1", Connections: -1},
	} {
		if _, err := query.New(c); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
