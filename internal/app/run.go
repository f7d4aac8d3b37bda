package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/seed"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/front/console"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/cores"
	"cognate.dev/cognate/internal/kit/forwarded"
	"cognate.dev/cognate/internal/kit/heap"
	"cognate.dev/cognate/internal/kit/often"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/sts"
)

// Serve runs the secure mode until ctx ends: signatures are verified, and the first start prints the root access key.
func Serve(ctx context.Context, cfg Config, out io.Writer) error {
	return run(ctx, cfg, out, func(ctx context.Context, h *house) (banner, error) {
		keys := sts.NewKeys(h.store, h.keys, h.clock.Now)
		h.access, h.authority = keys, sts.NewAuthority(cfg.Account, keys, h.sessions, h.clock.Now)
		h.auth = caller.Signatures(h.authority, h.clock.Now)
		id, secret, created, err := keys.EnsureRoot(ctx)
		if err != nil {
			return banner{}, fmt.Errorf("make the root access key: %w", err)
		}
		b := banner{title: "Cognate"}
		if created {
			b.keyID, b.secret = id, secret
		}
		b.notes = append(b.notes, cfg.Message.Silent()...)
		return b, errors.Join(h.deliver(false), h.openFunctions(ctx, false))
	})
}

// Dev runs the development mode until ctx ends: loopback only, any access key is accepted, messages go to the mailbox
// page, passwords are hashed cheaply, and the server can be reset.
func Dev(ctx context.Context, cfg Config, seeds string, out io.Writer) error {
	if err := cfg.LoopbackOnly(); err != nil {
		return err
	}
	sown, err := seed.Read(seeds)
	if err != nil {
		return err
	}
	if err := sown.Settle(cfg.Region); err != nil {
		return err
	}
	b := banner{title: "Cognate, development mode: any access key is accepted", dev: true}
	if cfg.Password == password.DefaultParams() {
		cfg.Password = password.Params{MemoryKiB: 1024, Time: 1, Threads: 1}
		b.notes = append(b.notes, "passwords are hashed with cheap parameters here (1 MiB, one pass); `cognate serve` uses the real ones")
	}
	if cfg.Rates.Mode == "" {
		cfg.Rates.Mode = limit.Off
	}
	if cfg.Audit.Mode == "" {
		cfg.Audit.Mode = audit.Off
	}
	cfg.Console.Mode = cmp.Or(cfg.Console.Mode, console.On)
	return run(ctx, cfg, out, func(ctx context.Context, h *house) (banner, error) {
		h.auth, h.seeds, h.dev = door.LocalOnly{Authenticator: caller.Believing{Authority: h.authority, Signed: caller.Signatures(h.authority, h.clock.Now)}}, sown, true
		if h.ca != nil {
			b.notes = append(b.notes, trust(h.ca.Path())...)
		}
		return b, errors.Join(h.deliver(true), h.openFunctions(ctx, true))
	})
}

// run listens, builds, serves and ends in order: a server that says "ready" answers.
func run(ctx context.Context, cfg Config, out io.Writer, settle func(context.Context, *house) (banner, error)) (err error) {
	defer cores.Spread()()
	defer leanHeap(ctx)()
	doors, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer doors.close()
	public := cfg.PublicURL
	if public == "" {
		public = cfg.Scheme() + "://" + doors.main.Addr().String()
	}
	cfg.Serving = true
	h, err := build(ctx, cfg, trimSlash(public), os.Stderr)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Shutdown+time.Second)
		defer cancel()
		err = errors.Join(err, h.close(end))
	}()
	if err := h.openCourier(out); err != nil {
		return err
	}
	b, err := settle(ctx, h)
	if err != nil {
		return err
	}
	h.strictDomains(h.seeds)
	if err := h.openGateway(); err != nil {
		return err
	}
	if err := h.open(ctx); err != nil {
		return err
	}
	if err := h.policies.Reload(ctx); err != nil {
		h.told.Log.Warn("starting without policies: everything is denied until they compile")
	}
	b.print(out, h, doors)
	return h.serve(ctx, doors)
}

// garbageRoom is how much garbage may stand between two collections: eight password hashes of 19 MiB. Much less, and the
// collector takes a tenth of the processors from sign-ins and decisions; the memory goes back when the server rests.
const garbageRoom = 160 << 20

// leanHeap lets the collector run seldom and gives memory back in quiet times. GOGC or GOMEMLIMIT in the environment win.
func leanHeap(ctx context.Context) (stop func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	release := heap.Keep(garbageRoom)
	go heap.Rest(ctx)
	return func() { cancel(); release() }
}

// serve answers on all listeners and does the housekeeping until ctx ends; then it says that it is going, waits until those
// who send requests know, and lets running requests finish. The housekeeping goes on until the last of them has.
func (h *house) serve(ctx context.Context, d doors) error {
	proxies, err := forwarded.Parse(h.cfg.TrustedProxies)
	if err != nil {
		return err
	}
	bounds := &door.Clients{Config: h.cfg.Clients.Filled()}
	servers := []*http.Server{bounds.Server(proxies.Handler(bounds.Bound(&h.main))), bounds.Server(proxies.Handler(bounds.Bound(h.rpcToo(&h.pdp))))}
	if h.box != nil {
		servers[0].RegisterOnShutdown(h.box.Close) // else an open mailbox page would hold up the end
	}
	servers[1].RegisterOnShutdown(h.rpc.Drain)
	servers[1].Protocols = new(http.Protocols)
	servers[1].Protocols.SetHTTP1(true)
	servers[1].Protocols.SetHTTP2(true)
	servers[1].Protocols.SetUnencryptedHTTP2(true)
	d.main, d.pdp = wrap(bounds.Door(d.main, false), h.asDomainsSay(h.tls.main)), wrap(bounds.Door(d.pdp, false), h.tls.pdp)
	listeners := []net.Listener{d.main, d.pdp}
	if d.gateway != nil {
		servers = append(servers, bounds.Server(bounds.Bound(h.apis)))
		listeners = append(listeners, wrap(bounds.Door(d.gateway, false), h.tls.gateway))
	}
	if d.rpc != nil {
		d.rpc = bounds.Door(d.rpc, true)
	}
	told := ctx
	group, ctx := errgroup.WithContext(ctx)
	working, rest := context.WithCancel(context.WithoutCancel(ctx))
	for i, l := range listeners {
		group.Go(func() error {
			if err := servers[i].Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	if d.rpc != nil {
		group.Go(func() error {
			if err := h.rpc.Serve(d.rpc); !errors.Is(err, grpc.ErrServerStopped) { // told to end before it began
				return err
			}
			return nil
		})
	}
	group.Go(func() error { return h.keep(working) })
	group.Go(func() error {
		h.keepTime(working)
		return nil
	})
	group.Go(func() error {
		h.masterKeys.Reseal(working)
		return nil
	})
	group.Go(func() error { return h.tell(working) })
	group.Go(func() error { return h.outbox.Run(working) })
	group.Go(func() error { return h.rooms.Load().ring.Run(working) })
	group.Go(func() error { return h.importUsers(working) })
	group.Go(func() error {
		h.inspect(working)
		return nil
	})
	group.Go(func() error {
		h.keepCopies(working)
		return nil
	})
	group.Go(func() error {
		h.follow(working)
		return nil
	})
	group.Go(func() error {
		h.policies.Watch(working)
		return nil
	})
	group.Go(func() error {
		h.apis.Watch(working)
		return nil
	})
	group.Go(func() error {
		defer rest()
		<-ctx.Done()
		h.leaving.Store(true)
		if told.Err() != nil { // and not because a listener failed
			time.Sleep(h.cfg.Drain)
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.cfg.Shutdown)
		defer cancel()
		var closing errgroup.Group
		for _, s := range servers {
			closing.Go(func() error { return s.Shutdown(end) })
		}
		h.rpc.Shutdown(end)
		return closing.Wait()
	})
	return group.Wait()
}

// rpcToo sends the gRPC calls among the requests of a port to where they are answered.
func (h *house) rpcToo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pdp.IsRPC(r) {
			h.rpc.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// retainEvery is how often old records of the audit log are removed.
const retainEvery = 6 * time.Hour

// sweepEvery is how often what has expired is removed.
const sweepEvery = time.Minute

// keep removes what has expired, on one node for all, until ctx ends.
func (h *house) keep(ctx context.Context) error {
	often.Every(ctx, sweepEvery, func(ctx context.Context) {
		at := h.clock.Now()
		_, err := h.store.Once(ctx, "sweep", sweepEvery-time.Second, func(ctx context.Context) error {
			return errors.Join(h.store.Sweep(ctx, at), h.forgetDecisions(ctx, at))
		})
		if err == nil {
			_, err = h.store.Once(ctx, "audit", retainEvery, func(ctx context.Context) error { return h.audit.Retain(ctx, at) })
		}
		if err != nil && ctx.Err() == nil {
			h.told.Log.Error("sweeping out what has expired", "error", err)
		}
	})
	return nil
}
