package app

import (
	"context"
	"log/slog"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/upkeep"
)

// poolRooms are the rooms about parts of a pool other than its people.
type poolRooms struct {
	certificates *key.Ring
	risks        *risk.Risks
	history      *risk.History
	upkeep       *upkeep.Upkeep
	gate         *limit.Gate // nil: nothing is limited
	rates        *limit.Rates
	public       string
	branding     *branding.Branding
	domains      *domain.Domains
	federation   *federation.Federation
	imports      *job.Jobs
}

// poolParts is what the operations ask.
func (r *rooms) poolParts() cognitoidp.PoolParts {
	return cognitoidp.PoolParts{
		Public: r.public, Branding: r.branding, Certificates: r.certificates, Domains: r.domains, Federation: r.federation,
		Risks: r.risks, History: r.history, Where: r.protection.Where, Upkeep: r.upkeep, Rates: r.rates, Gate: r.gate, Imports: r.imports,
	}
}

// furnishDomains builds the room that must stand before the directory, which asks it whether a pool may go.
func (g *ground) furnishDomains(r *rooms) (err error) {
	r.domains, err = domain.New(domain.Parts{Store: g.store, OnCommit: g.store.OnCommit, Public: g.public, Now: g.clock.Now})
	return err
}

// furnishLimits builds what requests are counted by.
func (g *ground) furnishLimits(r *rooms) (err error) {
	r.gate, r.rates, err = limit.New(limit.Parts{
		Store: g.store, Now: g.clock.Now, Config: g.cfg.Rates,
		Observe: func(ctx context.Context, kind, name string) {
			g.told.Metrics.Limited(kind, name)
			telemetry.Add(ctx, slog.String("limited_by", kind))
		},
	})
	return err
}

// furnishPools builds the others.
func (g *ground) furnishPools(r *rooms) {
	r.public = g.public
	r.certificates = r.ring
	r.risks, r.upkeep = risk.New(g.store, g.clock.Now), upkeep.New(g.store, g.clock.Now)
	r.branding = branding.New(branding.Parts{
		Styles: g.store, Classic: g.store, Terms: g.store, HasDomain: r.domains.Has, Keys: g.keys, Now: g.clock.Now,
	})
	r.federation = federation.New(federation.Parts{
		Providers: g.store, Links: g.store, Groups: r.directory.Groups, Keys: g.keys, Now: g.clock.Now,
		Metadata: func(ctx context.Context, url string) (*metadata.Metadata, error) { return r.saml.Read(ctx, url) },
	})
}
