package app

import (
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/upkeep"
)

// poolRooms are the rooms about parts of a pool other than its people.
type poolRooms struct {
	certificates *key.Ring
	risks        *risk.Risks
	upkeep       *upkeep.Upkeep
	public       string
	branding     *branding.Branding
	domains      *domain.Domains
	federation   *federation.Federation
}

// poolParts is what the operations ask.
func (r *poolRooms) poolParts() cognitoidp.PoolParts {
	return cognitoidp.PoolParts{
		Public: r.public, Branding: r.branding, Certificates: r.certificates, Domains: r.domains, Federation: r.federation,
		Risks: r.risks, Upkeep: r.upkeep,
	}
}

// furnishDomains builds the room that must stand before the directory, which asks it whether a pool may go.
func (g *ground) furnishDomains(r *rooms) (err error) {
	r.domains, err = domain.New(domain.Parts{Store: g.store, OnCommit: g.store.OnCommit, Public: g.public, Now: now})
	return err
}

// furnishPools builds the others.
func (g *ground) furnishPools(r *rooms) {
	r.public = g.public
	r.certificates = r.ring
	r.risks, r.upkeep = risk.New(g.store, now), upkeep.New(g.store, now)
	r.branding = branding.New(branding.Parts{
		Styles: g.store, Classic: g.store, Terms: g.store, HasDomain: r.domains.Has, Keys: g.keys, Now: now,
	})
	r.federation = federation.New(federation.Parts{
		Providers: g.store, Links: g.store, Groups: r.directory.Groups, Keys: g.keys, Now: now,
	})
}
