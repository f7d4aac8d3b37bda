// Package plantest looks at how SQLite means to answer queries. The tests of the subjects' stores name theirs.
package plantest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/store/database"
)

// Searches fails a test unless every query, by its name, goes by an index alone: no walk through a table, no sorting. So the time
// of a search is independent of the number of users.
func Searches(t *testing.T, queries map[string]string) {
	t.Helper()
	db, err := database.Open(t.Context(), "sqlite::memory:", database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, query := range queries {
		var args []any
		for slices.Contains(strings.FieldsFunc(query, notOfPlaceholder), fmt.Sprintf("$%d", len(args)+1)) {
			args = append(args, "x")
		}
		steps := 0
		err := database.SQL{DB: db}.Conn(t.Context()).Query(t.Context(), func(rs *sql.Rows) (bool, error) {
			var a, b, c int
			var step string
			if err := rs.Scan(&a, &b, &c, &step); err != nil {
				return false, err
			}
			steps++
			if !strings.HasPrefix(step, "SEARCH") {
				t.Errorf("%s: the plan has the step %q", name, step)
			}
			return true, nil
		}, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil || steps == 0 {
			t.Errorf("%s: %d steps, %v", name, steps, err)
		}
	}
}

func notOfPlaceholder(r rune) bool { return r != '$' && (r < '0' || r > '9') }
