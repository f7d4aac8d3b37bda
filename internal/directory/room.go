package directory

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
)

// Parts is what the directory is built from. All but Providers and OnCommit are needed.
type Parts struct {
	Pools       PoolStore
	Clients     ClientStore
	Groups      GroupStore
	Users       UserStore
	Credentials CredentialStore
	Resources   ResourceStore
	Providers   ProviderStore // nil: no pool has any
	Changes     Changes
	// OnCommit runs fn once the transaction in ctx has committed, before its owner is answered. Nil: at once.
	OnCommit func(ctx context.Context, fn func())
	Keys     *secret.Keyring
	// Leave refuses, with a fault, that a pool is deleted, or removes what it has outside; it runs in the transaction that deletes
	// the pool. Nil: there is nothing.
	Leave func(ctx context.Context, poolID string) error
	// Frozen refuses, with a fault, that the settings or the schema of a pool change, or that it goes, while something is
	// at work that rests on them. It runs in the transaction that would. Nil: never.
	Frozen func(ctx context.Context, poolID string) error
	Hasher *password.Hasher
	Now    clock.Clock
}

// Directory holds the room's services.
type Directory struct {
	Pools     *Pools
	Clients   *Clients
	Groups    *Groups
	Users     *Users
	Passwords *Passwords
	Resources *ResourceServers
}

// The caches of pools, clients and resource servers: a write on this node is seen at once, one on another node within settingsTTL.
const (
	settingsTTL = time.Second
	settingsMax = 10_000
)

// New builds the services and what they share.
func New(p Parts) *Directory {
	if p.OnCommit == nil {
		p.OnCommit = func(_ context.Context, fn func()) { fn() }
	}
	tokens := cursor.New(p.Keys, p.Now)
	pools := &Pools{store: p.Pools, changes: p.Changes, onCommit: p.OnCommit, tokens: tokens, now: p.Now}
	pools.leave, pools.frozen = p.Leave, p.Frozen
	pools.cache = remember(p.Now, p.Pools.Pool)
	resources := &ResourceServers{store: p.Resources, onCommit: p.OnCommit, tokens: tokens, now: p.Now}
	resources.cache = remember(p.Now, resources.read)
	clients := &Clients{
		store: p.Clients, tx: p.Pools, credentials: p.Credentials, pools: pools, resources: resources, providers: p.Providers,
		onCommit: p.OnCommit, tokens: tokens, now: p.Now,
	}
	clients.cache = remember(p.Now, p.Clients.Client)
	clients.srp = remember(p.Now, clients.readSRP)
	pools.forgetClients = clients.cache.InvalidateAll
	users := &Users{store: p.Users, providers: p.Providers, changes: p.Changes, tokens: tokens, now: p.Now}
	return &Directory{
		Pools:     pools,
		Clients:   clients,
		Groups:    &Groups{store: p.Groups, changes: p.Changes, tokens: tokens, now: p.Now},
		Users:     users,
		Resources: resources,
		Passwords: &Passwords{
			store: p.Credentials, tx: p.Users, clients: clients, hasher: p.Hasher, keys: p.Keys, now: p.Now,
		},
	}
}

// remember caches what load finds. It must not be asked inside a transaction, whose writes others may not see yet.
func remember[V any](now clock.Clock, load func(context.Context, string) (V, error)) *cache.Cache[string, V] {
	return cache.New(cache.Config{Max: settingsMax, TTL: settingsTTL, Clock: now},
		func(ctx context.Context, id string) (cache.Loaded[V], error) {
			v, err := load(ctx, id)
			return cache.Loaded[V]{Value: v, Found: true}, err
		})
}

// moment is the current time in the resolution that is stored.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
