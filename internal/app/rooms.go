package app

import (
	"context"
	"errors"
	"sync/atomic"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/way"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/upkeep/delivery"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// ground is what the rooms stand on. It outlives a reset of a development server.
type ground struct {
	cfg    Config
	store  *store.Store
	clock  *clock.Steered // of everything that nodes must agree on
	keys   *secret.Keyring
	hasher *password.Hasher
	// admission turns away what would wait too long.
	admission door.Admission
	outbox    *outbox.Outbox
	told      *telemetry.Telemetry
	files     lookupFiles
	courier   *delivery.Courier // of pools' logs; nil while nobody serves
	// wording are the triggers that word and send messages: those of the newest rooms.
	wording atomic.Pointer[trigger.Triggers]
	// functions are the ways to what triggers call.
	functions *way.Ways
	// importsDue says that an import job waits.
	importsDue chan struct{}
	public     string          // URL under which clients reach the server, no slash at its end
	strict     map[string]bool // domains that are strict OpenID Connect providers
	dev        bool            // only this machine is within reach
	sessions   *sts.Sessions   // temporary credentials of the roles of the configuration
}

// rooms are the parts that decide, with their caches.
type rooms struct {
	poolRooms
	directory  *directory.Directory
	ring       *key.Ring
	triggers   *trigger.Triggers
	accounts   *account.Accounts
	factors    *factor.Factors
	protection *risk.Protection
	signin     *signin.Machine
	minter     *token.Minter
	verifier   *token.Verifier
	sessions   *token.Sessions
	authorizer *authorize.Authorizer
	workspaces *workspace.Room
	traces     *journey.Traces
	speaker    journey.Speaker
	journeys   *oauth.Workspaces
	connectors map[federation.Type]federation.Connector
	scripts    *extension.Scripts // of workspaces
	apps       *extension.Apps
	consents   *consent.Consents
	portal     *portal.Portal
	teller     *authorize.Teller
	enricher   *enrich.Enricher
	outside    *oauth.Outside
	connector  *oidc.Connector
	issuerKeys *key.Ring // of issuers that are no user pools
	identities *identitypool.Room
	saml       *saml.Connector

	permissions *permission.Permissions
}

// furnish builds the rooms, from the ground up.
func (g *ground) furnish() (*rooms, error) {
	r := &rooms{}
	if err := errors.Join(g.furnishDomains(r), g.furnishLimits(r)); err != nil {
		return nil, err
	}
	r.directory = directory.New(directory.Parts{
		Pools: g.store, Clients: g.store, Groups: g.store, Users: g.store, Credentials: g.store, Resources: g.store, Providers: g.store,
		Leave: r.leave, Frozen: job.Frozen(g.store), Changes: changes{g.store, r}, OnCommit: g.store.OnCommit, Keys: g.keys, Hasher: g.hasher, Now: g.clock.Now,
	})
	r.ring = key.NewRing(g.store, g.keys, g.clock.Now)
	g.furnishPools(r)
	g.furnishWorkspaces(r)
	g.furnishExtensions(r)
	g.furnishTriggers(r)
	g.furnishProtection(r)
	r.accounts = account.New(account.Parts{
		Directory: r.directory, Tx: g.store, Codes: g.store, Sessions: g.store, Post: g.outbox, Keys: g.keys, Now: g.clock.Now,
		Browsers: browsers{r}, Limits: g.cfg.Limits, Hooks: r.triggers.Account(), Judge: r.protection.Accounts(), Home: func(ctx context.Context, p *directory.Pool) (string, error) {
			return g.home(ctx, r, p)
		},
	})
	tokens := token.Parts{
		Keys: r.ring, Sealer: g.keys, Sessions: g.store, Pools: r.directory.Pools, Clients: r.directory.Clients, People: g.store,
		Issuer: g.issuer, Strict: g.strictIssuer(r), Now: g.clock.Now, Contexts: r.speaker, Hook: hooks{r.triggers, extension.Minting{Scripts: r.scripts}}, Gate: g.admission.Signing,
	}
	r.minter, r.verifier, r.sessions = token.NewMinter(tokens), token.NewVerifier(tokens), token.NewSessions(tokens)
	parts := authorize.Parts{
		Store: g.store, Clients: r.directory.Clients, People: g.store, Tokens: r.minter, Ended: r.sessions,
		Scopes: r.directory.Resources, Sealer: g.keys, Now: g.clock.Now, Providers: r.federation.Providers, Workspaces: r.workspaces.Workspaces,
	}
	g.furnishOpenID(r, &parts)
	r.authorizer = authorize.New(parts)
	if err := g.furnishSignIn(r); err != nil {
		return nil, err
	}
	g.furnishPortal(r)
	g.furnishImports(r)
	if err := errors.Join(g.furnishOutside(r), g.furnishEnrichment(r), g.furnishPermissions(r)); err != nil {
		return nil, err
	}
	if err := g.furnishIdentities(r); err != nil {
		return nil, err
	}
	return r, nil
}

// home is the address that a pool's endpoints and pages are known by: a domain, or a path of this server.
func (g *ground) home(ctx context.Context, r *rooms, p *directory.Pool) (string, error) {
	d, err := g.homely(ctx, r, p.ID)
	if d == nil || err != nil {
		return g.location(p), err
	}
	return r.domains.URL(d), nil
}

// location is where this server answers for a pool by path.
func (g *ground) location(p *directory.Pool) string { return g.public + "/" + p.ID }

// issuer is the iss claim of a pool's tokens.
func (g *ground) issuer(p *directory.Pool) string {
	return g.cfg.IssuerOf(p.Region, p.ID, g.public, p.Issuer == directory.IssuerUpdated)
}

// changes tells the enricher of each write, after it is committed and before its author is answered.
type changes struct {
	store *store.Store
	rooms *rooms
}

func (c changes) Changed(ctx context.Context, poolID, userID string) {
	c.store.OnCommit(ctx, func() {
		if userID == "" {
			c.rooms.enricher.InvalidatePool(poolID)
			return
		}
		c.rooms.enricher.Invalidate(poolID, userID)
	})
}

// browsers ends what users have in browsers; the authorizer is built after the accounts that ask for it.
type browsers struct{ rooms *rooms }

func (b browsers) RevokeAll(ctx context.Context, poolID, userID string) error {
	if err := b.rooms.speaker.Contexts.Store.DropContextsOf(ctx, poolID, userID); err != nil {
		return err
	}
	return b.rooms.authorizer.Browser.RevokeAll(ctx, poolID, userID)
}

var (
	_ directory.Changes = changes{}
	_ account.Browsers  = browsers{}
)
