package directory_test

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"fmt"
	"github.com/google/go-cmp/cmp"
	"testing"
	"time"
)

func TestUsersAreListedOnceEachInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	for i := range 9 {
		w.user(p, fmt.Sprintf("User%d", i), map[string]string{"given_name": []string{"Ann", "ANNA", "bob"}[i%3], "email": fmt.Sprintf("u%d@example.com", i)})
		w.now.Advance(time.Millisecond)
	}
	x, err := w.Users.Find(t.Context(), p, "User4")
	ok(t, err)
	_, err = w.Users.SetEnabled(t.Context(), p, x.ID, false)
	ok(t, err)
	for filter, want := range map[string]int{
		"": 9, `given_name = "ann"`: 3, `given_name ^= "AN"`: 6, `username = "User3"`: 1, `username = "user3"`: 0, `username ^= "User"`: 9,
		`email = "U5@EXAMPLE.COM"`: 1, `email ^= "%"`: 0, `status = "Disabled"`: 1, `status = "Enabled"`: 8,
		`cognito:user_status = "confirmed"`: 9, `cognito:user_status ^= "CONF"`: 9, `sub = "` + x.ID + `"`: 1, `name = ""`: 0,
	} {
		seen := map[string]bool{}
		for token := ""; ; {
			page, err := w.Users.List(t.Context(), p, filter, 2, token)
			ok(t, err)
			for _, x := range page.Items {
				if seen[x.ID] {
					t.Errorf("%s: %s came twice", filter, x.Username)
				}
				seen[x.ID] = true
			}
			if token = page.Next; token == "" {
				break
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d users, want %d", filter, len(seen), want)
		}
	}
	_, err = w.Users.List(t.Context(), p, "", 61, "")
	refused(t, err, fault.Invalid, "", "1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60")
}

func TestAListTokenBelongsToItsQueryForAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, other := w.pool(directory.PoolSpec{}), w.pool(directory.PoolSpec{})
	for i := range 3 {
		w.user(p, fmt.Sprintf("user%d", i), nil)
	}
	page, err := w.Users.List(t.Context(), p, `username ^= "user"`, 1, "")
	ok(t, err)
	for name, list := range map[string]func() (directory.Page[*directory.User], error){
		"another filter": func() (directory.Page[*directory.User], error) {
			return w.Users.List(t.Context(), p, `username ^= "use"`, 1, page.Next)
		},
		"no filter": func() (directory.Page[*directory.User], error) { return w.Users.List(t.Context(), p, "", 1, page.Next) },
		"another pool": func() (directory.Page[*directory.User], error) {
			return w.Users.List(t.Context(), other, `username ^= "user"`, 1, page.Next)
		},
	} {
		_, err := list()
		t.Run(name, func(t *testing.T) { refused(t, err, fault.Invalid, "", "Invalid pagination token") })
	}
	if _, err = w.Users.List(t.Context(), p, ` username^="user" `, 2, page.Next); err != nil {
		t.Errorf("the same filter, spelled otherwise: %v", err)
	}
	w.now.Advance(time.Hour)
	_, err = w.Users.List(t.Context(), p, `username ^= "user"`, 1, page.Next)
	refused(t, err, fault.Invalid, "", "Invalid pagination token")
}

func TestSelectedAttributesMustExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Schema: []directory.AttributeSpec{{Name: "x", Type: "String"}}})
	a := w.user(p, "alice", map[string]string{"email": "a@example.com", "custom:x": "1"})
	b := w.user(p, "bob", nil)
	got, err := directory.Selected(p, []*directory.User{a, b}, []string{"email", "sub"})
	ok(t, err)
	want := [][]directory.Value{{{Name: "email", Value: "a@example.com"}, {Name: "sub", Value: a.ID}}, {{Name: "sub", Value: b.ID}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"custom:x", "custom:none"} {
		_, err = directory.Selected(p, []*directory.User{a, b}, []string{name})
		refused(t, err, fault.Invalid, "", "One or more requested attributes do not exist.")
	}
	all, err := directory.Selected(p, []*directory.User{a}, nil)
	ok(t, err)
	if len(all[0]) != 3 {
		t.Error(all)
	}
}
