// Package limit is how often something may be asked for: token buckets by category of operation, by site and by
// address, whose budget several nodes share through the store. It leaves counting what a single user does to account
// and signin, and saying no in a protocol's words to the fronts.
package limit

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// Rule is a token bucket: it holds Tokens when it is full, and an empty one is full again after Per.
type Rule struct {
	Tokens int
	Per    time.Duration
	// Free is how many tokens each node gives out per Per and key before it asks the store: what nearly every key
	// needs. The price is that n nodes together may give out n times as many too many. A rule with Free and without
	// Tokens never asks the store.
	Free int
}

// each is how long one token takes to come back.
func (r Rule) each() time.Duration { return r.Per / time.Duration(max(r.Tokens, 1)) }

// Lease takes up to want tokens out of a bucket that is full again at a time, and says when it is full then. This is
// the whole arithmetic of a bucket: a store keeps one time for each.
func (r Rule) Lease(fullAt, now time.Time, want int) (got int, then time.Time) {
	if fullAt.Before(now) {
		fullAt = now
	}
	room := r.Per - fullAt.Sub(now)
	got = min(want, int(max(room, 0)/max(r.each(), 1)))
	return got, fullAt.Add(time.Duration(got) * r.each())
}

// Store keeps what nodes share.
type Store interface {
	// LeaseTokens takes up to want tokens out of the bucket of a key (see Rule.Lease) and returns how many, with no
	// writer in between. A bucket that does not exist is full.
	LeaseTokens(ctx context.Context, key string, r Rule, want int, now time.Time) (int, error)
	// DropFullBuckets forgets buckets that are full.
	DropFullBuckets(ctx context.Context, now time.Time) error

	// Provisioned is the limit that was set for a category, 0 when none was.
	Provisioned(ctx context.Context, category string) (int, error)
	Provision(ctx context.Context, category string, value int) error
}

// Parts is what the room is built from. Observe may be nil.
type Parts struct {
	Store  Store
	Now    clock.Clock
	Config Config
	// Observe is told of each refusal: by what kind of limit (category, pool, user, site, client, address), and for
	// the first three of which category.
	Observe func(ctx context.Context, kind, name string)
}

// The kinds of limits that Observe hears of.
const (
	byCategory = "category"
	byPool     = "pool"
	byUser     = "user"
	bySite     = "site"
	byClient   = "client"
	byAddress  = "address"
)

// Gate is asked before something is done. The nil Gate lets everything pass. Safe for concurrent use.
type Gate struct {
	leases  *leases
	rates   *Rates
	exempt  networks
	address Rule
	// poolOperation and user are quotas within categories; 0 means Cognito's, below 0 none.
	poolOperation, user int

	observe func(ctx context.Context, kind, name string)
}

// New builds the room: the gate, and the service that sets and tells its limits, which is there even when no gate is
// (the gate is nil then).
func New(p Parts) (*Gate, *Rates, error) {
	rates := newRates(p.Store, p.Now, p.Config.Categories)
	if p.Config.Mode == Off {
		return nil, rates, nil
	}
	exempt, err := parseNetworks(p.Config.Exempt)
	if err != nil {
		return nil, nil, err
	}
	if p.Observe == nil {
		p.Observe = func(context.Context, string, string) {}
	}
	return &Gate{
		leases: newLeases(p.Store, p.Now), rates: rates, exempt: exempt, address: p.Config.addressRule(), observe: p.Observe,
		poolOperation: p.Config.PoolOperation, user: p.Config.User,
	}, rates, nil
}

// take takes one token or refuses.
func (g *Gate) take(ctx context.Context, kind, name, key string, r Rule) (token, error) {
	t, ok, err := g.leases.take(ctx, key, r)
	switch {
	case err != nil:
		return token{}, err
	case !ok:
		g.observe(ctx, kind, name)
		if kind == byCategory || kind == byPool || kind == byUser {
			return token{}, fault.New(fault.Throttled, "", "Rate exceeded")
		}
		return token{}, fault.New(fault.Throttled, "", "Too many requests")
	}
	return t, nil
}
