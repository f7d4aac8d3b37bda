package people

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// together is how many users one statement reads something of. Fewer are filled up with one of them, so that all statements are of one
// text, and stay prepared.
const together = 100

// ofUsers ends the statements: $1 is the pool.
var ofUsers = func() string {
	places := make([]string, together)
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+2)
	}
	return " IN (" + strings.Join(places, ", ") + ")"
}()

// each runs a query for up to together users at a time.
func each[T any](ctx context.Context, s *Store, scan func(rows.Scanner) (T, error), query, poolID string, userIDs []string) (all []T, err error) {
	for some := range slices.Chunk(userIDs, together) {
		args := []any{poolID}
		for i := range together {
			args = append(args, some[min(i, len(some)-1)])
		}
		list, err := rows.All(ctx, s.Conn(ctx), scan, query, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

var groupNamesOf = `SELECT m.user_id, g.name FROM members m CROSS JOIN user_groups g
	WHERE m.pool_id = $1 AND m.user_id` + ofUsers + ` AND g.pool_id = m.pool_id AND g.name = m.group_name
	ORDER BY m.user_id, g.precedence IS NULL, g.precedence, g.name`

// GroupNamesOf gives the names of the groups of many users by sub, each as GroupsOf orders them.
func (s *Store) GroupNamesOf(ctx context.Context, poolID string, userIDs []string) (map[string][]string, error) {
	list, err := each(ctx, s, func(row rows.Scanner) (of [2]string, err error) {
		err = row.Scan(&of[0], &of[1])
		return of, err
	}, groupNamesOf, poolID, userIDs)
	if err != nil {
		return nil, database.Failed("list groups of users", err)
	}
	names := map[string][]string{}
	for _, of := range list {
		names[of[0]] = append(names[of[0]], of[1])
	}
	return names, nil
}

var credentialsOf = "SELECT user_id, " + credentialColumns + " FROM credentials WHERE pool_id = $1 AND user_id" + ofUsers

// CredentialsOf gives the credentials of many users by sub; of who has none there is none.
func (s *Store) CredentialsOf(ctx context.Context, poolID string, userIDs []string) (map[string]*directory.Credential, error) {
	type owned struct {
		userID string
		*directory.Credential
	}
	list, err := each(ctx, s, func(row rows.Scanner) (o owned, err error) {
		o.Credential, err = scanCredential(prefixed{row, &o.userID})
		return o, err
	}, credentialsOf, poolID, userIDs)
	if err != nil {
		return nil, database.Failed("read credentials", err)
	}
	all := make(map[string]*directory.Credential, len(list))
	for _, o := range list {
		all[o.userID] = o.Credential
	}
	return all, nil
}

// prefixed is a row with one column before those that are scanned.
type prefixed struct {
	rows.Scanner
	first any
}

// Scan implements rows.Scanner.
func (p prefixed) Scan(into ...any) error { return p.Scanner.Scan(append([]any{p.first}, into...)...) }
