package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/store"
)

const identityPoolID = "eu-west-1:00000000-0000-4000-8000-0000000000aa"

func identityPool(id string) *identitypool.Pool {
	return &identitypool.Pool{ID: id, Region: "eu-west-1", Settings: identitypool.Settings{Name: "app"}, Created: now, Modified: now}
}

// identity is the n-th identity of the pool. Ids grow with n.
func identity(n int, logins ...identitypool.Login) *identitypool.Identity {
	return &identitypool.Identity{ID: "eu-west-1:" + sub(n), PoolID: identityPoolID, Logins: logins, Created: later(n), Modified: later(n)}
}

func login(provider, subject string) identitypool.Login {
	return identitypool.Login{Provider: provider, Subject: subject}
}

func withIdentityPool(t *testing.T, open Open) *store.Store {
	s := open(t)
	must(t, s.InsertIdentityPool(ctx(), identityPool(identityPoolID), 9))
	return s
}

func identityPools(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		want := identityPool(identityPoolID)
		want.Settings = identitypool.Settings{
			Name: "app", Guests: true, Classic: new(true), Social: map[string]string{"accounts.google.com": "a"}, Developer: "dev",
			OIDC: []string{"arn"}, UserPools: []identitypool.UserPool{{Provider: "p", Client: "c", Check: new(false)}}, SAML: []string{"s"},
			Tags: map[string]string{"k": "v"},
		}
		want.Roles = map[string]string{"authenticated": "arn"}
		want.Mappings = map[string]identitypool.Mapping{"p:c": {Type: "Rules", Ambiguous: "Deny", Rules: []identitypool.Rule{{Claim: "a", Match: "Equals", Value: "b", Role: "arn"}}}}
		want.TagMaps = map[string]identitypool.TagMap{"p": {Defaults: true, Tags: map[string]string{"t": "c"}}}
		want.Modified = later(1)
		must(t, s.InsertIdentityPool(ctx(), want, 1))
		got, err := s.IdentityPool(ctx(), identityPoolID)
		must(t, err)
		same(t, "identity pool", got, want)
	})
	t.Run("AnUpdateReplacesAndReturns", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		got, err := s.UpdateIdentityPool(ctx(), identityPoolID, func(p *identitypool.Pool) error {
			p.Name, p.Modified = "other", later(2)
			return nil
		})
		must(t, err)
		read, err := s.IdentityPool(ctx(), identityPoolID)
		must(t, err)
		same(t, "read again", read, got)
		same(t, "name", read.Name, "other")
		_, err = s.UpdateIdentityPool(ctx(), identityPoolID, func(p *identitypool.Pool) error {
			p.Name = "lost"
			return fault.Invalidf("no")
		})
		faulty(t, "refused", err, fault.Invalid, "", "no")
		read, err = s.IdentityPool(ctx(), identityPoolID)
		must(t, err)
		same(t, "name after a refusal", read.Name, "other")
	})
	t.Run("UnknownOnesAreMissing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		_, read := s.IdentityPool(ctx(), "x")
		_, update := s.UpdateIdentityPool(ctx(), "x", func(*identitypool.Pool) error { return nil })
		for what, err := range map[string]error{"read": read, "update": update, "delete": s.DeleteIdentityPool(ctx(), "x")} {
			faulty(t, what, err, fault.Missing, "", "IdentityPool 'x' not found.")
		}
	})
	t.Run("TheyAreListedByIDAndNoMoreThanAllowed", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		for _, id := range []string{"b", "a", "c"} {
			must(t, s.InsertIdentityPool(ctx(), identityPool(id), 3))
		}
		faulty(t, "one more", s.InsertIdentityPool(ctx(), identityPool("d"), 3), fault.Limited, "", "")
		faulty(t, "again", s.InsertIdentityPool(ctx(), identityPool("a"), 9), fault.Exists, "", "")
		list, err := s.ListIdentityPools(ctx(), "a", 9)
		must(t, err)
		same(t, "identity pools", list, []*identitypool.Pool{identityPool("b"), identityPool("c")})
	})
}

func identities(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		long := fmt.Sprintf("%01024d", 7)
		want := identity(1, login("a", "x"), login("b", long), login("b", "y"))
		want.Disabled = true
		must(t, s.InsertIdentity(ctx(), want))
		got, err := s.Identity(ctx(), want.ID)
		must(t, err)
		same(t, "identity", got, want)
		for _, l := range want.Logins {
			got, err = s.FindIdentity(ctx(), identityPoolID, l)
			must(t, err)
			same(t, "identity of a login", got, want)
		}
		got, err = s.FindIdentity(ctx(), identityPoolID, login("a", "y"))
		must(t, err)
		same(t, "of nobody's login", got, nil)
		got, err = s.FindIdentity(ctx(), "other", login("a", "x"))
		must(t, err)
		same(t, "in another pool", got, nil)
	})
	t.Run("ALoginIsOneIdentitys", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		must(t, s.InsertIdentity(ctx(), identity(1, login("a", "x"))))
		faulty(t, "insert", s.InsertIdentity(ctx(), identity(2, login("b", "y"), login("a", "x"))), fault.Exists, fault.Alias, "")
		must(t, s.InsertIdentity(ctx(), identity(2, login("b", "y")))) // the refused one left nothing
		_, err := s.ChangeIdentity(ctx(), identity(2).ID, func(i *identitypool.Identity) error {
			i.Logins = append(i.Logins, login("a", "x"))
			return nil
		})
		faulty(t, "change", err, fault.Exists, fault.Alias, "")
		got, err := s.Identity(ctx(), identity(2).ID)
		must(t, err)
		same(t, "after a refusal", got, identity(2, login("b", "y")))
	})
	t.Run("OfManyWhoTakeALoginOneDoes", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		var taken atomic.Int32
		together(t, 6, func(n int) error {
			err := s.InsertIdentity(ctx(), identity(n, login("a", "x")))
			if fault.Is(err, fault.Exists, fault.Alias) {
				return nil
			}
			taken.Add(1)
			return err
		})
		same(t, "taken", taken.Load(), 1)
	})
	t.Run("AChangeReplacesLogins", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		must(t, s.InsertIdentity(ctx(), identity(1, login("a", "x"), login("b", "y"))))
		want := identity(1, login("b", "y"), login("c", "z"))
		want.Disabled, want.Modified = true, later(5)
		got, err := s.ChangeIdentity(ctx(), want.ID, func(i *identitypool.Identity) error {
			i.Logins, i.Disabled, i.Modified = []identitypool.Login{login("c", "z"), login("b", "y")}, true, want.Modified
			return nil
		})
		must(t, err)
		same(t, "changed", got, want)
		got, err = s.Identity(ctx(), want.ID)
		must(t, err)
		same(t, "read again", got, want)
		must(t, s.InsertIdentity(ctx(), identity(2, login("a", "x")))) // it is free again
	})
	t.Run("ChangesAtOnceAreAllKept", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		must(t, s.InsertIdentity(ctx(), identity(1)))
		together(t, 6, func(n int) error {
			_, err := s.ChangeIdentity(ctx(), identity(1).ID, func(i *identitypool.Identity) error {
				i.Logins = append(i.Logins, login("dev", fmt.Sprint(n)))
				return nil
			})
			return err
		})
		got, err := s.Identity(ctx(), identity(1).ID)
		must(t, err)
		same(t, "logins", len(got.Logins), 6)
	})
	t.Run("TheyAreListedByID", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		off := identity(2)
		off.Disabled = true
		for _, i := range []*identitypool.Identity{identity(3, login("a", "x")), identity(1), off} {
			must(t, s.InsertIdentity(ctx(), i))
		}
		all, err := s.ListIdentities(ctx(), identityPoolID, identity(1).ID, 9, false)
		must(t, err)
		same(t, "all", all, []*identitypool.Identity{off, identity(3, login("a", "x"))})
		some, err := s.ListIdentities(ctx(), identityPoolID, "", 1, true)
		must(t, err)
		same(t, "some", some, []*identitypool.Identity{identity(1)})
	})
	t.Run("TheyGoAndUnknownOnesAreMissing", func(t *testing.T) {
		t.Parallel()
		s := withIdentityPool(t, open)
		faulty(t, "no pool", s.InsertIdentity(ctx(), &identitypool.Identity{ID: "x", PoolID: "y", Created: now, Modified: now}), fault.Missing, "", "IdentityPool 'y' not found.")
		must(t, s.InsertIdentity(ctx(), identity(1, login("a", "x"))))
		must(t, s.DeleteIdentity(ctx(), identity(1).ID))
		_, read := s.Identity(ctx(), identity(1).ID)
		_, change := s.ChangeIdentity(ctx(), identity(1).ID, func(*identitypool.Identity) error { return nil })
		for what, err := range map[string]error{"read": read, "change": change, "delete": s.DeleteIdentity(ctx(), identity(1).ID)} {
			faulty(t, what, err, fault.Missing, "", "Identity '"+identity(1).ID+"' not found.")
		}
		must(t, s.InsertIdentity(ctx(), identity(2, login("a", "x"))))
		must(t, s.DeleteIdentityPool(ctx(), identityPoolID))
		_, err := s.Identity(ctx(), identity(2).ID)
		faulty(t, "of a pool that is gone", err, fault.Missing, "", "")
	})
}

func issuers(t *testing.T, open Open) {
	t.Run("TheirKeysAreKeptApartFromThoseOfPools", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		k := key.Stored{PoolID: "issuer", KID: "k", Use: key.ForIdentity, Private: []byte{1}, Public: []byte{2}, CreatedAt: now}
		won, err := s.Issuers().PutActiveKey(ctx(), k, "", later(1))
		must(t, err)
		same(t, "won", won, true)
		next := k
		next.KID, next.CreatedAt = "l", later(5)
		won, err = s.Issuers().PutActiveKey(ctx(), next, "other", later(9))
		must(t, err)
		same(t, "won in the place of another", won, false)
		won, err = s.Issuers().PutActiveKey(ctx(), next, "k", later(9))
		must(t, err)
		same(t, "won in its place", won, true)
		k.RetiredAt, k.PublishUntil = later(5), later(9)
		got, err := s.Issuers().Keys(ctx(), "issuer", later(6))
		must(t, err)
		same(t, "keys", got, []key.Stored{next, k})
		must(t, s.Sweep(ctx(), later(9)))
		got, err = s.Issuers().Keys(ctx(), "issuer", later(6))
		must(t, err)
		same(t, "after a sweep", got, []key.Stored{next})
		none, err := s.Keys(ctx(), "issuer", later(6))
		must(t, err)
		same(t, "of a pool of the name", none, nil)
	})
}
