package storetest

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

func extended(t *testing.T, open Open) *store.Store {
	t.Helper()
	s := seeded(t, open)
	must(t, s.InsertWorkspace(ctx(), aWorkspace("work"), 9))
	must(t, s.InsertWorkspace(ctx(), aWorkspace("other"), 9))
	return s
}

func aScript(id string) *extension.Script {
	return &extension.Script{
		ID: id, WorkspaceID: "work", Name: "script " + id, Body: "module.exports = 1", EnvVersion: "v1", TestInput: "{}", DebugUntil: later(5),
		CreatedAt: now, ModifiedAt: later(1),
	}
}

func extensions(t *testing.T, open Open) {
	t.Run("ScriptsAndTheirPoints", func(t *testing.T) {
		t.Parallel()
		s := extended(t, open)
		must(t, s.SaveScript(ctx(), aScript("a"), 2))
		must(t, s.SaveScript(ctx(), aScript("b"), 2))
		faulty(t, "one too many", s.SaveScript(ctx(), aScript("c"), 2), fault.Limited, "", "")
		taken := aScript("b")
		taken.Name = "script a"
		faulty(t, "a name that another has", s.SaveScript(ctx(), taken, 2), fault.Exists, "", "")
		nowhere := aScript("z")
		nowhere.WorkspaceID = "none"
		faulty(t, "no workspace", s.SaveScript(ctx(), nowhere, 2), fault.Missing, "", "")
		got, err := s.Script(ctx(), "work", "a")
		must(t, err)
		same(t, "script", got, aScript("a"))
		_, err = s.Script(ctx(), "other", "a")
		faulty(t, "a script of another workspace", err, fault.Missing, "", "")
		p := &extension.Point{Type: extension.PostAuthn, Target: "corp", ScriptID: "a", Failure: extension.Continue, WorkspaceID: "work"}
		must(t, s.SavePoint(ctx(), p))
		p.ScriptID = "b"
		must(t, s.SavePoint(ctx(), p))
		faulty(t, "a point without a script", s.SavePoint(ctx(), &extension.Point{Type: extension.PostAuthn, ScriptID: "none", WorkspaceID: "work"}), fault.Missing, "", "")
		points, err := s.Points(ctx(), "work")
		must(t, err)
		same(t, "points", points, []*extension.Point{p})
		must(t, s.DeleteScript(ctx(), "work", "b"))
		points, err = s.Points(ctx(), "work")
		must(t, err)
		same(t, "points without their script", len(points), 0)
		faulty(t, "gone already", s.DeleteScript(ctx(), "work", "b"), fault.Missing, "", "")
		must(t, s.DeleteWorkspace(ctx(), "work"))
		list, err := s.Scripts(ctx(), "work")
		must(t, err)
		same(t, "scripts without their workspace", len(list), 0)
	})
	t.Run("SecretsAreSealed", func(t *testing.T) {
		t.Parallel()
		s := extended(t, open)
		x := &extension.Secret{ID: "KEY", WorkspaceID: "work", Value: "hush", ModifiedAt: now}
		must(t, s.SaveSecret(ctx(), x, 9))
		list, err := s.Secrets(ctx(), "work")
		must(t, err)
		same(t, "secrets", list, []*extension.Secret{x})
		list, err = s.Secrets(ctx(), "other")
		must(t, err)
		same(t, "secrets of another workspace", len(list), 0)
		must(t, s.DeleteSecret(ctx(), "work", "KEY"))
		faulty(t, "gone already", s.DeleteSecret(ctx(), "work", "KEY"), fault.Missing, "", "")
	})
	t.Run("Applications", func(t *testing.T) {
		t.Parallel()
		s := extended(t, open)
		a := &extension.App{ID: "a", WorkspaceID: "work", Name: "Terms", URL: "https://app.example.com", Type: extension.PostAuthnApp, ClientID: "c", CreatedAt: now, ModifiedAt: now}
		must(t, s.SaveApp(ctx(), a, 9))
		got, err := s.AppOf(ctx(), "c")
		must(t, err)
		same(t, "application", got, a)
		_, err = s.AppOf(ctx(), "other")
		faulty(t, "no application", err, fault.Missing, "", "")
		must(t, s.DeleteApp(ctx(), "work", "a"))
		_, err = s.App(ctx(), "work", "a")
		faulty(t, "gone", err, fault.Missing, "", "")
	})
	t.Run("RunsEnd", func(t *testing.T) {
		t.Parallel()
		s := extended(t, open)
		must(t, s.InsertScriptRun(ctx(), "1", "work", "a", "first", now, later(9)))
		must(t, s.InsertScriptRun(ctx(), "2", "work", "a", "second", later(1), later(10)))
		faulty(t, "no workspace", s.InsertScriptRun(ctx(), "3", "none", "a", "x", now, later(9)), fault.Missing, "", "")
		list, err := s.ScriptRuns(ctx(), "work", "a", now, 9)
		must(t, err)
		same(t, "runs", list, []string{"second", "first"})
		list, err = s.ScriptRuns(ctx(), "work", "a", later(9), 9)
		must(t, err)
		same(t, "runs that have not ended", list, []string{"second"})
		must(t, s.Sweep(ctx(), later(11)))
		list, err = s.ScriptRuns(ctx(), "work", "a", now, 9)
		must(t, err)
		same(t, "runs that were swept out", len(list), 0)
	})
}

func grants(t *testing.T, open Open) {
	const app, other = "app00000000000000000000000", "other000000000000000000000"
	people := func(t *testing.T) *store.Store {
		s := seeded(t, open)
		must(t, s.InsertUser(ctx(), user(1), named(user(1))))
		for _, id := range []string{app, other} {
			must(t, s.InsertClient(ctx(), client(id)))
		}
		return s
	}
	give := func(client, scope string, at time.Time) consent.Grant {
		return consent.Grant{PoolID: poolID, UserID: user(1).ID, ClientID: client, Scope: scope, GivenAt: at, Language: "de"}
	}
	t.Run("WhatIsGivenComesBack", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		must(t, s.SaveGrants(ctx(), []consent.Grant{give(app, "email", now), give(app, "phone", now), give(other, "email", now)}))
		must(t, s.SaveGrants(ctx(), []consent.Grant{give(app, "email", later(1))}))
		list, err := s.Grants(ctx(), poolID, user(1).ID, app)
		must(t, err)
		same(t, "grants", list, []consent.Grant{give(app, "email", later(1)), give(app, "phone", now)})
		must(t, s.DropGrants(ctx(), poolID, user(1).ID, app, []string{"phone", "none"}, later(2)))
		list, err = s.Grants(ctx(), poolID, user(1).ID, "")
		must(t, err)
		same(t, "all grants", list, []consent.Grant{give(app, "email", later(1)), give(other, "email", now)})
		gone := give("gone00000000000000000000000", "email", now)
		faulty(t, "a client that is gone", s.SaveGrants(ctx(), []consent.Grant{gone}), fault.Missing, "", "")
		must(t, s.DeleteClient(ctx(), poolID, other))
		list, err = s.Grants(ctx(), poolID, user(1).ID, "")
		must(t, err)
		same(t, "grants of a client that is gone", len(list), 1)
	})
	t.Run("WhatIsRefusedAnewEndsWhereItWas", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		must(t, s.SaveGrants(ctx(), []consent.Grant{give(app, "email", now), give(app, "phone", now)}))
		for id, x := range map[string]struct {
			client string
			scopes []string
		}{"with": {app, []string{"email", "phone"}}, "without": {app, []string{"email"}}, "like": {app, []string{"phonebook"}}, "none": {app, nil}, "theirs": {other, []string{"phone"}}} {
			must(t, s.InsertSession(ctx(), &token.Session{
				ID: id, PoolID: poolID, UserID: user(1).ID, ClientID: x.client, EventID: id, Scopes: x.scopes, AuthTime: now, CreatedAt: now, ExpiresAt: later(9000),
			}))
		}
		must(t, s.DropGrants(ctx(), poolID, user(1).ID, app, nil, later(1)))
		must(t, s.DropGrants(ctx(), poolID, user(1).ID, app, []string{"phone"}, later(2)))
		for id, want := range map[string]time.Time{"with": later(2), "without": {}, "like": {}, "none": {}, "theirs": {}} {
			got, err := s.Session(ctx(), id)
			must(t, err)
			same(t, "revoked: "+id, got.RevokedAt, want)
		}
	})
	t.Run("WithdrawnIsAll", func(t *testing.T) {
		t.Parallel()
		s := people(t)
		must(t, s.SaveGrants(ctx(), []consent.Grant{give(app, "email", now), give(other, "email", now)}))
		for id, client := range map[string]string{"mine": app, "theirs": other} {
			must(t, s.InsertSession(ctx(), &token.Session{
				ID: id, PoolID: poolID, UserID: user(1).ID, ClientID: client, EventID: id, AuthTime: now, CreatedAt: now, ExpiresAt: later(9000),
			}))
		}
		was, err := s.Withdraw(ctx(), poolID, user(1).ID, app, later(1))
		must(t, err)
		same(t, "there was something", was, true)
		mine, err := s.Session(ctx(), "mine")
		must(t, err)
		theirs, err := s.Session(ctx(), "theirs")
		must(t, err)
		same(t, "revoked", []time.Time{mine.RevokedAt, theirs.RevokedAt}, []time.Time{later(1), {}})
		was, err = s.Withdraw(ctx(), poolID, user(1).ID, app, later(2))
		must(t, err)
		same(t, "there was something more", was, false)
	})
}
