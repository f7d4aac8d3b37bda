package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func resourceServer(identifier string) *directory.ResourceServer {
	return &directory.ResourceServer{
		PoolID: poolID, Identifier: identifier, Name: "api", Scopes: []directory.Scope{{Name: "read", Description: "may read"}},
		CreatedAt: now, ModifiedAt: now,
	}
}

func resourceServers(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		want := resourceServer("https://api.example.com/é")
		want.ModifiedAt = later(1)
		must(t, s.InsertResourceServer(ctx(), want, 1))
		got, err := s.ResourceServer(ctx(), poolID, want.Identifier)
		must(t, err)
		same(t, "resource server", got, want)
		got, err = s.UpdateResourceServer(ctx(), poolID, want.Identifier, func(r *directory.ResourceServer) error {
			r.Name, r.Scopes = "new", nil
			return nil
		})
		must(t, err)
		want.Name, want.Scopes = "new", nil
		same(t, "updated", got, want)
		got, err = s.ResourceServer(ctx(), poolID, want.Identifier)
		must(t, err)
		same(t, "read again", got, want)
	})
	t.Run("ATakenIdentifierIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertResourceServer(ctx(), resourceServer("a"), 9))
		faulty(t, "insert", s.InsertResourceServer(ctx(), resourceServer("a"), 9), fault.Exists, "", "a already exists in user pool "+poolID+".")
		must(t, s.InsertResourceServer(ctx(), resourceServer("A"), 9))
	})
	t.Run("TheLastPlaceIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var refused atomic.Int32
		together(t, 8, func(i int) error {
			err := s.InsertResourceServer(ctx(), resourceServer(fmt.Sprint(i)), 3)
			if fault.Is(err, fault.Limited, "") {
				refused.Add(1)
				return nil
			}
			return err
		})
		same(t, "refused", refused.Load(), 5)
	})
	t.Run("UnknownOnesAreMissing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		faulty(t, "insert", s.InsertResourceServer(ctx(), resourceServer("a"), 1), fault.Missing, "", "User pool "+poolID+" does not exist.")
		must(t, s.InsertPool(ctx(), pool(poolID)))
		_, read := s.ResourceServer(ctx(), poolID, "a")
		_, update := s.UpdateResourceServer(ctx(), poolID, "a", func(*directory.ResourceServer) error { return nil })
		for what, err := range map[string]error{"read": read, "update": update, "delete": s.DeleteResourceServer(ctx(), poolID, "a")} {
			faulty(t, what, err, fault.Missing, "", "Resource server a does not exist.")
		}
	})
	t.Run("TheyAreListedByIdentifierAndGoWithThePool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, id := range []string{"b", "a", "B", "ä"} {
			must(t, s.InsertResourceServer(ctx(), resourceServer(id), 9))
		}
		var got []string
		for _, after := range []string{"", "a"} {
			list, err := s.ListResourceServers(ctx(), poolID, after, 2)
			must(t, err)
			for _, r := range list {
				got = append(got, r.Identifier)
			}
		}
		same(t, "identifiers", got, []string{"B", "a", "b", "ä"})
		must(t, s.DeletePool(ctx(), poolID))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		list, err := s.ListResourceServers(ctx(), poolID, "", 9)
		must(t, err)
		same(t, "left", list, nil)
	})
}
