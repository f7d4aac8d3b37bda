package directory_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func TestGroupsAreKeptAndOrderedByPrecedence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	one, five := 1, 5
	for _, g := range []directory.GroupSpec{
		{Name: "none"}, {Name: "five", Precedence: &five}, {Name: "one", Precedence: &one, RoleARN: "arn:one", Description: "first"},
	} {
		g.PoolID = p.ID
		_, err := w.Groups.Create(t.Context(), g)
		ok(t, err)
		ok(t, w.Groups.Add(t.Context(), p.ID, g.Name, x.ID))
		ok(t, w.Groups.Add(t.Context(), p.ID, g.Name, x.ID))
	}
	got, err := w.Groups.OfUser(t.Context(), p.ID, x.ID)
	ok(t, err)
	if diff := cmp.Diff([]string{"one", "five", "none"}, names(got)); diff != "" {
		t.Error(diff)
	}
	_, err = w.Groups.Create(t.Context(), directory.GroupSpec{PoolID: p.ID, Name: "one"})
	refused(t, err, fault.Exists, fault.Group, "A group with the name already exists")
	text := "changed"
	g, err := w.Groups.Update(t.Context(), p.ID, "one", directory.GroupChange{Description: &text})
	ok(t, err)
	if g.Description != "changed" || g.RoleARN != "arn:one" || *g.Precedence != 1 {
		t.Errorf("%+v", g)
	}
	w.now.Advance(time.Hour)
	empty := ""
	same, err := w.Groups.Update(t.Context(), p.ID, "one", directory.GroupChange{Description: &empty, Precedence: &one})
	ok(t, err)
	if same.Description != "changed" || !same.ModifiedAt.Equal(g.ModifiedAt) {
		t.Errorf("an update of nothing made %+v of %+v", same, g)
	}
	ok(t, w.Groups.Remove(t.Context(), p.ID, "none", x.ID))
	ok(t, w.Groups.Remove(t.Context(), p.ID, "none", x.ID))
	ok(t, w.Groups.Remove(t.Context(), p.ID, "no such group", x.ID))
	ok(t, w.Groups.Delete(t.Context(), p.ID, "five"))
	got, err = w.Groups.OfUser(t.Context(), p.ID, x.ID)
	ok(t, err)
	if diff := cmp.Diff([]string{"one"}, names(got)); diff != "" {
		t.Error(diff)
	}
	refused(t, w.Groups.Add(t.Context(), p.ID, "five", x.ID), fault.Missing, "", "Group not found.")
	_, err = w.Groups.Members(t.Context(), p.ID, "five", 0, "")
	refused(t, err, fault.Missing, "", "Group not found.")
	if !slices.Contains(w.changes.seen, p.ID+"/"+x.ID) {
		t.Error("nobody was told that the groups of alice changed")
	}
}

func TestAUserIsInAtMostAHundredGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	for i := range 101 {
		name := fmt.Sprintf("g%03d", i)
		_, err := w.Groups.Create(t.Context(), directory.GroupSpec{PoolID: p.ID, Name: name})
		ok(t, err)
		if err = w.Groups.Add(t.Context(), p.ID, name, x.ID); i < 100 {
			ok(t, err)
		} else {
			refused(t, err, fault.Invalid, "", "")
		}
	}
	var got []string
	for token := ""; ; {
		page, err := w.Groups.PageOfUser(t.Context(), p.ID, x.ID, 30, token)
		ok(t, err)
		got = append(got, names(page.Items)...)
		if token = page.Next; token == "" {
			break
		}
	}
	if len(got) != 100 || got[0] != "g000" || got[99] != "g099" {
		t.Errorf("%d groups, %v", len(got), got)
	}
}

func TestMembersAreListedOnceEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	_, err := w.Groups.Create(t.Context(), directory.GroupSpec{PoolID: p.ID, Name: "g"})
	ok(t, err)
	var want, got []string
	for i := range 5 {
		x := w.user(p, fmt.Sprintf("user%d", i), nil)
		ok(t, w.Groups.Add(t.Context(), p.ID, "g", x.ID))
		want = append(want, x.ID)
	}
	for token := ""; ; {
		page, err := w.Groups.Members(t.Context(), p.ID, "g", 2, token)
		ok(t, err)
		for _, x := range page.Items {
			got = append(got, x.ID)
		}
		if token = page.Next; token == "" {
			break
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestThePreferredRoleIsThatOfTheBestPrecedence(t *testing.T) {
	t.Parallel()
	zero, one := 0, 1
	group := func(role string, precedence *int) *directory.Group {
		return &directory.Group{RoleARN: role, Precedence: precedence}
	}
	for name, tc := range map[string]struct {
		groups    []*directory.Group
		roles     []string
		preferred string
	}{
		"none":                 {nil, nil, ""},
		"best":                 {[]*directory.Group{group("a", &zero), group("b", &one), group("c", nil)}, []string{"a", "b", "c"}, "a"},
		"without a role first": {[]*directory.Group{group("", &zero), group("b", &one)}, []string{"b"}, "b"},
		"tie, one role":        {[]*directory.Group{group("a", &zero), group("a", &zero)}, []string{"a"}, "a"},
		"tie, two roles":       {[]*directory.Group{group("a", &zero), group("b", &zero), group("c", nil)}, []string{"a", "b", "c"}, ""},
		"all without":          {[]*directory.Group{group("a", nil), group("b", nil)}, []string{"a", "b"}, ""},
		"one without":          {[]*directory.Group{group("a", nil)}, []string{"a"}, ""},
		"without a role, then without a precedence": {[]*directory.Group{group("", &zero), group("b", nil)}, []string{"b"}, ""},
	} {
		roles, preferred := directory.Roles(tc.groups)
		if preferred != tc.preferred || !slices.Equal(roles, tc.roles) {
			t.Errorf("%s: got %v, %q", name, roles, preferred)
		}
	}
}

func names(groups []*directory.Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.Name)
	}
	return out
}
