package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

func style(n int) *branding.Style {
	return &branding.Style{
		ID: sub(n), PoolID: poolID, ClientID: fmt.Sprintf("client%d", n), Settings: []byte(`{"components":{}}`), CreatedAt: now, ModifiedAt: now,
	}
}

// withClients opens a store with some clients: client0, client1…
func withClients(t testing.TB, open Open, n int) *store.Store {
	t.Helper()
	s := seeded(t, open)
	for i := range n {
		must(t, s.InsertClient(ctx(), client(fmt.Sprintf("client%d", i))))
	}
	return s
}

func styles(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		want := style(0)
		want.Provided, want.ModifiedAt = true, later(1)
		want.Assets = []branding.Asset{
			{Category: "FORM_LOGO", ColorMode: "DARK", Extension: "PNG", Bytes: []byte{1, 0, 255}, ResourceID: "r"},
			{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG"},
		}
		must(t, s.InsertStyle(ctx(), want, 9))
		got, err := s.Style(ctx(), poolID, want.ID)
		must(t, err)
		same(t, "style", got, want)
		got, err = s.StyleOf(ctx(), poolID, "client0")
		must(t, err)
		same(t, "style of client", got, want)
		got, err = s.UpdateStyle(ctx(), poolID, want.ID, func(x *branding.Style) error {
			x.Provided, x.Settings, x.ClientID = false, nil, "other"
			x.Assets = x.Assets[1:]
			return nil
		})
		must(t, err)
		want.Provided, want.Settings, want.Assets = false, nil, want.Assets[1:]
		same(t, "updated", got, want)
		got, err = s.Style(ctx(), poolID, want.ID)
		must(t, err)
		same(t, "read again", got, want)
	})
	t.Run("AnImageIsFoundByItsResource", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		x := style(0)
		x.Assets = []branding.Asset{{Category: "FORM_LOGO", ColorMode: "DARK", Extension: "PNG", Bytes: []byte{1, 0, 255}, ResourceID: "r"}}
		must(t, s.InsertStyle(ctx(), x, 9))
		got, err := s.StyleAsset(ctx(), poolID, "r")
		must(t, err)
		same(t, "asset", got, &x.Assets[0])
		for _, at := range [][2]string{{poolID, "q"}, {"another", "r"}} {
			got, err := s.StyleAsset(ctx(), at[0], at[1])
			must(t, err)
			if got != nil {
				t.Errorf("%v: found %v", at, got)
			}
		}
	})
	t.Run("EveryProviderHasAnIcon", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		x := style(0)
		x.Assets = nil
		for _, provider := range []string{"", "Corp", "Google"} {
			x.Assets = append(x.Assets, branding.Asset{
				Category: branding.ProviderIcon, ColorMode: "DYNAMIC", Extension: "PNG", Bytes: []byte{1}, ResourceID: provider,
			})
		}
		must(t, s.InsertStyle(ctx(), x, 9))
		got, err := s.StyleOf(ctx(), poolID, x.ClientID)
		must(t, err)
		same(t, "assets", got.Assets, x.Assets)
	})
	t.Run("AClientHasOneStyleAndAPoolNoMoreThanAllowed", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 6)
		must(t, s.InsertStyle(ctx(), style(0), 9))
		again := style(0)
		again.ID = sub(9)
		faulty(t, "again", s.InsertStyle(ctx(), again, 9), fault.Exists, fault.Branding, "")
		var refused atomic.Int32
		together(t, 5, func(i int) error {
			err := s.InsertStyle(ctx(), style(i+1), 3)
			if fault.Is(err, fault.Limited, "") {
				refused.Add(1)
				return nil
			}
			return err
		})
		same(t, "refused", refused.Load(), 3)
		faulty(t, "no client", s.InsertStyle(ctx(), style(7), 9), fault.Missing, "", "User pool client client7 does not exist.")
	})
	t.Run("StylesGoWithTheirClient", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 2)
		for i := range 2 {
			must(t, s.InsertStyle(ctx(), style(i), 9))
		}
		must(t, s.DeleteClient(ctx(), poolID, "client0"))
		must(t, s.DeleteStyle(ctx(), poolID, sub(1)))
		for i := range 2 {
			_, read := s.Style(ctx(), poolID, sub(i))
			_, update := s.UpdateStyle(ctx(), poolID, sub(i), func(*branding.Style) error { return nil })
			for what, err := range map[string]error{"read": read, "update": update, "delete": s.DeleteStyle(ctx(), poolID, sub(i))} {
				faulty(t, what, err, fault.Missing, "", "Managed login branding does not exist.")
			}
		}
	})
	t.Run("TheClassicLookIsKept", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		got, err := s.Classic(ctx(), poolID, branding.All)
		must(t, err)
		same(t, "none", got, nil)
		want := &branding.Classic{PoolID: poolID, ClientID: branding.All, CSS: "a", Image: []byte{1, 0}, CreatedAt: now, ModifiedAt: later(1)}
		got, err = s.UpdateClassic(ctx(), poolID, branding.All, func(x *branding.Classic) error {
			*x = *want
			return nil
		})
		must(t, err)
		same(t, "set", got, want)
		got, err = s.Classic(ctx(), poolID, branding.All)
		must(t, err)
		same(t, "read", got, want)
		_, err = s.UpdateClassic(ctx(), poolID, "client", func(*branding.Classic) error { return fault.Invalidf("no") })
		faulty(t, "refused", err, fault.Invalid, "", "no")
		got, err = s.Classic(ctx(), poolID, "client")
		must(t, err)
		same(t, "after a refusal", got, nil)
		_, err = s.UpdateClassic(ctx(), "r_none", "client", func(*branding.Classic) error { return nil })
		faulty(t, "unknown pool", err, fault.Missing, "", "User pool r_none does not exist.")
	})
}

func termsOf(n int, name string) *branding.Terms {
	return &branding.Terms{
		ID: sub(n), PoolID: poolID, ClientID: "client0", Name: name, Links: map[string]string{"cognito:default": "https://example.com"},
		CreatedAt: now, ModifiedAt: now,
	}
}

func terms(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		want := termsOf(1, "terms-of-use")
		want.ModifiedAt = later(1)
		must(t, s.InsertTerms(ctx(), want, 9))
		got, err := s.Terms(ctx(), poolID, want.ID)
		must(t, err)
		same(t, "terms", got, want)
		got, err = s.TermsOf(ctx(), poolID, "client0", "terms-of-use")
		must(t, err)
		same(t, "terms of client", got, want)
		got, err = s.UpdateTerms(ctx(), poolID, want.ID, func(x *branding.Terms) error {
			x.Name, x.ClientID, x.Links = "privacy-policy", "other", map[string]string{"a": "b"}
			return nil
		})
		must(t, err)
		want.Name, want.Links = "privacy-policy", map[string]string{"a": "b"}
		same(t, "updated", got, want)
		list, err := s.ListTerms(ctx(), poolID, "", 9)
		must(t, err)
		same(t, "list", list, []*branding.Terms{want})
	})
	t.Run("AClientHasOneDocumentOfAName", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		must(t, s.InsertTerms(ctx(), termsOf(1, "terms-of-use"), 2))
		faulty(t, "again", s.InsertTerms(ctx(), termsOf(2, "terms-of-use"), 2), fault.Exists, fault.Terms, "")
		must(t, s.InsertTerms(ctx(), termsOf(2, "privacy-policy"), 2))
		_, err := s.UpdateTerms(ctx(), poolID, sub(2), func(x *branding.Terms) error { x.Name = "terms-of-use"; return nil })
		faulty(t, "renamed", err, fault.Exists, fault.Terms, "")
		faulty(t, "too many", s.InsertTerms(ctx(), termsOf(3, "other"), 2), fault.Limited, "", "")
		list, err := s.ListTerms(ctx(), poolID, sub(1), 9)
		must(t, err)
		same(t, "second page", list, []*branding.Terms{termsOf(2, "privacy-policy")})
	})
	t.Run("TermsGoWithTheirClient", func(t *testing.T) {
		t.Parallel()
		s := withClients(t, open, 1)
		must(t, s.InsertTerms(ctx(), termsOf(1, "terms-of-use"), 2))
		must(t, s.DeleteClient(ctx(), poolID, "client0"))
		_, read := s.Terms(ctx(), poolID, sub(1))
		_, update := s.UpdateTerms(ctx(), poolID, sub(1), func(*branding.Terms) error { return nil })
		for what, err := range map[string]error{"read": read, "update": update, "delete": s.DeleteTerms(ctx(), poolID, sub(1))} {
			faulty(t, what, err, fault.Missing, "", "Terms do not exist.")
		}
		faulty(t, "no client", s.InsertTerms(ctx(), termsOf(1, "a"), 2), fault.Missing, "", "User pool client client0 does not exist.")
	})
}
