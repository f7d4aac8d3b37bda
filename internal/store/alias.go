package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
)

// replaceAliases makes aliases the only ones of a user.
func (s *Store) replaceAliases(ctx context.Context, poolID, userID string, aliases []directory.Alias) error {
	old, err := rows.All(ctx, s.conn(ctx), scanAlias,
		"SELECT kind, value FROM aliases WHERE pool_id = $1 AND user_id = $2", poolID, userID)
	if err != nil {
		return err
	}
	fresh := slices.Clone(aliases)
	for _, a := range old {
		same := func(b directory.Alias) bool { return b.Kind == a.Kind && aliasKey(b.Value) == a.Value }
		if slices.ContainsFunc(aliases, same) {
			fresh = slices.DeleteFunc(fresh, same)
			continue
		}
		if _, err := s.conn(ctx).Exec(ctx, "DELETE FROM aliases WHERE pool_id = $1 AND kind = $2 AND value = $3",
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
		n, err := s.conn(ctx).Exec(ctx,
			"INSERT INTO aliases (pool_id, kind, value, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			poolID, a.Kind, aliasKey(a.Value), userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Newf(fault.Exists, fault.Alias, "An account with the given %s already exists.", a.Kind)
		}
	}
	return nil
}

// maxKey bounds what goes into an index, in bytes: PostgreSQL refuses entries of more than 2,704.
const maxKey = 1024

// aliasKey is the indexed form of an alias. A long one ends in its hash: it stays unique, and since every value of
// more than maxKey bytes is hashed, nobody can have a short one that looks like it.
func aliasKey(value string) string {
	value = storable(value)
	if len(value) <= maxKey {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return cut(value, maxKey) + hex.EncodeToString(sum[:])
}

// storable is text that PostgreSQL accepts: valid UTF-8 without NUL. Text that is neither never gets past the front.
func storable(text string) string {
	if strings.IndexByte(text, 0) < 0 && utf8.ValidString(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// cut shortens text to at most n bytes, between characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func scanAlias(row rows.Scanner) (a directory.Alias, err error) {
	err = row.Scan(&a.Kind, &a.Value)
	return a, err
}
