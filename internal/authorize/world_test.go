package authorize_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/token"
)

const (
	poolID = "eu-west-1_Pool00001"
	sub    = "5f2b1c9e-1111-4222-8333-444455556666"
	app    = "https://app.example.com/callback"
)

// world is the room over one pool with alice, on a database of its own.
type world struct {
	*authorize.Authorizer
	t      testing.TB
	store  *store.Store
	clock  *clock.Fake
	dir    *directory.Directory
	pool   *directory.Pool
	alice  *directory.User
	minter *token.Minter
	hook   func(token.Event) (token.Changes, error)
	parts  authorize.Parts
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC)), store: storetest.Memory(t)}
	keys := storetest.Sealer(t)
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1),
		Now: w.clock.Now,
	})
	var err error
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.alice = &directory.User{
		PoolID: poolID, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
	}
	w.check(w.store.InsertUser(t.Context(), w.alice, directory.Keys{Username: "alice"}))
	parts := token.Parts{
		Keys: key.NewRing(w.store, keys, w.clock.Now), Sealer: keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients,
		People: w.store, Issuer: func(p *directory.Pool) string { return "https://id.example.com/" + p.ID }, Now: w.clock.Now, Hook: w,
	}
	w.minter = token.NewMinter(parts)
	w.parts = authorize.Parts{
		Store: w.store, Clients: w.dir.Clients, People: w.store, Tokens: w.minter, Ended: token.NewSessions(parts),
		Scopes: w.dir.Resources, Sealer: keys, Now: w.clock.Now,
	}
	w.Authorizer = authorize.New(w.parts)
	return w
}

// BeforeTokens is the hook of a test, if it has one.
func (w *world) BeforeTokens(_ context.Context, e token.Event) (token.Changes, error) {
	if w.hook == nil {
		return token.Changes{}, nil
	}
	return w.hook(e)
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) client(id string, change ...func(*directory.ClientSettings)) *directory.Client {
	w.t.Helper()
	spec := directory.ClientSpec{ID: id, PoolID: poolID, ClientSettings: directory.ClientSettings{
		Name: id, TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code", "implicit"},
		OAuthScopes: []string{"openid", "email"}, CallbackURLs: []string{app},
	}}
	for _, c := range change {
		c(&spec.ClientSettings)
	}
	c, err := w.dir.Clients.Create(w.t.Context(), spec)
	w.check(err)
	return c
}

// request parses a good request, changed.
func (w *world) request(change ...string) (*authorize.Request, error) {
	q := url.Values{"client_id": {"client"}, "redirect_uri": {app}, "response_type": {"code"}}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}
	return w.Requests.Parse(w.t.Context(), authorize.Site{Pool: w.pool}, q)
}

// begin signs alice in.
func (w *world) begin() *authorize.Session {
	w.t.Helper()
	s, _, err := w.Browser.Begin(w.t.Context(), authorize.Proof{Pool: w.pool, User: w.alice})
	w.check(err)
	return s
}

// coded is a sign-in that has come as far as a code, and the exchange of it.
func (w *world) coded(client *directory.Client) authorize.Exchange {
	w.t.Helper()
	r, err := w.request()
	w.check(err)
	location, err := w.Complete(w.t.Context(), r, w.begin())
	w.check(err)
	return authorize.Exchange{Pool: w.pool, Client: client, Code: code(w.t, location), RedirectURI: app}
}

// code takes the code out of a location.
func code(t testing.TB, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("no code in %s", location)
	}
	return u.Query().Get("code")
}

// refusal checks that err is a refusal with a code.
func refusal(t testing.TB, err error, code string) *authorize.Refusal {
	t.Helper()
	r := (*authorize.Refusal)(nil)
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return r
}

// refusing is what a trigger that refuses says.
func refusing(token.Event) (token.Changes, error) {
	return token.Changes{}, fault.New(fault.Denied, fault.LambdaError, "PreTokenGeneration failed with error no.")
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
