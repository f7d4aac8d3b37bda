package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/extension/sandbox"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/policy/stored"
	"cognate.dev/cognate/internal/store/storetest"
)

var cluster storetest.Cluster

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Subcommand { // the process of scripts, as the real binary is
		fmt.Fprintln(os.Stderr, RunExtension(context.Background()))
		os.Exit(1)
	}
	code := m.Run()
	cluster.Stop()
	os.Exit(code)
}

// node is a house that shares its database and master key with others, and follows what they change.
func node(t *testing.T, database, masterKey string, settings ...func(*Config)) *house {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Database, cfg.MasterKey = t.TempDir(), database, masterKey
	cfg.Password = password.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	cfg.Enrich.Sources = []enrich.SourceConfig{{TTL: time.Hour, NegativeTTL: time.Hour, Timeout: 30 * time.Second}}
	cfg.Policy.Stored = true
	for _, set := range settings {
		set(&cfg)
	}
	h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() { defer close(ended); h.follow(ctx) }()
	go func() { defer close(watched); h.policies.Watch(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ended
		<-watched
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) rolesOf(t *testing.T, id string) []string {
	t.Helper()
	p := &enginev1.Principal{Id: id}
	if _, err := h.rooms.Load().enricher.Enrich(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	return p.Roles
}

// soon waits until a node decides with these roles, and tells how long that took. The promise is a second; a busy machine
// gets more, and the log shows it.
func (h *house) soon(t *testing.T, what, id string, roles ...string) {
	t.Helper()
	began := time.Now()
	for {
		got := h.rolesOf(t, id)
		took := time.Since(began)
		if slices.Equal(got, roles) {
			t.Logf("%s: after %v", what, took.Round(time.Millisecond))
			return
		}
		if took > 5*time.Minute {
			t.Fatalf("%s: %s still has the roles %q", what, id, got)
		}
	}
}

// A change on one node is seen by decisions of the others, though their answers would live for an hour.
func TestADecisionOnAnyNodeSeesAChangeSoon(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			database := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
			if engine == "postgres" {
				if testing.Short() {
					t.Skip("starts a server")
				}
				database = cluster.Database(t)
			}
			key := filepath.Join(t.TempDir(), "master.key")
			one, two := node(t, database, key), node(t, database, key)
			ctx, d := t.Context(), one.rooms.Load().directory
			if got := two.rolesOf(t, "alice"); len(got) > 0 {
				t.Fatalf("alice exists: %q", got)
			}
			pool, err := d.Pools.Create(ctx, directory.PoolSpec{ID: testPool, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
			if err != nil {
				t.Fatal(err)
			}
			alice, err := d.Users.Create(ctx, pool, directory.NewUser{Username: "alice", Status: directory.Confirmed, By: directory.BySystem}, false)
			if err != nil {
				t.Fatal(err)
			}
			two.soon(t, "a new user", "alice", "user")
			if _, err := d.Groups.Create(ctx, directory.GroupSpec{PoolID: pool.ID, Name: "admin"}); err != nil {
				t.Fatal(err)
			}
			if err := d.Groups.Add(ctx, pool.ID, "admin", alice.ID); err != nil {
				t.Fatal(err)
			}
			if got := one.rolesOf(t, "alice"); !slices.Equal(got, []string{"admin"}) {
				t.Errorf("on the node itself: %q", got)
			}
			two.soon(t, "a new group", "alice", "admin")
			if err := d.Groups.Remove(ctx, pool.ID, "admin", alice.ID); err != nil {
				t.Fatal(err)
			}
			two.soon(t, "the group is left", "alice", "user")
			if err := one.forgetSource(ctx, "pool", "alice"); err != nil { // as when only another system knows of a change
				t.Fatal(err)
			}
			if n := one.kept()["pool"]; n != 0 {
				t.Errorf("the node itself keeps %d answers", n)
			}
			// Processes that share a file of SQLite hear of each other's writes, and this is none.
			for began := time.Now(); engine == "postgres" && two.kept()["pool"] != 0; {
				if time.Since(began) > 5*time.Minute {
					t.Fatal("the other node forgets nothing")
				}
			}
			two.rolesOf(t, "alice")
			if err := d.Users.Delete(ctx, pool.ID, alice.ID); err != nil {
				t.Fatal(err)
			}
			two.soon(t, "the user is gone", "alice")
		})
	}
}

// may asks the policies of a node whether a user may view an album.
func (h *house) may(t *testing.T) bool {
	t.Helper()
	out, err := h.policies.Check(t.Context(), []*enginev1.CheckInput{{Actions: []string{"view"},
		Principal: &enginev1.Principal{Id: "alice", Roles: []string{"user"}}, Resource: &enginev1.Resource{Kind: "album", Id: "1"}}})
	if fault.Is(err, fault.Unavailable, "") {
		return false // there are none yet
	}
	if err != nil {
		t.Fatal(err)
	}
	return out[0].GetActions()["view"].GetEffect() == effectv1.Effect_EFFECT_ALLOW
}

// What the Admin API of one node keeps in the database, every node decides by, and a disabled policy by none.
func TestAPolicyOfOneNodeDecidesOnAll(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
			if engine == "postgres" {
				if testing.Short() {
					t.Skip("starts a server")
				}
				database = cluster.Database(t)
			}
			key := filepath.Join(t.TempDir(), "master.key")
			one, two := node(t, database, key), node(t, database, key)
			kept := stored.New(one.store, one.tracer.engine, 0, now)
			album := &policyv1.Policy{ApiVersion: "api.cerbos.dev/v1", PolicyType: &policyv1.Policy_ResourcePolicy{ResourcePolicy: &policyv1.ResourcePolicy{
				Resource: "album", Version: "default", Rules: []*policyv1.ResourceRule{{Actions: []string{"view"}, Roles: []string{"user"}, Effect: effectv1.Effect_EFFECT_ALLOW}}}}}
			change := func(what string, want bool, do func() error) {
				t.Helper()
				if err := do(); err != nil {
					t.Fatal(err)
				}
				if err := one.policies.Reload(t.Context()); err != nil || one.may(t) != want { // as the Admin API does before it answers
					t.Fatalf("%s: on the node itself %v, %v", what, one.may(t), err)
				}
				for began := time.Now(); two.may(t) != want; time.Sleep(time.Millisecond) {
					if time.Since(began) > 5*time.Minute { // a second is promised; a busy machine gets more
						t.Fatalf("%s: the other node still says %v", what, !want)
					}
				}
			}
			change("added", true, func() error { return kept.Put(t.Context(), album) })
			change("disabled", false, func() error { _, err := kept.Alter(t.Context(), stored.Disable, stored.ID(album)); return err })
			change("enabled", true, func() error { _, err := kept.Alter(t.Context(), stored.Enable, stored.ID(album)); return err })
		})
	}
}
