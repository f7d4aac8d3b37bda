package store_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// portable is all of SQL that the store and the PostgreSQL migrations use: what docs/adr/0054 says CockroachDB and YugabyteDB have.
// A word that is not here needs a look at both, and a line in the ADR.
var portable = strings.Fields(`
	SELECT DISTINCT FROM AS JOIN LEFT ON WHERE AND OR NOT IN IS NULL EXISTS BETWEEN CASE WHEN THEN ELSE END CAST ESCAPE LIKE
	GROUP BY HAVING ORDER ASC DESC LIMIT UNION ALL INSERT INTO VALUES CONFLICT DO NOTHING UPDATE SET DELETE RETURNING
	SAVEPOINT ROLLBACK TO RELEASE FOR COALESCE WITH CONSTRAINT COUNT
	CREATE TABLE UNIQUE INDEX PRIMARY KEY FOREIGN REFERENCES CASCADE DEFAULT ALTER ADD COLUMN COLLATE CHECK
	TEXT BIGINT SMALLINT BYTEA INTEGER GENERATED ALWAYS IDENTITY CROSS`)

// functions of the common SQL.
var functions = strings.Fields(`count max min sum length substr coalesce COALESCE lower`)

var (
	quoted    = regexp.MustCompile(`'[^']*'`)
	remark    = regexp.MustCompile(`--[^\n]*`)
	word      = regexp.MustCompile(`\b[A-Z][A-Z]+\b`)
	call      = regexp.MustCompile(`\b([a-zA-Z_]+)\(`)
	statement = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|ORDER BY|ON CONFLICT|SAVEPOINT|WHERE [a-z(])`)
	operator  = regexp.MustCompile(`::|@>|<@|->|~|\bILIKE\b|\?\||\$\$`)
)

// TestTheMainPathIsPortableSQL reads every statement of the store and every migration.
func TestTheMainPathIsPortableSQL(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	migrations, err := filepath.Glob("postgres/migrations/*.sql")
	if err != nil || len(migrations) < 20 {
		t.Fatalf("%d migrations, %v", len(migrations), err)
	}
	for _, path := range migrations {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = strings.ReplaceAll(remark.ReplaceAllString(string(raw), ""), `COLLATE "C"`, "")
	}
	statements := ofTheStore(t)
	if len(statements) < 150 {
		t.Fatalf("only %d statements were found: has their form changed?", len(statements))
	}
	maps.Copy(texts, statements)
	for where, text := range texts {
		text = quoted.ReplaceAllString(text, "''")
		for _, w := range word.FindAllString(text, -1) {
			if !slices.Contains(portable, w) {
				t.Errorf("%s: %s is not among the portable words", where, w)
			}
		}
		if strings.HasSuffix(where, ".sql") {
			continue // there a name before a parenthesis is a table
		}
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(functions, m[1]) && !slices.Contains(portable, m[1]) && !strings.Contains(text, "INSERT INTO "+m[1]) {
				t.Errorf("%s: %s() is not among the portable functions", where, m[1])
			}
		}
		if found := operator.FindString(text); found != "" {
			t.Errorf("%s: %s is of one database", where, found)
		}
	}
}

// ofTheStore are the string literals of the store's own files that are SQL. What an engine says in its own way stands in its
// folder.
func ofTheStore(t *testing.T) map[string]string {
	t.Helper()
	top, errTop := filepath.Glob("*.go")
	subjects, err := filepath.Glob("*/*.go")
	if err = errors.Join(errTop, err); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, path := range slices.Concat(top, subjects) {
		if strings.HasSuffix(path, "_test.go") || slices.Contains([]string{"sqlite", "postgres", "schema", "storetest"}, filepath.Dir(path)) {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err == nil && statement.MatchString(text) {
				found[path+":"+strconv.Itoa(set.Position(lit.Pos()).Line)] = text
			}
			return true
		})
	}
	return found
}

// TestWhatIsNotPortableIsFound keeps the test above able to fail.
func TestWhatIsNotPortableIsFound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"SELECT a FROM b FOR UPDATE SKIP LOCKED", "SELECT a FROM ONLY b", "CREATE TRIGGER x", "ALTER TABLE a DROP COLUMN b"} {
		if !slices.ContainsFunc(word.FindAllString(text, -1), func(w string) bool { return !slices.Contains(portable, w) }) {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{"SELECT a::text FROM b", "SELECT a->'b' FROM c"} {
		if operator.FindString(text) == "" {
			t.Errorf("%q passes", text)
		}
	}
	if m := call.FindStringSubmatch("SELECT pg_advisory_xact_lock(1)"); m == nil || slices.Contains(functions, m[1]) {
		t.Error("an advisory lock passes")
	}
}
