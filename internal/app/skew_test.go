package app

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// offBy is a node's clock that is wrong.
func offBy(d time.Duration) func(*Config) {
	return func(c *Config) { c.Clock = func() time.Time { return time.Now().Add(d) } }
}

// What one node ends must be ended for all, and what begins after that must go on, though their clocks differ by 4 s: nodes of
// one PostgreSQL steer theirs by the database's, and hold them to some milliseconds; processes on one SQLite file do not.
func TestClocksOfNodesMayDiffer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	t.Run("PostgreSQL", func(t *testing.T) { skewed(t, cluster.Database(t), true) })
	t.Run("SQLite", func(t *testing.T) { skewed(t, "sqlite:"+filepath.Join(t.TempDir(), "cognate.db"), false) })
}

func skewed(t *testing.T, database string, steered bool) {
	key := filepath.Join(t.TempDir(), "master.key")
	slow, fast := node(t, database, key, offBy(-2*time.Second)), node(t, database, key, offBy(2*time.Second))
	for _, h := range []*house{slow, fast} {
		if off := time.Until(h.clock.Now()).Abs(); steered && off > 500*time.Millisecond {
			t.Errorf("a node's clock is %v off after it was steered", off)
		}
	}
	p := settlePerson(t, slow)
	for name, nodes := range map[string][2]*house{"in on the fast node, out on the slow one": {fast, slow}, "in on the slow node, out on the fast one": {slow, fast}} {
		in, out := nodes[0], nodes[1]
		held := p.begin(t, in)
		for _, h := range nodes {
			if lives := p.lives(t, h, held); lives != "access browser code refresh" {
				t.Errorf("%s: before the sign-out live: %s", name, lives)
			}
		}
		held = p.begin(t, in) // and at once
		if err := out.rooms.Load().accounts.GlobalSignOut(t.Context(), p.pool, p.alice); err != nil {
			t.Fatal(err)
		}
		for _, h := range nodes {
			if lives := p.lives(t, h, held); lives != "" {
				t.Errorf("%s: after the sign-out live: %s", name, lives)
			}
		}
		held = p.begin(t, in) // at once
		for _, h := range nodes {
			if lives := p.lives(t, h, held); lives != "access browser code refresh" {
				t.Errorf("%s: signed in anew live: %s", name, lives)
			}
		}
	}
}

// signedIn is what somebody holds: tokens, a browser, and a code for each node to try.
type signedIn struct {
	access, refresh, browser string
	codes                    []string
}

// person is somebody who signs in, and the client.
type person struct {
	pool   *directory.Pool
	client *directory.Client
	alice  string
}

const skewedApp = "https://app.example.com/callback"

func settlePerson(t *testing.T, h *house) *person {
	t.Helper()
	ctx, d := t.Context(), h.rooms.Load().directory
	p := &person{}
	var err error
	if p.pool, err = d.Pools.Create(ctx, directory.PoolSpec{ID: testPool, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}}); err != nil {
		t.Fatal(err)
	}
	alice, err := d.Users.Create(ctx, p.pool, directory.NewUser{Username: "alice", Status: directory.Confirmed, By: directory.BySystem}, false)
	if err != nil {
		t.Fatal(err)
	}
	p.alice = alice.ID
	p.client, err = d.Clients.Create(ctx, directory.ClientSpec{PoolID: p.pool.ID, ClientSettings: directory.ClientSettings{
		Name: "web", TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
		OAuthScopes: []string{"openid"}, CallbackURLs: []string{skewedApp},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin signs in on a node.
func (p *person) begin(t *testing.T, h *house) *signedIn {
	t.Helper()
	ctx, r := t.Context(), h.rooms.Load()
	user, err := r.directory.Users.Get(ctx, p.pool.ID, p.alice)
	if err != nil {
		t.Fatal(err)
	}
	set, err := r.minter.Issue(ctx, token.Grant{Pool: p.pool, Client: p.client, User: user})
	if err != nil {
		t.Fatal(err)
	}
	s, secret, err := r.authorizer.Browser.Begin(ctx, authorize.Proof{Pool: p.pool, User: user})
	if err != nil {
		t.Fatal(err)
	}
	held := &signedIn{access: set.Access, refresh: set.Refresh, browser: secret}
	request, err := r.authorizer.Requests.Parse(ctx, authorize.Site{Pool: p.pool}, url.Values{
		"client_id": {p.client.ID}, "redirect_uri": {skewedApp}, "response_type": {"code"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		location, err := r.authorizer.Complete(ctx, request, s)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		held.codes = append(held.codes, u.Query().Get("code"))
	}
	return held
}

// lives says what of it a node takes.
func (p *person) lives(t *testing.T, h *house, held *signedIn) string {
	t.Helper()
	ctx, r := t.Context(), h.rooms.Load()
	_, noAccess := r.verifier.Access(ctx, held.access)
	_, noRefresh := r.minter.Refresh(ctx, token.Renewal{Client: p.client, Token: held.refresh})
	s, _, err := r.authorizer.Browser.Find(ctx, p.pool, held.browser)
	if err != nil {
		t.Fatal(err)
	}
	code := held.codes[0]
	held.codes = held.codes[1:]
	_, noCode := r.authorizer.Codes.Redeem(ctx, authorize.Exchange{Pool: p.pool, Client: p.client, Code: code, RedirectURI: skewedApp})
	var list []string
	for what, lives := range map[string]bool{"access": noAccess == nil, "refresh": noRefresh == nil, "browser": s != nil, "code": noCode == nil} {
		if lives {
			list = append(list, what)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

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
