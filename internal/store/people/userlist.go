package people

import (
	"context"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// Searches of ListUsers. Each is one range of one index, whose order is that of the answer; CROSS JOIN keeps SQLite
// from starting at the users. Here and elsewhere "+ 0" hides a LIMIT from SQLite's planner, which would plan the query
// again for each value; that takes longer than the query.
const (
	listUsers   = "SELECT " + Columns + " FROM users u WHERE u.pool_id = $1"
	usersByAge  = listUsers + " AND (u.created_at, u.id) > ($2, $3) ORDER BY u.created_at, u.id LIMIT $4 + 0"
	usersBySub  = listUsers + " AND u.id >= $2 AND u.id < $3 ORDER BY u.id LIMIT $4 + 0"
	usersByName = listUsers + ` AND u.username_key >= $2 AND (u.username_key, u.id) > ($2, $3) AND u.username_key < $4
	ORDER BY u.username_key, u.id LIMIT $5 + 0`
	usersByStatus = listUsers + ` AND (u.status, u.id) > ($2, $3) AND u.status < $4
	ORDER BY u.status, u.id LIMIT $5 + 0`
	usersByEnabled = listUsers + ` AND (u.enabled, u.id) > ($2, $3) AND u.enabled <= $4
	ORDER BY u.enabled, u.id LIMIT $5 + 0`
	usersByAttribute = "SELECT " + Columns + ` FROM user_index x CROSS JOIN users u
	WHERE x.pool_id = $1 AND x.name = $2 AND (x.value, x.user_id) > ($3, $4) AND x.value < $5
	AND u.pool_id = x.pool_id AND u.id = x.user_id ORDER BY x.value, x.user_id LIMIT $6 + 0`
)

// ListUsers lists up to q.Limit users after q.After: all of a pool, or those whose attribute has or begins with a
// value. An attribute that cannot be searched is a fault Invalid.
func (s *Store) ListUsers(ctx context.Context, q directory.UserQuery) ([]*directory.User, error) {
	query, args, err := search(q)
	if err != nil || query == "" {
		return []*directory.User{}, err
	}
	list, err := rows.All(ctx, s.Stale(ctx), scanUser(q.PoolID), query, args...)
	return list, database.Failed("list users", err)
}

// search is the statement for a query and its arguments; no statement means that nothing can match.
func search(q directory.UserQuery) (string, []any, error) {
	switch q.Attribute {
	case "":
		return usersByAge, []any{q.PoolID, q.After.CreatedAt, q.After.ID, q.Limit}, nil
	case "sub":
		r := span(strings.ToLower(database.Storable(q.Value)), q.Prefix, directory.UserPosition{})
		if q.After.ID >= r.after {
			r.after = q.After.ID + least
		}
		return usersBySub, []any{q.PoolID, r.after, r.end, q.Limit}, nil
	case "username":
		r := span(database.Storable(q.Value), q.Prefix, q.After)
		return usersByName, []any{q.PoolID, r.after, r.id, r.end, q.Limit}, nil
	case "cognito:user_status":
		q.After.Value = strings.ToUpper(q.After.Value)
		r := span(strings.ToUpper(database.Storable(q.Value)), q.Prefix, q.After)
		return usersByStatus, []any{q.PoolID, r.after, r.id, r.end, q.Limit}, nil
	case "status":
		return searchEnabled(q)
	}
	if !slices.Contains(searched[:], q.Attribute) {
		return "", nil, fault.Invalidf("Invalid search attribute: %s", q.Attribute)
	}
	q.After.Value = indexed(q.After.Value)
	r := span(indexed(q.Value), q.Prefix, q.After)
	return usersByAttribute, []any{q.PoolID, q.Attribute, r.after, r.id, r.end, q.Limit}, nil
}

// searchEnabled searches by Enabled or Disabled, which are numbers here; their order is that of the words.
func searchEnabled(q directory.UserQuery) (string, []any, error) {
	words := [...]string{"Disabled", "Enabled"}
	match := func(word, value string) bool {
		return word == value || q.Prefix && strings.HasPrefix(word, value)
	}
	low, high := 1, 0
	for i, word := range words {
		if match(word, q.Value) {
			low, high = min(low, i), max(high, i)
		}
	}
	if !match(words[low], q.Value) {
		return "", nil, nil
	}
	if q.After.ID != "" && q.After.Value == words[high] {
		low = high
	}
	return usersByEnabled, []any{q.PoolID, low, q.After.ID, high, q.Limit}, nil
}

// reach is a range of an index: what comes after the place (after, id) and before the value end.
type reach struct{ after, id, end string }

// least is the character that follows on nothing: no text of ours has a NUL, so nothing lies between x and x+least.
// most is greater than every text that a user can have.
const (
	least = "\x01"
	most  = "\U0010FFFF\U0010FFFF\U0010FFFF\U0010FFFF"
)

// span is where to look for a value, or for everything that begins with it, going on after a position. Both values
// have been through the same folding.
func span(value string, prefix bool, after directory.UserPosition) reach {
	r := reach{after: value, id: after.ID, end: value + least}
	if !prefix {
		return r
	}
	r.after = max(value, after.Value)
	if end, ok := rows.PrefixEnd(value); ok {
		r.end = end
	} else {
		r.end = most
	}
	return r
}

// searched are the attributes in user_index.
var searched = [...]string{"email", "phone_number", "name", "given_name", "family_name", "preferred_username"}

// searchable picks the attributes of a user that go into user_index, in their indexed form.
func searchable(attributes map[string]string) map[string]string {
	m := make(map[string]string, len(searched))
	for _, name := range searched {
		if value := attributes[name]; value != "" {
			m[name] = indexed(value)
		}
	}
	return m
}

// indexed is the folded form of a value. It may be cut: a filter has at most 256 characters (1,024 bytes), so no value
// that was cut at a greater length equals one that is searched for.
func indexed(value string) string {
	return database.Cut(strings.ToLower(database.Storable(value)), database.MaxKey+4)
}

// reindex turns a user's entries in user_index from before to after.
func (s *Store) reindex(ctx context.Context, poolID, userID string, before, after map[string]string) error {
	for _, name := range searched {
		was, is := before[name], after[name]
		if was == is {
			continue
		}
		if was != "" {
			if _, err := s.Conn(ctx).Exec(ctx,
				"DELETE FROM user_index WHERE pool_id = $1 AND name = $2 AND value = $3 AND user_id = $4",
				poolID, name, was, userID); err != nil {
				return err
			}
		}
		if is != "" {
			if _, err := s.Conn(ctx).Exec(ctx,
				"INSERT INTO user_index (pool_id, name, value, user_id) VALUES ($1, $2, $3, $4)",
				poolID, name, is, userID); err != nil {
				return err
			}
		}
	}
	return nil
}
