package arrival_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/outside"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

const poolID = "eu-west-1_Pool00001"

// world is a pool whose people come from the provider Corp.
type world struct {
	*arrival.Arrivals
	t          testing.TB
	store      *store.Store
	clock      *clock.Fake
	pool       *directory.Pool
	client     *directory.Client
	provider   *federation.Provider
	federation *federation.Federation
}

type option func(*directory.PoolSpec, *directory.ClientSettings)

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	return newWorldOn(t, storetest.Memory(t), options...)
}

func newWorldOn(t testing.TB, s *store.Store, options ...option) *world {
	t.Helper()
	w := &world{t: t, store: s, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	keys := storetest.Sealer(t)
	dir := directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Providers: w.store,
		Changes: quiet{}, OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	w.federation = federation.New(federation.Parts{Providers: w.store, Links: w.store, Groups: dir.Groups, Keys: keys, Now: w.clock.Now})
	w.Arrivals = arrival.New(arrival.Parts{Directory: dir, Tx: w.store, Links: w.federation.Links, Now: w.clock.Now})
	spec := directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}}
	client := directory.ClientSettings{Name: "web", IdentityProviders: []string{"COGNITO", "Corp"}}
	for _, o := range options {
		o(&spec, &client)
	}
	var err error
	w.pool, err = dir.Pools.Create(t.Context(), spec)
	w.check(err)
	w.provider, err = w.federation.Providers.Create(t.Context(), federation.Spec{PoolID: poolID, Name: "Corp", Type: federation.OIDC, Change: federation.Change{
		Details: map[string]string{
			"client_id": "x", "client_secret": "y", "oidc_issuer": "https://corp.example.com", "authorize_scopes": "openid", "attributes_request_method": "GET",
		},
		Mapping:      map[string]string{"email": "email", "email_verified": "email_verified", "name": "name"},
		HasAttribute: func(name string) bool { _, ok := w.pool.Attribute(name); return ok },
	}})
	w.check(err)
	w.client, err = dir.Clients.Create(t.Context(), directory.ClientSpec{ID: "web", PoolID: poolID, ClientSettings: client})
	w.check(err)
	return w
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// claims are what the provider says of alice, changed; what is empty it does not say.
func claims(change ...string) map[string]string {
	out := map[string]string{"sub": "alice", "email": "alice@example.com", "email_verified": "true", "name": "Alice"}
	for i := 0; i+1 < len(change); i += 2 {
		if out[change[i]] = change[i+1]; change[i+1] == "" {
			delete(out, change[i])
		}
	}
	return out
}

// enter lets in whom the claims are about.
func (w *world) enter(change ...string) (*directory.User, error) {
	w.t.Helper()
	told := claims(change...)
	return w.Enter(w.t.Context(), arrival.Entry{
		Pool: w.pool, Client: w.client, Provider: w.provider, Told: &federation.Told{Subject: told["sub"], Claims: maps.Clone(told)},
	})
}

// comes is enter for somebody who must get in; the user is as stored.
func (w *world) comes(change ...string) *directory.User {
	w.t.Helper()
	x, err := w.enter(change...)
	w.check(err)
	x, err = w.Directory.Users.Get(w.t.Context(), poolID, x.ID)
	w.check(err)
	return x
}

// user makes one of the pool's own.
func (w *world) user(name string, attributes map[string]string) *directory.User {
	w.t.Helper()
	x, err := w.Directory.Users.Create(w.t.Context(), w.pool, directory.NewUser{
		Username: name, Status: directory.Confirmed, Attributes: attributes, By: directory.ByAdmin,
	}, false)
	w.check(err)
	return x
}

func (w *world) people() outside.People { return outside.Of(w.Directory, w.pool) }

// link makes an identity of the provider sign in as one of the pool's own.
func (w *world) link(name, attribute, value string) {
	w.t.Helper()
	w.check(w.federation.Links.Link(w.t.Context(), poolID, w.people(), federation.Identity{Provider: federation.Local, Value: name},
		federation.Identity{Provider: "Corp", Attribute: attribute, Value: value}))
}
