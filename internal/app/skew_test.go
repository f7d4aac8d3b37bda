package app

import (
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// offBy is a node's clock that is wrong.
func offBy(d time.Duration) func(*Config) {
	return func(c *Config) { c.clock = func() time.Time { return time.Now().Add(d) } }
}

// What one node ends must be ended for all, and what begins after that must go on, though their clocks differ by 4 s.
func TestClocksOfNodesMayDiffer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	database, key := cluster.Database(t), filepath.Join(t.TempDir(), "master.key")
	slow, fast := node(t, database, key, offBy(-2*time.Second)), node(t, database, key, offBy(2*time.Second))
	for _, h := range []*house{slow, fast} {
		if off := time.Until(h.clock.Now()).Abs(); off > 500*time.Millisecond {
			t.Errorf("a node's clock is %v off after it was steered", off)
		}
	}
	ctx, d := t.Context(), slow.rooms.Load().directory
	pool, err := d.Pools.Create(ctx, directory.PoolSpec{ID: testPool, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	if err != nil {
		t.Fatal(err)
	}
	alice, err := d.Users.Create(ctx, pool, directory.NewUser{Username: "alice", Status: directory.Confirmed, By: directory.BySystem}, false)
	if err != nil {
		t.Fatal(err)
	}
	client, err := d.Clients.Create(ctx, directory.ClientSpec{PoolID: pool.ID, ClientSettings: directory.ClientSettings{Name: "web", TokenRevocation: true}})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(h *house) (access, refresh, browser string) {
		t.Helper()
		r := h.rooms.Load()
		user, err := r.directory.Users.Get(ctx, pool.ID, alice.ID)
		if err != nil {
			t.Fatal(err)
		}
		set, err := r.minter.Issue(ctx, token.Grant{Pool: pool, Client: client, User: user})
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := r.authorizer.Browser.Begin(ctx, authorize.Proof{Pool: pool, User: user})
		if err != nil {
			t.Fatal(err)
		}
		return set.Access, set.Refresh, secret
	}
	lives := func(h *house, access, refresh, browser string) (tokens, again, session bool) {
		t.Helper()
		r := h.rooms.Load()
		_, noAccess := r.verifier.Access(ctx, access)
		_, noRefresh := r.minter.Refresh(ctx, token.Renewal{Client: client, Token: refresh})
		s, _, err := r.authorizer.Browser.Find(ctx, pool, browser)
		if err != nil {
			t.Fatal(err)
		}
		return noAccess == nil, noRefresh == nil, s != nil
	}
	for name, nodes := range map[string][2]*house{"in on the fast node, out on the slow one": {fast, slow}, "in on the slow node, out on the fast one": {slow, fast}} {
		in, out := nodes[0], nodes[1]
		access, refresh, browser := begin(in)
		for _, h := range nodes {
			if tokens, again, session := lives(h, access, refresh, browser); !tokens || !again || !session {
				t.Errorf("%s: before the sign-out: access %v, refresh %v, browser %v", name, tokens, again, session)
			}
		}
		time.Sleep(3 * worthOfClock) // what happens within the inexactness of clocks has no order
		if err := out.rooms.Load().accounts.GlobalSignOut(ctx, pool, alice.ID); err != nil {
			t.Fatal(err)
		}
		for _, h := range nodes {
			if tokens, again, session := lives(h, access, refresh, browser); tokens || again || session {
				t.Errorf("%s: after the sign-out: access %v, refresh %v, browser %v", name, tokens, again, session)
			}
		}
		access, refresh, browser = begin(in) // at once
		for _, h := range nodes {
			if tokens, again, session := lives(h, access, refresh, browser); !tokens || !again || !session {
				t.Errorf("%s: signed in anew: access %v, refresh %v, browser %v", name, tokens, again, session)
			}
		}
	}
}

// worthOfClock is how exact the clocks of nodes are held.
const worthOfClock = 50 * time.Millisecond

// A database whose clock is wrong must not give tokens times that nobody believes.
func TestAClockTooFarOffIsNotFollowed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	h := node(t, cluster.Database(t), filepath.Join(t.TempDir(), "master.key"), offBy(time.Hour))
	if off := time.Until(h.clock.Now()); off < 59*time.Minute {
		t.Errorf("a node whose clock is an hour ahead of the database's follows it: %v", off)
	}
}
