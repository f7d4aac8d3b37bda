package app

import (
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
)

// poolRooms are the rooms about parts of a pool other than its people.
type poolRooms struct {
	public     string
	branding   *branding.Branding
	domains    *domain.Domains
	federation *federation.Federation
}

// poolParts is what the operations ask.
func (r *poolRooms) poolParts() cognitoidp.PoolParts {
	return cognitoidp.PoolParts{Public: r.public, Branding: r.branding, Domains: r.domains, Federation: r.federation}
}

// furnishDomains builds the room that must stand before the directory, which asks it whether a pool may go.
func (g *ground) furnishDomains(r *rooms) (err error) {
	r.domains, err = domain.New(domain.Parts{Store: g.store, OnCommit: g.store.OnCommit, Public: g.public, Now: now})
	return err
}

// furnishPools builds the others.
func (g *ground) furnishPools(r *rooms) {
	r.public = g.public
	r.branding = branding.New(branding.Parts{
		Styles: g.store, Classic: g.store, Terms: g.store, HasDomain: r.domains.Has, Keys: g.keys, Now: now,
	})
	r.federation = federation.New(federation.Parts{
		Providers: g.store, Links: g.store, Groups: r.directory.Groups, Keys: g.keys, Now: now,
	})
}
