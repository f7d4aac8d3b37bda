package people

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// replaceAliases makes aliases the only ones of a user.
func (s *Store) replaceAliases(ctx context.Context, poolID, userID string, aliases []directory.Alias) error {
	old, err := rows.All(ctx, s.Conn(ctx), scanAlias,
		"SELECT kind, value FROM aliases WHERE pool_id = $1 AND user_id = $2", poolID, userID)
	if err != nil {
		return err
	}
	fresh := slices.Clone(aliases)
	for _, a := range old {
		same := func(b directory.Alias) bool { return b.Kind == a.Kind && database.IndexKey(b.Value) == a.Value }
		if slices.ContainsFunc(aliases, same) {
			fresh = slices.DeleteFunc(fresh, same)
			continue
		}
		if _, err := s.Conn(ctx).Exec(ctx, "DELETE FROM aliases WHERE pool_id = $1 AND kind = $2 AND value = $3",
			poolID, a.Kind, a.Value); err != nil {
			return err
		}
	}
	return s.claimAliases(ctx, poolID, userID, fresh)
}

// claimAliases gives aliases to a user; one that somebody else has is a fault Exists/Alias. The order is fixed, so that
// two transactions that want the same aliases do not wait for each other.
func (s *Store) claimAliases(ctx context.Context, poolID, userID string, aliases []directory.Alias) error {
	sorted := slices.SortedFunc(slices.Values(aliases), func(a, b directory.Alias) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
	})
	for _, a := range slices.Compact(sorted) {
		n, err := s.Conn(ctx).Exec(ctx,
			"INSERT INTO aliases (pool_id, kind, value, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			poolID, a.Kind, database.IndexKey(a.Value), userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return directory.AliasTaken(a.Kind)
		}
	}
	return nil
}

func scanAlias(row rows.Scanner) (a directory.Alias, err error) {
	err = row.Scan(&a.Kind, &a.Value)
	return a, err
}
