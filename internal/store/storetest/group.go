package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func group(name string) *directory.Group {
	return &directory.Group{PoolID: poolID, Name: name, CreatedAt: now, ModifiedAt: now}
}

func names(gs []*directory.Group) (list []string) {
	for _, g := range gs {
		list = append(list, g.Name)
	}
	return list
}

func groups(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		zero := 0
		want := &directory.Group{
			PoolID: poolID, Name: "Admin é", Description: "d", RoleARN: "arn:r", Precedence: &zero,
			CreatedAt: now, ModifiedAt: later(1),
		}
		must(t, s.InsertGroup(ctx(), want))
		got, err := s.Group(ctx(), poolID, want.Name)
		must(t, err)
		same(t, "group", got, want)
	})
	t.Run("ATakenNameIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertGroup(ctx(), group("a")))
		faulty(t, "insert", s.InsertGroup(ctx(), group("a")), fault.Exists, fault.Group, "A group with the name already exists")
		must(t, s.InsertGroup(ctx(), group("A")))
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		faulty(t, "insert", open(t).InsertGroup(ctx(), group("a")), fault.Missing, "", "User pool "+poolID+" does not exist.")
	})
	t.Run("AnUnknownGroupIsMissing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		_, read := s.Group(ctx(), poolID, "a")
		_, update := s.UpdateGroup(ctx(), poolID, "a", func(*directory.Group) error { return nil })
		_, members := s.Members(ctx(), poolID, "a", "", 10)
		for what, err := range map[string]error{
			"read": read, "update": update, "members": members,
			"delete": s.DeleteGroup(ctx(), poolID, "a"),
			"add":    s.AddMember(ctx(), poolID, "a", sub(1)),
		} {
			faulty(t, what, err, fault.Missing, "", "Group not found.")
		}
		must(t, s.RemoveMember(ctx(), poolID, "a", sub(1))) // nobody is in it
	})
	t.Run("NoUpdateIsLostAndTheNewValueIsReturned", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertGroup(ctx(), group("a")))
		returned := make(chan int, 20)
		together(t, 20, func(int) error {
			g, err := s.UpdateGroup(ctx(), poolID, "a", func(g *directory.Group) error {
				next := 1
				if g.Precedence != nil {
					next = *g.Precedence + 1
				}
				g.Precedence = &next
				return nil
			})
			if err == nil {
				returned <- *g.Precedence
			}
			return err
		})
		seen := map[int]bool{}
		for range 20 {
			seen[<-returned] = true
		}
		same(t, "different values", len(seen), 20)
		got, err := s.Group(ctx(), poolID, "a")
		must(t, err)
		same(t, "precedence", *got.Precedence, 20)
	})
	t.Run("GroupsAreListedByName", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, name := range []string{"b", "a", "B", "ä"} {
			must(t, s.InsertGroup(ctx(), group(name)))
		}
		first, err := s.ListGroups(ctx(), poolID, "", 2)
		must(t, err)
		second, err := s.ListGroups(ctx(), poolID, "a", 2)
		must(t, err)
		same(t, "groups", append(names(first), names(second)...), []string{"B", "a", "b", "ä"})
	})
	t.Run("AddingAndRemovingTwiceIsOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertGroup(ctx(), group("a")))
		for range 2 {
			must(t, s.AddMember(ctx(), poolID, "a", sub(1)))
		}
		list, err := s.Members(ctx(), poolID, "a", "", 10)
		must(t, err)
		same(t, "members", list, []*directory.User{user(1)})
		for range 2 {
			must(t, s.RemoveMember(ctx(), poolID, "a", sub(1)))
		}
		list, err = s.Members(ctx(), poolID, "a", "", 10)
		must(t, err)
		same(t, "members after removal", list, nil)
	})
	t.Run("AnUnknownUserCannotBeAMember", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertGroup(ctx(), group("a")))
		faulty(t, "add", s.AddMember(ctx(), poolID, "a", sub(1)), fault.Missing, fault.User, "")
		faulty(t, "remove", s.RemoveMember(ctx(), poolID, "a", sub(1)), fault.Missing, fault.User, "")
	})
	t.Run("GroupsOfAUserComeByPrecedenceThenNameAndNoneLast", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for name, precedence := range map[string]int{"none-b": -1, "none-a": -1, "zero": 0, "two-b": 2, "two-a": 2, "not mine": 1} {
			g := group(name)
			if precedence >= 0 {
				g.Precedence = &precedence
			}
			must(t, s.InsertGroup(ctx(), g))
			if name != "not mine" {
				must(t, s.AddMember(ctx(), poolID, name, sub(1)))
			}
		}
		list, err := s.GroupsOf(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "groups", names(list), []string{"zero", "two-a", "two-b", "none-a", "none-b"})
	})
	t.Run("GroupsAndCredentialsOfManyUsersComeTogether", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var ids []string
		wantGroups, wantCredentials := map[string][]string{}, map[string]*directory.Credential{}
		for _, g := range []string{"b", "a", "first"} {
			x := group(g)
			if g == "first" {
				zero := 0
				x.Precedence = &zero
			}
			must(t, s.InsertGroup(ctx(), x))
		}
		for n := range 103 { // more than one statement reads
			u := insert(t, s, n)
			if n%5 == 4 {
				continue // is not asked for
			}
			ids = append(ids, u.ID)
			if n%3 == 0 {
				for _, g := range []string{"b", "first", "a"} {
					must(t, s.AddMember(ctx(), poolID, g, u.ID))
				}
				wantGroups[u.ID] = []string{"first", "a", "b"}
			}
			if n%2 == 0 {
				c := &directory.Credential{Hash: "h" + u.ID, SRP: []byte{byte(n)}, ChangedAt: now}
				must(t, s.InsertCredential(ctx(), poolID, u.ID, c))
				wantCredentials[u.ID] = c
			}
		}
		for n := range 60 {
			u := insert(t, s, 1000+n)
			ids = append(ids, u.ID)
		}
		groups, err := s.GroupNamesOf(ctx(), poolID, ids)
		must(t, err)
		same(t, "groups", groups, wantGroups)
		credentials, err := s.CredentialsOf(ctx(), poolID, ids)
		must(t, err)
		same(t, "credentials", credentials, wantCredentials)
		groups, err = s.GroupNamesOf(ctx(), poolID, nil)
		must(t, err)
		same(t, "groups of nobody", groups, nil)
		groups, err = s.GroupNamesOf(ctx(), "eu-west-1_Another01", ids)
		must(t, err)
		same(t, "groups in another pool", groups, nil)
	})
	t.Run("MembersComeInPagesBySub", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertGroup(ctx(), group("a")))
		var want, got []string
		for i := range 7 {
			insert(t, s, i)
			must(t, s.AddMember(ctx(), poolID, "a", sub(i)))
			want = append(want, sub(i))
		}
		for after := ""; ; {
			page, err := s.Members(ctx(), poolID, "a", after, 3)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, u := range page {
				got, after = append(got, u.ID), u.ID
			}
		}
		same(t, "members", got, want)
	})
	t.Run("DeletingAGroupEndsItsMemberships", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for i := range 2 {
			must(t, s.InsertGroup(ctx(), group(fmt.Sprint(i))))
			must(t, s.AddMember(ctx(), poolID, fmt.Sprint(i), sub(1)))
		}
		must(t, s.DeleteGroup(ctx(), poolID, "0"))
		must(t, s.InsertGroup(ctx(), group("0")))
		list, err := s.GroupsOf(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "groups", names(list), []string{"1"})
	})
}
