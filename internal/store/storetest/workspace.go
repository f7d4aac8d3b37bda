package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

func aWorkspace(id string) *workspace.Workspace {
	return &workspace.Workspace{ID: id, TenantID: "default", Name: "Work", PoolID: poolID, CreatedAt: now, ModifiedAt: now}
}

// fullWorkspace has a value in every field.
func fullWorkspace() *workspace.Workspace {
	w := aWorkspace("full")
	w.Description, w.SSO = "what it is for", workspace.SSO{Enabled: true, MaxIdle: 1, MaxAge: 2}
	w.Context.Attributes = []mapping.Attribute{{Name: "tier", Description: "Tier", Type: mapping.Texts, Labels: []string{"a"}}}
	w.Discovery = workspace.Discovery{Enabled: true, Mode: workspace.DomainMatching}
	w.Claims = []workspace.Claim{{ID: "c", WorkspaceID: "full", Name: "tier", Type: "id_token", SourceType: "authnCtx", SourcePath: "tier", Scopes: []string{"s"}, Opaque: true}}
	w.Services = []workspace.Service{{ID: "v", WorkspaceID: "full", Name: "API", Type: "oauth2", Audience: "https://api.example.com", Scopes: []workspace.Scope{
		{ID: "x", ServiceID: "v", Name: "read", DisplayName: "Read", Description: "d", Implicit: true, ImplicitGrant: true, Transient: true, Metadata: map[string]any{"a": "b"}},
	}}}
	w.Extra, w.ModifiedAt = map[string]any{"consent": "c"}, later(1)
	return w
}

func workspaces(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), fullWorkspace(), 1))
		got, err := s.Workspace(ctx(), "full")
		must(t, err)
		same(t, "workspace", got, fullWorkspace())
		got, err = s.UpdateWorkspace(ctx(), "full", func(w *workspace.Workspace) error { w.Name = "Other"; return nil })
		must(t, err)
		same(t, "changed name", got.Name, "Other")
		got, err = s.Workspace(ctx(), "full")
		must(t, err)
		want := fullWorkspace()
		want.Name = "Other"
		same(t, "changed workspace", got, want)
	})
	t.Run("WhatIsTakenOrTooMuchOrUnknownIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("b"), 2))
		faulty(t, "a taken id", s.InsertWorkspace(ctx(), aWorkspace("b"), 2), fault.Exists, "", "There is a workspace b already.")
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 2))
		faulty(t, "one too many", s.InsertWorkspace(ctx(), aWorkspace("c"), 2), fault.Limited, "", "")
		stray := aWorkspace("c")
		stray.PoolID = "r_other"
		faulty(t, "another pool", s.InsertWorkspace(ctx(), stray, 9), fault.Missing, "", "")
		list, err := s.Workspaces(ctx(), "", 9)
		must(t, err)
		same(t, "workspaces", list, []*workspace.Workspace{aWorkspace("a"), aWorkspace("b")})
		_, err = s.Workspace(ctx(), "c")
		faulty(t, "read", err, fault.Missing, "", "There is no workspace c.")
		_, err = s.UpdateWorkspace(ctx(), "c", func(*workspace.Workspace) error { t.Error("called"); return nil })
		faulty(t, "update", err, fault.Missing, "", "")
		faulty(t, "delete", s.DeleteWorkspace(ctx(), "c"), fault.Missing, "", "")
	})
	t.Run("WhoHoldsItKeepsOthersWaiting", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 9))
		held, both := make(chan struct{}), make(chan error, 1)
		must(t, s.InTx(ctx(), func(ctx context.Context) error {
			w, err := s.HoldWorkspace(ctx, "a")
			if err != nil {
				return err
			}
			same(t, "held", w, aWorkspace("a"))
			go func() {
				close(held)
				_, err := s.UpdateWorkspace(context.WithoutCancel(t.Context()), "a", func(w *workspace.Workspace) error { w.Name += " and more"; return nil })
				both <- err
			}()
			<-held
			_, err = s.UpdateWorkspace(ctx, "a", func(w *workspace.Workspace) error { w.Name = "Held"; return nil })
			return err
		}))
		must(t, <-both)
		got, err := s.Workspace(ctx(), "a")
		must(t, err)
		same(t, "name", got.Name, "Held and more")
		_, err = s.HoldWorkspace(ctx(), "none")
		faulty(t, "one that is not there", err, fault.Missing, "", "There is no workspace none.")
	})
	t.Run("ItsClientsGoWithTheClientsOfThePool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 9))
		must(t, s.InsertClient(ctx(), client("one")))
		must(t, s.InsertClient(ctx(), client("two")))
		one := &workspace.Client{ID: "one", WorkspaceID: "a", Trusted: true, LogoURI: "l", PolicyURI: "p", TermsURI: "t", Description: "d"}
		must(t, s.SaveWorkspaceClient(ctx(), &workspace.Client{ID: "one", WorkspaceID: "a"}))
		must(t, s.SaveWorkspaceClient(ctx(), one))
		must(t, s.SaveWorkspaceClient(ctx(), &workspace.Client{ID: "two", WorkspaceID: "a"}))
		got, err := s.WorkspaceClient(ctx(), "one")
		must(t, err)
		same(t, "client", got, one)
		list, err := s.WorkspaceClients(ctx(), "a", "one", 9)
		must(t, err)
		same(t, "clients", list, []*workspace.Client{{ID: "two", WorkspaceID: "a"}})
		must(t, s.DeleteClient(ctx(), poolID, "one"))
		_, err = s.WorkspaceClient(ctx(), "one")
		faulty(t, "a client that is gone", err, fault.Missing, "", "")
		faulty(t, "a client that never was", s.SaveWorkspaceClient(ctx(), one), fault.Missing, "", "")
	})
	t.Run("WithThePoolEverythingGoes", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 9))
		must(t, s.InsertConnection(ctx(), connection("one", 1), 9))
		must(t, s.DeletePool(ctx(), poolID))
		_, err := s.Workspace(ctx(), "a")
		faulty(t, "workspace", err, fault.Missing, "", "")
		_, err = s.Connection(ctx(), "a", "one")
		faulty(t, "connection", err, fault.Missing, fault.Provider, "")
	})
}

// connection is one of the workspace a.
func connection(id string, order int) *workspace.Connection {
	return &workspace.Connection{
		ID: id, TenantID: "default", WorkspaceID: "a", Name: "Corp", Method: "oidc", DisplayOrder: order, Version: 3, Stamp: 1, CreatedAt: now, ModifiedAt: now,
		Attributes: []mapping.Attribute{{Name: "a.b", Type: mapping.Text, Source: mapping.IDToken}},
		Mappings:   []mapping.Mapping{{Source: "id_token.a.b", Target: "tier", Weak: true}},
		StaticAMR:  []string{"mfa"}, Settings: workspace.Settings{ClientID: "c", IssuerURL: "https://idp.example.com"},
		Config:      workspace.ConnectionConfig{Cache: true, CacheTTL: workspace.Duration(time.Minute), FormerIssuers: []string{"https://former.example.com"}},
		FirstIssuer: "https://first.example.com", Credentials: map[string]string{"client_secret": "s3cret"},
	}
}

func connections(t *testing.T, open Open) {
	with := func(t *testing.T) *store.Store {
		s := seeded(t, open)
		must(t, s.InsertWorkspace(ctx(), aWorkspace("a"), 9))
		must(t, s.InsertWorkspace(ctx(), aWorkspace("b"), 9))
		return s
	}
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.InsertConnection(ctx(), connection("one", 1), 1))
		got, err := s.Connection(ctx(), "a", "one")
		must(t, err)
		same(t, "connection", got, connection("one", 1))
		changed, err := s.UpdateConnection(ctx(), "a", "one", func(c *workspace.Connection) error {
			c.Disabled, c.Stamp, c.FirstIssuer, c.Credentials = true, 2, "https://second.example.com", map[string]string{"client_secret": "new"}
			return nil
		})
		must(t, err)
		got, err = s.Connection(ctx(), "a", "one")
		must(t, err)
		same(t, "changed connection", got, changed)
		same(t, "stamp", got.Stamp, 2)
	})
	// People are called PROVIDER_SUBJECT: a provider that has the name of a connection, or the beginning of its people's names, would
	// let its own in as theirs.
	t.Run("NoProviderHasItsName", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.InsertConnection(ctx(), connection("corp", 1), 9))
		for _, name := range []string{"corp", "Corp", "corp_staff"} {
			faulty(t, name, s.InsertProvider(ctx(), provider(name), 9), fault.Exists, fault.Provider, "")
		}
		for _, name := range []string{"corpo", "staff", "Staff_x"} {
			must(t, s.InsertProvider(ctx(), provider(name), 9))
		}
		faulty(t, "staff", s.InsertConnection(ctx(), connection("staff", 1), 9), fault.Exists, fault.Provider, "")
		must(t, s.InsertConnection(ctx(), connection("staf", 1), 9))
	})
	t.Run("ItIsOneWorkspacesAlone", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.InsertConnection(ctx(), connection("one", 1), 2))
		_, err := s.Connection(ctx(), "b", "one")
		faulty(t, "read", err, fault.Missing, fault.Provider, "There is no such connection.")
		_, err = s.UpdateConnection(ctx(), "b", "one", func(*workspace.Connection) error { t.Error("called"); return nil })
		faulty(t, "update", err, fault.Missing, fault.Provider, "")
		faulty(t, "delete", s.DeleteConnection(ctx(), "b", "one"), fault.Missing, fault.Provider, "")
		other := connection("one", 1)
		other.WorkspaceID = "b"
		faulty(t, "a taken id", s.InsertConnection(ctx(), other, 2), fault.Exists, fault.Provider, "")
		must(t, s.InsertConnection(ctx(), connection("two", 0), 2))
		faulty(t, "one too many", s.InsertConnection(ctx(), connection("three", 0), 2), fault.Limited, "", "")
		other.ID, other.WorkspaceID = "four", "c"
		faulty(t, "an unknown workspace", s.InsertConnection(ctx(), other, 2), fault.Missing, "", "")
		list, err := s.Connections(ctx(), "a")
		must(t, err)
		same(t, "connections in their order", list, []*workspace.Connection{connection("two", 0), connection("one", 1)})
		must(t, s.DeleteConnection(ctx(), "a", "one"))
		faulty(t, "twice", s.DeleteConnection(ctx(), "a", "one"), fault.Missing, fault.Provider, "")
	})
	t.Run("NobodyTakesTheNamesOfItsUsers", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		must(t, s.InsertConnection(ctx(), connection("one", 1), 2))
		for name, want := range map[string]bool{"one_123": true, "one123": false, "ONE_123": false, "two_123": false} {
			got, err := s.ReservesName(ctx(), poolID, name, false)
			must(t, err)
			same(t, name, got, want)
		}
		folded, err := s.ReservesName(ctx(), poolID, "ONE_123", true)
		must(t, err)
		same(t, "without case", folded, true)
		elsewhere, err := s.ReservesName(ctx(), "r_other", "one_123", false)
		must(t, err)
		same(t, "in another pool", elsewhere, false)
	})
	t.Run("ManyMayBeMadeAtOnce", func(t *testing.T) {
		t.Parallel()
		s := with(t)
		refused := make(chan error, 8)
		together(t, 8, func(i int) error {
			err := s.InsertConnection(ctx(), connection(fmt.Sprintf("n%d", i), i), 5)
			if fault.Is(err, fault.Limited, "") {
				refused <- err
				return nil
			}
			return err
		})
		same(t, "refused", len(refused), 3)
	})
}
