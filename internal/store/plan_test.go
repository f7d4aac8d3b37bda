package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSearchesAreRangesOfAnIndex keeps the time of a search independent of the number of users: no walk through a
// table, no sorting.
func TestSearchesAreRangesOfAnIndex(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite::memory:", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, query := range map[string]string{
		"age": usersByAge, "sub": usersBySub, "username": usersByName, "cognito:user_status": usersByStatus,
		"status": usersByEnabled, "attribute": usersByAttribute, "login as username": userByUsername, "id": userByID,
		"login as alias": userByAlias, "session": sessionByID, "session and user": sessionAndUser, "code": selectCode, "credential": selectCredential,
		"lockout": selectLockout, "events": listEvents, "good events": eventsOf,
	} {
		var args []any
		for slices.Contains(strings.FieldsFunc(query, notOfPlaceholder), fmt.Sprintf("$%d", len(args)+1)) {
			args = append(args, "x")
		}
		err := s.engine.Conn().Query(t.Context(), func(rs *sql.Rows) (bool, error) {
			var a, b, c int
			var step string
			if err := rs.Scan(&a, &b, &c, &step); err != nil {
				return false, err
			}
			if !strings.HasPrefix(step, "SEARCH") {
				t.Errorf("%s: the plan has the step %q", name, step)
			}
			return true, nil
		}, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func notOfPlaceholder(r rune) bool { return r != '$' && (r < '0' || r > '9') }
