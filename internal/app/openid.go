package app

import (
	"context"
	"log/slog"
	"net/url"

	"cognate.dev/cognate/internal/app/seed"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/token"
)

// strictDomains are the domains that are strict OpenID Connect providers, by configuration or seed.
func (g *ground) strictDomains(s seed.Seeds) {
	g.strict = map[string]bool{}
	for _, name := range g.cfg.OpenID.Strict {
		g.strict[name] = true
	}
	for _, p := range s.Pools {
		if p.Strict && p.Domain != "" {
			g.strict[p.Domain] = true
		}
	}
}

// strictIssuer finds the pool of a strict issuer, which is the URL of a domain or of a workspace.
func (g *ground) strictIssuer(r *rooms) func(context.Context, string) (*directory.Pool, error) {
	return func(ctx context.Context, issuer string) (*directory.Pool, error) {
		if pool, err := g.workspaceIssuer(ctx, r, issuer); pool != nil || err != nil || len(g.strict) == 0 {
			return pool, err
		}
		u, err := url.Parse(issuer)
		if err != nil || u.Host == "" {
			return nil, nil //nolint:nilerr // what is no URL is no issuer of ours
		}
		d, err := r.domains.ByHost(ctx, u.Host)
		if d == nil || err != nil || !g.strict[d.Name] || r.domains.URL(d) != issuer {
			return nil, err
		}
		pool, err := r.directory.Pools.Get(ctx, d.PoolID)
		if fault.Is(err, fault.Missing, "") {
			return nil, nil
		}
		return pool, err
	}
}

// furnishOpenID gives strict providers what they need. The token room is there.
func (g *ground) furnishOpenID(r *rooms, p *authorize.Parts) {
	p.Strict = &authorize.Strict{Store: g.store, Hints: r.verifier, OpenID: g.cfg.OpenID.Of}
	r.teller = &authorize.Teller{
		Store: g.store, Clients: r.directory.Clients, OpenID: g.cfg.OpenID.Of, Tokens: r.minter, Now: g.clock.Now, Near: g.dev,
		Failed: func(ctx context.Context, n *authorize.Notice, err error) {
			if n == nil {
				g.told.Log.ErrorContext(ctx, "clients could not be told of sign-outs", "error", err)
				return
			}
			g.told.Log.WarnContext(ctx, "a client could not be told of a sign-out", slog.String("client_id", n.ClientID),
				slog.Int("tries", n.Tries), slog.Any("error", err))
		},
	}
}

// tell tells clients of sign-outs until ctx ends, where there are any to be told.
func (h *house) tell(ctx context.Context) error {
	if len(h.strict) == 0 {
		return nil
	}
	return h.rooms.Load().teller.Run(ctx)
}

// strictly is what the endpoints of strict providers need.
func (h *house) strictly(r *rooms) *oauth.Strict {
	return &oauth.Strict{Proofs: &token.Proofs{Marks: h.store, Now: h.clock.Now}, Hints: r.verifier, OpenID: h.cfg.OpenID.Of}
}

// homely is the domain by which the endpoints of a pool's own issuer are known: not one that is an issuer itself.
func (g *ground) homely(ctx context.Context, r *rooms, poolID string) (*domain.Domain, error) {
	prefix, custom, err := r.domains.Of(ctx, poolID)
	for _, d := range []*domain.Domain{custom, prefix} {
		if d != nil && !g.strict[d.Name] {
			return d, err
		}
	}
	return nil, err
}
