package app

import (
	"context"
	"errors"
	"sync/atomic"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/upkeep/delivery"
)

// ground is what the rooms stand on. It outlives a reset of a development server.
type ground struct {
	cfg    Config
	store  *store.Store
	clock  *clock.Steered // of everything that nodes must agree on
	keys   *secret.Keyring
	hasher *password.Hasher
	// admission turns away what would wait too long.
	admission admission
	outbox    *outbox.Outbox
	told      *telemetry.Telemetry
	files     lookupFiles
	courier   *delivery.Courier // of pools' logs; nil while nobody serves
	// wording are the triggers that word and send messages: those of the newest rooms.
	wording atomic.Pointer[trigger.Triggers]
	// functions are the ways to what triggers call.
	functions *functions
	// importsDue says that an import job waits.
	importsDue chan struct{}
	public     string          // URL under which clients reach the server, no slash at its end
	strict     map[string]bool // domains that are strict OpenID Connect providers
	dev        bool            // only this machine is within reach
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
	teller     *authorize.Teller
	enricher   *enrich.Enricher
	outside    *oauth.Outside
}

// furnish builds the rooms, from the ground up.
func (g *ground) furnish() (*rooms, error) {
	r := &rooms{}
	if err := errors.Join(g.furnishDomains(r), g.furnishLimits(r)); err != nil {
		return nil, err
	}
	r.directory = directory.New(directory.Parts{
		Pools: g.store, Clients: g.store, Groups: g.store, Users: g.store, Credentials: g.store, Resources: g.store, Providers: g.store,
		KeepPool: r.domains.KeepPool, Frozen: job.Frozen(g.store), Changes: changes{g.store, r}, OnCommit: g.store.OnCommit, Keys: g.keys, Hasher: g.hasher, Now: g.clock.Now,
	})
	r.ring = key.NewRing(g.store, g.keys, g.clock.Now)
	g.furnishPools(r)
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
		Issuer: g.issuer, Strict: g.strictIssuer(r), Now: g.clock.Now, Hook: r.triggers, Gate: g.admission.signing,
	}
	r.minter, r.verifier, r.sessions = token.NewMinter(tokens), token.NewVerifier(tokens), token.NewSessions(tokens)
	parts := authorize.Parts{
		Store: g.store, Clients: r.directory.Clients, People: g.store, Tokens: r.minter, Ended: r.sessions,
		Scopes: r.directory.Resources, Sealer: g.keys, Now: g.clock.Now, Providers: r.federation.Providers,
	}
	g.furnishOpenID(r, &parts)
	r.authorizer = authorize.New(parts)
	if err := g.furnishSignIn(r); err != nil {
		return nil, err
	}
	g.furnishImports(r)
	return r, errors.Join(g.furnishOutside(r), g.furnishEnrichment(r))
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
	return g.cfg.issuerOf(p.Region, p.ID, g.public, p.Issuer == directory.IssuerUpdated)
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
	return b.rooms.authorizer.Browser.RevokeAll(ctx, poolID, userID)
}

var (
	_ directory.Changes = changes{}
	_ account.Browsers  = browsers{}
)
