package app

import (
	"context"
	"net/http"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/site"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/asset"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/front/portal"
	"cognate.dev/cognate/internal/telemetry"
)

// grants are the ways to tokens at the token endpoint.
func grants(r *rooms) []grant.Grant {
	return []grant.Grant{
		grant.Code{Codes: r.authorizer.Codes},
		grant.Refresh{Tokens: r.minter},
		grant.Machine{Tokens: r.minter, Scopes: r.authorizer.Scopes},
	}
}

// sites lets a pool's endpoints and pages answer where the pool is at home, and the rest everywhere else.
func (h *house) sites(r *rooms, pages *login.Pages, rest http.Handler) http.Handler {
	p := site.Parts{
		Pools: r.directory.Pools, Domains: r.domains, Workspaces: r.workspaces.Workspaces, Serves: pages.Serves, Rest: rest, Strict: h.strict,
		Location: h.location, Tenant: h.cfg.Tenant(), WorkspaceBase: h.workspaceBase,
		Watch: func(lost http.Handler) http.Handler { return h.told.Watch("oauth", lost) },
	}
	p.OAuth = h.told.Watch("oauth", h.audit.Watch("oauth", h.admission.Forms(oauth.Handler(oauth.Config{
		Authorizer: r.authorizer, Grants: grants(r), Tokens: r.verifier, Sessions: r.sessions,
		Registrar: authorize.NewRegistrar(r.directory.Clients, r.authorizer.Scopes), Keys: r.ring,
		Gate: r.gate, Issuer: h.issuer, Location: h.location, Home: func(ctx context.Context, p *directory.Pool) (string, error) { return h.home(ctx, r, p) }, Strict: h.strictly(r), Outside: r.outside, Workspaces: r.journeys,
	}), door.TokenPath, door.BusyTokens)))
	p.Login = h.told.Watch("login", h.audit.Watch("login", h.admission.Forms(pages, pages.Serves, door.BusyForm)))
	p.Images = h.told.Watch("asset", asset.Handler(r.branding.Looks, telemetry.Fail))
	p.Portal = h.told.Watch("portal", h.audit.Watch("portal", portal.Handler(portal.Config{Room: r.portal, Gate: r.gate})))
	return site.New(p)
}
