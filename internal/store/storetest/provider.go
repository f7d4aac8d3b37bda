package storetest

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
)

func provider(name string, identifiers ...string) *federation.Provider {
	return &federation.Provider{
		PoolID: poolID, Name: name, Type: federation.OIDC, Details: map[string]string{"client_id": "a"},
		Secrets: map[string]string{"client_secret": "b"}, Identifiers: identifiers, CreatedAt: now, ModifiedAt: now,
	}
}

func providers(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		want := provider("Okta", "example.com", "example.org")
		want.Mapping, want.ACR, want.Encryption = map[string]string{"email": "mail"}, map[string]string{"a": "b"}, "c"
		want.Metadata = &metadata.Metadata{EntityID: "e", Certificates: []string{"c"}}
		want.ModifiedAt = later(1)
		must(t, s.InsertProvider(ctx(), want, 1))
		got, err := s.Provider(ctx(), poolID, "Okta")
		must(t, err)
		same(t, "provider", got, want)
		got, err = s.ProviderByIdentifier(ctx(), poolID, "example.org")
		must(t, err)
		same(t, "provider by identifier", got, want)
		there, err := s.ProviderExists(ctx(), poolID, "Okta")
		must(t, err)
		same(t, "exists", there, true)
	})
	t.Run("AnUpdateReplacesAndReturns", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertProvider(ctx(), provider("Okta", "a", "b"), 9))
		want := provider("Okta", "b", "c")
		want.Secrets["client_secret"] = "new"
		got, err := s.UpdateProvider(ctx(), poolID, "Okta", func(p *federation.Provider) error {
			p.Identifiers, p.Secrets = want.Identifiers, want.Secrets
			return nil
		})
		must(t, err)
		same(t, "updated", got, want)
		got, err = s.ProviderByIdentifier(ctx(), poolID, "c")
		must(t, err)
		same(t, "read again", got, want)
		_, err = s.ProviderByIdentifier(ctx(), poolID, "a")
		faulty(t, "old identifier", err, fault.Missing, fault.Provider, "Identity provider a does not exist.")
	})
	t.Run("ATakenNameOrIdentifierIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertProvider(ctx(), provider("Okta", "a"), 9))
		faulty(t, "name", s.InsertProvider(ctx(), provider("Okta"), 9), fault.Exists, fault.Provider, "")
		faulty(t, "identifier", s.InsertProvider(ctx(), provider("Other", "b", "a"), 9), fault.Exists, fault.Provider, "")
		must(t, s.InsertProvider(ctx(), provider("Other", "b"), 9)) // the refused one left nothing
		_, err := s.UpdateProvider(ctx(), poolID, "Other", func(p *federation.Provider) error {
			p.Identifiers = []string{"a"}
			return nil
		})
		faulty(t, "update", err, fault.Exists, fault.Provider, "")
	})
	t.Run("TheLastPlaceIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var refused atomic.Int32
		together(t, 6, func(i int) error {
			err := s.InsertProvider(ctx(), provider(fmt.Sprint(i)), 2)
			if fault.Is(err, fault.Limited, "") {
				refused.Add(1)
				return nil
			}
			return err
		})
		same(t, "refused", refused.Load(), 4)
	})
	t.Run("UnknownOnesAreMissing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		faulty(t, "insert", s.InsertProvider(ctx(), provider("a"), 1), fault.Missing, "", "User pool "+poolID+" does not exist.")
		must(t, s.InsertPool(ctx(), pool(poolID)))
		_, read := s.Provider(ctx(), poolID, "a")
		_, update := s.UpdateProvider(ctx(), poolID, "a", func(*federation.Provider) error { return nil })
		for what, err := range map[string]error{"read": read, "update": update, "delete": s.DeleteProvider(ctx(), poolID, "a")} {
			faulty(t, what, err, fault.Missing, fault.Provider, "Identity provider a does not exist.")
		}
		there, err := s.ProviderExists(ctx(), poolID, "a")
		must(t, err)
		same(t, "exists", there, false)
	})
	t.Run("TheyAreListedByName", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, name := range []string{"b", "a", "B"} {
			must(t, s.InsertProvider(ctx(), provider(name), 9))
		}
		list, err := s.ListProviders(ctx(), poolID, "B", 9)
		must(t, err)
		same(t, "providers", list, []*federation.Provider{provider("a"), provider("b")})
	})
	t.Run("AnIdentityIsOneUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		must(t, s.InsertProvider(ctx(), provider("Okta"), 9))
		l := link(1, "x")
		must(t, s.InsertLink(ctx(), l, 9))
		got, err := s.FindLink(ctx(), poolID, "Okta", "Cognito_Subject", "x")
		must(t, err)
		same(t, "link", got, l)
		faulty(t, "again", s.InsertLink(ctx(), link(2, "x"), 9), fault.Exists, fault.Alias, "")
		got, err = s.FindLink(ctx(), poolID, "Okta", "Cognito_Subject", "y")
		must(t, err)
		same(t, "unknown", got, nil)
		renamed, err := s.RenameLink(ctx(), l, "email", string(bytes.Repeat([]byte("é"), 4000)))
		must(t, err)
		same(t, "renamed", renamed, true)
		renamed, err = s.RenameLink(ctx(), l, "email", "z")
		must(t, err)
		same(t, "renamed twice", renamed, false)
		list, err := s.LinksOf(ctx(), poolID, "Okta", 9)
		must(t, err)
		same(t, "links", len(list), 1)
		must(t, s.DeleteLink(ctx(), list[0]))
		must(t, s.DeleteLink(ctx(), list[0]))
		list, err = s.Links(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "left", list, nil)
	})
	t.Run("AUserHasNoMoreLinksThanAllowed", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertProvider(ctx(), provider("Okta"), 9))
		var refused atomic.Int32
		together(t, 8, func(i int) error {
			err := s.InsertLink(ctx(), link(1, fmt.Sprint(i)), 5)
			if fault.Is(err, fault.Limited, "") {
				refused.Add(1)
				return nil
			}
			return err
		})
		same(t, "refused", refused.Load(), 3)
	})
	t.Run("LinksGoWithTheirUserAndTheirProvider", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		faulty(t, "no provider", s.InsertLink(ctx(), link(1, "x"), 9), fault.Missing, fault.Provider, "")
		must(t, s.InsertProvider(ctx(), provider("Okta"), 9))
		faulty(t, "no user", s.InsertLink(ctx(), link(3, "x"), 9), fault.Missing, fault.User, "")
		must(t, s.InsertLink(ctx(), link(1, "x"), 9))
		must(t, s.InsertLink(ctx(), link(2, "y"), 9))
		must(t, s.DeleteUser(ctx(), poolID, sub(1)))
		list, err := s.LinksOf(ctx(), poolID, "Okta", 9)
		must(t, err)
		same(t, "links", list, []*federation.Link{link(2, "y")})
		must(t, s.DeleteProvider(ctx(), poolID, "Okta"))
		list, err = s.Links(ctx(), poolID, sub(2))
		must(t, err)
		same(t, "left", list, nil)
		must(t, s.InsertProvider(ctx(), provider("Okta", "a"), 9))
		must(t, s.DeletePool(ctx(), poolID))
	})
}

func link(user int, value string) *federation.Link {
	return &federation.Link{PoolID: poolID, Provider: "Okta", Attribute: "Cognito_Subject", Value: value, UserID: sub(user), CreatedAt: now}
}
