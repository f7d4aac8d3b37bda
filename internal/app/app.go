// Package app builds the house from its configuration and runs it: it holds the lists of what the house consists of and
// is the only importer of both fronts and store. What the parts do is theirs.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"cognate.dev/cognate/internal/app/apigateway"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/keyfile"
	"cognate.dev/cognate/internal/app/seed"
	"cognate.dev/cognate/internal/app/way"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cores"
	"cognate.dev/cognate/internal/kit/gate"
	"cognate.dev/cognate/internal/kit/localca"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
)

// now is the clock of this machine, for what is only this machine's and for calls to others. What nodes must agree on goes
// by ground.clock.
func now() time.Time { return time.Now() }

// house is a built server.
type house struct {
	ground
	masterKeys *keyfile.Member
	auth       aws.Authenticator
	authority  *sts.Authority // who signs, and what they may do
	access     *sts.Keys      // nil in development
	policies   *policy.Set
	tracer     tracer
	audit      *audit.Log    // nil: nothing is recorded
	remembered *decision.Log // nil: decisions are not remembered
	admin      *admin.Server // nil: no Admin API
	box        *mailbox.Box  // development only
	lines      []io.Closer   // to mail servers and SMS gateways
	seeds      seed.Seeds

	// fronts are swapped as a whole when a development server starts over, and with them every cache.
	rooms      atomic.Pointer[rooms]
	main, pdp  door.Swap
	apis       *apigateway.APIs // of the gateway; nil: none
	decisions  atomic.Pointer[pdp.Server]
	startOverM sync.Mutex
	leaving    atomic.Bool // told to end: not ready any more
	damaged    atomic.Bool // the database is not whole

	rpc *pdp.RPC
	tls struct{ main, pdp, gateway *tls.Config } // of the ports; nil: plain
	ca  *localca.Authority                       // development only
}

// signaturesPerCore may be on their way at once, so that a processor has another to go on with while one waits to be written
// down or sent: with one each, a tenth of the processors stood still under refreshes.
const signaturesPerCore = 2

// build opens the store and puts everything together. Close the house when done.
func build(ctx context.Context, cfg Config, public string, log io.Writer) (*house, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	keys, err := cfg.KeyPlace().Open(ctx)
	if err != nil {
		return nil, err
	}
	told, err := telemetry.New(ctx, telemetry.Config{Log: cfg.Log, Traces: cfg.Tracing, Output: log, Version: Version()})
	if err != nil {
		return nil, err
	}
	h := &house{ground: ground{
		clock: clock.NewSteered(cfg.OwnClock()),
		cfg:   cfg, keys: keys, told: told, public: public, hasher: password.NewHasher(cfg.Password, 0),
		functions: &way.Ways{}, importsDue: make(chan struct{}, 1),
	}}
	roles, err := sts.NewRoles(cfg.Roles)
	if err != nil {
		return nil, err
	}
	h.sessions = sts.NewSessions(roles, keys, h.clock.Now)
	h.authority = sts.NewAuthority(cfg.Account, nil, h.sessions, h.clock.Now)
	h.admission = door.Admission{Hasher: h.hasher, Signing: gate.New(signaturesPerCore * cores.Count()), Patience: cfg.Patience}
	told.Metrics.WatchHashing(h.hasher.Load)
	told.Metrics.WatchSources(h.kept)
	told.Metrics.WatchOutbox(h.unsentMessages)
	if err := h.certificates(); err != nil {
		return nil, err
	}
	if h.files, err = openLookups(cfg.Risk); err != nil {
		return nil, fmt.Errorf("risk settings: %w", err)
	}
	h.store, err = store.Open(ctx, cfg.DatabaseURL(), store.Options{Sealer: keys, Postgres: cfg.Postgres, Observe: told.Metrics.Commit, Checkpoint: told.Metrics.Checkpoint, Statement: cfg.Statement})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if h.masterKeys, err = keyfile.Join(ctx, cfg.KeyPlace(), keys, h.store, hostname(), told); err != nil {
		return nil, errors.Join(fmt.Errorf("agree on the master key: %w", err), h.store.Close())
	}
	h.agreeOnTime(ctx)
	h.post(message.ByMedium(nil, nil)) // until somebody says how messages leave
	h.audit, err = h.openAudit()
	if err := errors.Join(err, h.rule(), h.remember()); err != nil {
		return nil, errors.Join(err, h.masterKeys.Leave(ctx), h.store.Close())
	}
	h.rpc = pdp.NewRPC(cfg.Decisions, h.decisions.Load, h.adminRPC(), told.Calls("pdp-grpc"),
		append(rpcOptions(h.tls.pdp), grpc.ConnectionTimeout(cfg.Clients.Filled().Header))...)
	return h, nil
}

// open furnishes the rooms and hangs the fronts.
func (h *house) open(ctx context.Context) error {
	r, err := h.furnish()
	if err != nil {
		return err
	}
	if err := h.seeds.Sow(ctx, r.directory, r.domains); err != nil {
		return err
	}
	cognito, err := h.cognito(r)
	if err != nil {
		return err
	}
	h.rooms.Store(r)
	h.main.Hang(cognito)
	decisions, err := h.decide(r)
	if err != nil {
		return err
	}
	h.pdp.Hang(decisions)
	return h.apis.Serve(h.poolTokens(r))
}

// startOver empties the store, forgets every cache and sows the seeds again.
func (h *house) startOver(ctx context.Context) error {
	h.startOverM.Lock()
	defer h.startOverM.Unlock()
	if err := h.store.Reset(ctx); err != nil {
		return err
	}
	if h.cfg.Policy.Stored {
		_ = h.policies.Reload(ctx) // what is wrong stands in its status
	}
	h.box.Clear()
	before := h.rooms.Load()
	if err := h.open(ctx); err != nil {
		return err
	}
	before.enricher.Wait()
	return before.enricher.Close()
}

// close ends what build began. Requests must have ended.
func (h *house) close(ctx context.Context) (err error) {
	if r := h.rooms.Load(); r != nil {
		h.outbox.Wait()
		r.enricher.Wait()
		err = r.enricher.Close()
	}
	err = errors.Join(err, h.audit.Close())
	err = errors.Join(err, h.courier.Close(ctx))
	if h.remembered != nil {
		err = errors.Join(err, h.remembered.Close())
	}
	err = errors.Join(err, h.functions.Close())
	for _, l := range h.lines {
		err = errors.Join(err, l.Close())
	}
	return errors.Join(err, h.files.Close(), h.masterKeys.Leave(ctx), h.store.Close(), h.told.Shutdown(ctx))
}
