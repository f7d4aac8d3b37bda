package storetest

import (
	"bytes"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

func client(id string) *directory.Client {
	return &directory.Client{
		ID: id, PoolID: poolID, ClientSettings: directory.ClientSettings{Name: "app"}, CreatedAt: now, ModifiedAt: now,
	}
}

// fullClient has a value in every field.
func fullClient() *directory.Client {
	return &directory.Client{
		ID: "full", PoolID: poolID,
		ClientSettings: directory.ClientSettings{
			Name: "full", RefreshValidity: 1, AccessValidity: 2, IDValidity: 3,
			Units:          directory.ValidityUnits{Access: "minutes", ID: "hours", Refresh: "days"},
			ReadAttributes: []string{"email"}, WriteAttributes: []string{"name"}, ExplicitAuthFlows: []string{"ALLOW_USER_SRP_AUTH"},
			IdentityProviders: []string{"COGNITO"}, CallbackURLs: []string{"https://example.com/a"}, LogoutURLs: []string{"https://example.com/b"},
			DefaultRedirectURI: "https://example.com/a", OAuthFlows: []string{"code"}, OAuthScopes: []string{"openid"}, OAuthEnabled: true,
			HideUserExistence: "ENABLED", TokenRevocation: true, PropagateContext: true, SessionMinutes: 5,
			Rotation: &directory.Rotation{Feature: "ENABLED", GraceSeconds: 6}, Analytics: &directory.Analytics{ApplicationID: "a"},
		},
		Secrets: []directory.ClientSecret{
			{ID: "full--1", Value: "first-secret-value", Generated: true, CreatedAt: now},
			{ID: "full--2", Value: "second-secret-value", CreatedAt: later(1)},
		},
		CreatedAt: now, ModifiedAt: later(2),
	}
}

func clients(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, want := range []*directory.Client{fullClient(), client("public")} {
			must(t, s.InsertClient(ctx(), want))
			got, err := s.Client(ctx(), want.ID)
			must(t, err)
			same(t, "client", got, want)
		}
	})
	t.Run("ATakenIDIsRefusedEvenInAnotherPool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertPool(ctx(), pool("r_other")))
		must(t, s.InsertClient(ctx(), client("a")))
		c := client("a")
		c.PoolID = "r_other"
		faulty(t, "insert", s.InsertClient(ctx(), c), fault.Exists, fault.Client, "")
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		faulty(t, "insert", s.InsertClient(ctx(), client("a")), fault.Missing, "", "User pool "+poolID+" does not exist.")
	})
	t.Run("AClientOfAnotherPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertClient(ctx(), client("a")))
		const text = "User pool client a does not exist."
		err := s.UpdateClient(ctx(), "r_other", "a", func(c *directory.Client) error { return nil })
		faulty(t, "update", err, fault.Missing, "", text)
		faulty(t, "delete", s.DeleteClient(ctx(), "r_other", "a"), fault.Missing, "", text)
		must(t, s.DeleteClient(ctx(), poolID, "a"))
		_, err = s.Client(ctx(), "a")
		faulty(t, "read", err, fault.Missing, "", text)
	})
	t.Run("NoUpdateIsLost", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertClient(ctx(), fullClient()))
		together(t, 20, func(int) error {
			return s.UpdateClient(ctx(), poolID, "full", func(c *directory.Client) error {
				c.SessionMinutes++
				return nil
			})
		})
		got, err := s.Client(ctx(), "full")
		must(t, err)
		want := fullClient()
		want.SessionMinutes += 20
		same(t, "client", got, want)
	})
	t.Run("ARemovedSecretIsGone", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertClient(ctx(), fullClient()))
		must(t, s.UpdateClient(ctx(), poolID, "full", func(c *directory.Client) error {
			c.Secrets = nil
			return nil
		}))
		got, err := s.Client(ctx(), "full")
		must(t, err)
		same(t, "secrets", got.Secrets, nil)
	})
	t.Run("SecretsAreSealedAndBoundToTheirClient", func(t *testing.T) {
		t.Parallel()
		sealer := &recorder{Sealer: Sealer(t)}
		s, err := store.Open(ctx(), "sqlite::memory:", store.Options{Sealer: sealer})
		must(t, err)
		defer s.Close()
		must(t, s.InsertPool(ctx(), pool(poolID)))
		must(t, s.InsertClient(ctx(), fullClient()))
		same(t, "bound to", sealer.aad, "full")
		if bytes.Contains(sealer.sealed, []byte("secret-value")) {
			t.Error("a secret can be read in what is stored")
		}
	})
	t.Run("WithoutASealerNoSecretIsStored", func(t *testing.T) {
		t.Parallel()
		s, err := store.Open(ctx(), "sqlite::memory:", store.Options{})
		must(t, err)
		defer s.Close()
		must(t, s.InsertPool(ctx(), pool(poolID)))
		if err := s.InsertClient(ctx(), fullClient()); err == nil {
			t.Error("a secret was stored without a sealer")
		}
		must(t, s.InsertClient(ctx(), client("public")))
	})
	t.Run("PagesHoldEachClientOfThePoolOnceOldestFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertPool(ctx(), pool("r_other")))
		for i, id := range []string{"c", "a", "b"} {
			c := client(id)
			c.CreatedAt = now.Add(time.Duration(min(i, 1)) * time.Second)
			must(t, s.InsertClient(ctx(), c))
		}
		stranger := client("stranger")
		stranger.PoolID = "r_other"
		must(t, s.InsertClient(ctx(), stranger))
		var got []string
		for after := (directory.Position{}); ; {
			page, err := s.ListClients(ctx(), poolID, after, 2)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				got = append(got, c.ID)
				after = directory.Position{CreatedAt: c.CreatedAt.UnixMilli(), ID: c.ID}
			}
		}
		same(t, "clients", got, []string{"c", "a", "b"})
	})
}

// recorder remembers what it sealed.
type recorder struct {
	store.Sealer
	sealed []byte
	aad    string
}

func (r *recorder) Seal(purpose string, plain, aad []byte) []byte {
	r.sealed, r.aad = r.Sealer.Seal(purpose, plain, aad), string(aad)
	return r.sealed
}
