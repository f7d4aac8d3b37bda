package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

// walk pages through a search and returns the ids in order. between runs between pages.
func walk(t rapid.TB, s *store.Store, q directory.UserQuery, between func()) (ids []string) {
	for {
		page, err := s.ListUsers(ctx(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > q.Limit {
			t.Fatalf("a page has %d users, the limit is %d", len(page), q.Limit)
		}
		if len(page) == 0 {
			return ids
		}
		for _, u := range page {
			ids = append(ids, u.ID)
		}
		last := page[len(page)-1]
		q.After = directory.UserPosition{Value: searchedValue(last, q.Attribute), CreatedAt: last.CreatedAt.UnixMilli(), ID: last.ID}
		between()
	}
}

// searchedValue is what a search compares, as the room sees it.
func searchedValue(u *directory.User, attribute string) string {
	switch attribute {
	case "username":
		return u.Username
	case "sub":
		return u.ID
	case "cognito:user_status":
		return strings.ToLower(string(u.Status))
	case "status":
		if u.Enabled {
			return "Enabled"
		}
		return "Disabled"
	}
	return strings.ToLower(u.Attributes[attribute])
}

func lists(t *testing.T, open Open) {
	t.Run("ASearchFindsExactlyWhatMatches", func(t *testing.T) { t.Parallel(); searches(t, seeded(t, open)) })
	t.Run("AnUnknownAttributeIsRefused", func(t *testing.T) {
		t.Parallel()
		_, err := seeded(t, open).ListUsers(ctx(), directory.UserQuery{PoolID: poolID, Attribute: "custom:x", Value: "a", Limit: 9})
		faulty(t, "search", err, fault.Invalid, "", "Invalid search attribute: custom:x")
	})
	t.Run("EveryOrderIsStableAndComplete", func(t *testing.T) { t.Parallel(); orders(t, open) })
	t.Run("PagesHoldEachUserOnceWhileOthersArrive", func(t *testing.T) { t.Parallel(); growingPages(t, seeded(t, open)) })
	t.Run("APrefixIsABytePrefix", func(t *testing.T) { t.Parallel(); prefixes(t, open) })
}

func searches(t *testing.T, s *store.Store) {
	people := []struct {
		name, email string
		status      directory.Status
		enabled     bool
	}{
		{"Ann", "Ann@Example.com", directory.Confirmed, true},
		{"Anna", "anna@example.com", directory.Unconfirmed, true},
		{"an%", "a_n@example.com", directory.Confirmed, false},
		{"Änn", "ann@example.comx", directory.ForceChangePassword, false},
	}
	for i, p := range people {
		u := user(i)
		u.Username, u.Status, u.Enabled = p.name, p.status, p.enabled
		u.Attributes = map[string]string{"email": p.email, "name": p.name, "family_name": strings.Repeat("é", 1500) + p.name}
		must(t, s.InsertUser(ctx(), u, named(u)))
	}
	for _, c := range []struct {
		attribute, op, value string
		want                 []int
	}{
		{"", "", "", []int{0, 1, 2, 3}},
		{"name", "=", "ann", []int{0}}, {"name", "=", "ANN", []int{0}}, {"name", "=", "an", nil}, {"name", "=", "", nil},
		{"name", "^=", "an", []int{2, 0, 1}}, {"name", "^=", "an%", []int{2}}, {"name", "^=", "%", nil}, {"name", "^=", "ä", []int{3}},
		{"name", "^=", "", []int{2, 0, 1, 3}}, {"name", "^=", "a_", nil}, {"name", "=", "ann\x00", nil}, {"name", "^=", "\U0010FFFF", nil},
		{"email", "=", "ann@example.com", []int{0}}, {"email", "^=", "ann@", []int{0, 3}}, {"email", "^=", "a_", []int{2}},
		{"family_name", "^=", strings.Repeat("é", 256), []int{0, 1, 2, 3}}, {"family_name", "=", strings.Repeat("é", 256), nil},
		{"username", "=", "Ann", []int{0}}, {"username", "=", "ann", nil}, {"username", "^=", "An", []int{0, 1}},
		{"sub", "=", sub(2), []int{2}}, {"sub", "^=", sub(0)[:30], []int{0, 1, 2, 3}}, {"sub", "=", sub(2)[:30], nil},
		{"cognito:user_status", "=", "confirmed", []int{0, 2}}, {"cognito:user_status", "^=", "un", []int{1}},
		{"cognito:user_status", "^=", "", []int{0, 2, 3, 1}},
		{"status", "=", "Enabled", []int{0, 1}}, {"status", "=", "Disabled", []int{2, 3}}, {"status", "=", "En", nil},
		{"status", "^=", "Dis", []int{2, 3}}, {"status", "^=", "", []int{2, 3, 0, 1}}, {"status", "=", "other", nil}, {"status", "=", "", nil},
		{"phone_number", "^=", "", nil},
	} {
		for _, limit := range []int{1, 3, 60} {
			q := directory.UserQuery{PoolID: poolID, Attribute: c.attribute, Prefix: c.op == "^=", Value: c.value, Limit: limit}
			var want []string
			for _, n := range c.want {
				want = append(want, sub(n))
			}
			if got := walk(t, s, q, func() {}); !slices.Equal(got, want) {
				t.Errorf("%s %s %.20q in pages of %d finds %v, want %v", c.attribute, c.op, c.value, limit, got, want)
			}
		}
	}
}

// orders compares every order of ListUsers with the order of the same users sorted here, by bytes.
func orders(t *testing.T, open Open) {
	s := seeded(t, open)
	letters := []string{"a", "B", "b", "ä", "Z", "z", "-", "_", "é", "~", "aB", "a b", "Äa"}
	var people []*directory.User
	for i := range 40 {
		u := user(i)
		u.Username = fmt.Sprintf("%s%d", letters[i%len(letters)], i)
		u.Attributes["name"] = letters[(i*7)%len(letters)]
		u.CreatedAt = later(i / 5)
		u.Enabled = i%3 > 0
		u.Status = []directory.Status{directory.Confirmed, directory.Unconfirmed, directory.ResetRequired}[i%3]
		must(t, s.InsertUser(ctx(), u, named(u)))
		people = append(people, u)
	}
	for _, attribute := range []string{"", "username", "name", "sub", "cognito:user_status", "status", "email"} {
		sorted := slices.Clone(people)
		slices.SortFunc(sorted, func(a, b *directory.User) int {
			if attribute == "" && !a.CreatedAt.Equal(b.CreatedAt) {
				return a.CreatedAt.Compare(b.CreatedAt)
			}
			if d := strings.Compare(searchedValue(a, attribute), searchedValue(b, attribute)); attribute != "" && d != 0 {
				return d
			}
			return strings.Compare(a.ID, b.ID)
		})
		var want []string
		for _, u := range sorted {
			want = append(want, u.ID)
		}
		for _, limit := range []int{1, 7, 60} {
			got := walk(t, s, directory.UserQuery{PoolID: poolID, Attribute: attribute, Prefix: true, Limit: limit}, func() {})
			same(t, fmt.Sprintf("order by %q in pages of %d", attribute, limit), got, want)
		}
	}
}

// growingPages is the law of pagination: whoever was there at the start comes exactly once, whatever is inserted
// between the pages and during them.
func growingPages(t *testing.T, s *store.Store) {
	next := 0
	add := func(name string, at int) string {
		u := user(next)
		next++
		u.Attributes["name"], u.CreatedAt = name, later(at)
		must(t, s.InsertUser(ctx(), u, named(u)))
		return u.ID
	}
	word := rapid.StringMatching(`[a-c]{1,2}`)
	rapid.Check(t, func(r *rapid.T) {
		must(t, s.Reset(ctx()))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		q := directory.UserQuery{
			PoolID: poolID, Prefix: true, Limit: rapid.IntRange(1, 4).Draw(r, "limit"),
			Attribute: rapid.SampledFrom([]string{"", "name", "email", "username", "status", "sub"}).Draw(r, "attribute"),
		}
		start := map[string]int{}
		for range rapid.IntRange(0, 6).Draw(r, "users") {
			start[add(word.Draw(r, "name"), rapid.IntRange(0, 3).Draw(r, "age"))] = 0
		}
		ids := walk(r, s, q, func() {
			if next%3 > 0 { // not always: the walk must end
				add(word.Draw(r, "new name"), rapid.IntRange(0, 3).Draw(r, "new age"))
			}
			next++
		})
		for _, id := range ids {
			if _, there := start[id]; there {
				start[id]++
			}
		}
		for id, times := range start {
			if times != 1 {
				r.Fatalf("user %s came %d times", id, times)
			}
		}
	})

	// The same with writers that really run at the same time.
	start := map[string]int{}
	for i := range 40 {
		start[add(fmt.Sprintf("n%d", i%9), i%5)] = 0
	}
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := range 20 {
				u := user(100_000 + 100*w + i)
				u.Attributes["name"], u.CreatedAt = fmt.Sprintf("n%d", i%9), later(i%5)
				if err := s.InsertUser(ctx(), u, named(u)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, id := range walk(t, s, directory.UserQuery{PoolID: poolID, Attribute: "name", Prefix: true, Value: "n", Limit: 7}, func() {}) {
		if _, there := start[id]; there {
			start[id]++
		}
	}
	writers.Wait()
	for id, times := range start {
		if times != 1 {
			t.Errorf("user %s came %d times", id, times)
		}
	}
}

// prefixes compares prefix search with strings.HasPrefix.
func prefixes(t *testing.T, open Open) {
	s := seeded(t, open)
	letter := rapid.SampledFrom([]rune("abAB%_'\\\"*?é\U0010FFFF\uD7FF\uE000 "))
	text := rapid.StringOfN(letter, 0, 3, -1)
	rapid.Check(t, func(r *rapid.T) {
		must(t, s.Reset(ctx()))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		prefix := text.Draw(r, "prefix")
		var want []string
		for i := range rapid.IntRange(1, 5).Draw(r, "users") {
			u := user(i)
			u.Attributes["name"] = text.Draw(r, "name")
			must(t, s.InsertUser(ctx(), u, named(u)))
			name := strings.ToLower(u.Attributes["name"])
			if name != "" && strings.HasPrefix(name, strings.ToLower(prefix)) {
				want = append(want, u.ID)
			}
		}
		got := walk(r, s, directory.UserQuery{PoolID: poolID, Attribute: "name", Prefix: true, Value: prefix, Limit: 2}, func() {})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			r.Fatalf("prefix %q finds %v, want %v", prefix, got, want)
		}
	})
}
