package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/enrichment"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/front/pdp/playground"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// decide is the handler of the policy decision point. What answers there also answers gRPC.
func (h *house) decide(r *rooms) (http.Handler, error) {
	tokens, err := h.tokens(r)
	if err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	cfg := h.cfg.Decisions
	if h.dev && len(cfg.CORS.Origins) == 0 {
		cfg.CORS.Origins = []string{"*"} // as Cerbos
	}
	h.decisions.Store(pdp.New(cfg, pdp.Parts{
		Decider: h.policies, Enricher: r.enricher, Tokens: tokens, Observe: observeDecision, Record: h.recorder(), Now: h.clock.Now,
		People: everybody{r.directory}, Cursors: cursor.New(h.keys, h.clock.Now), Insider: h.insider(),
		Ready: func() bool { return h.policies.Status().Ready() },
		Info:  &responsev1.ServerInfoResponse{Version: cerbos.Version, Commit: Version()},
	}))
	mux := http.NewServeMux()
	mux.Handle("/", h.told.Watch("pdp", h.decisions.Load()))
	explorer := h.told.Watch("explorer", playground.Explorer())
	mux.Handle("GET /{$}", explorer)
	mux.Handle("GET "+playground.ExplorerPath, explorer)
	mux.Handle("GET /_cerbos/metrics", h.told.Watch("ops", quietly(h.told.Metrics.Handler())))
	mux.Handle(enrichment.Prefix, h.told.Watch("enrichment", h.audit.Watch("enrichment", h.guarded("Enrichment", enrichment.Handler(enrichment.Parts{
		Enricher: r.enricher, Forget: h.forgetSource,
	})))))
	mux.Handle(pdp.ExplainPath, h.told.Watch("pdp", h.guarded("Explain", h.decisions.Load().Explain(h.tracer))))
	if h.cfg.DecisionLog.Database {
		mux.Handle(admin.DecisionsPath, h.told.Watch("pdp", h.guarded("Decisions", admin.List(h.store, h.clock.Now))))
	}
	if h.box != nil {
		page := playground.Handler(playground.Parts{Engine: h.tracer.engine, Source: h.tracer.source, Server: h.decisions.Load})
		mux.Handle(playground.Path, h.told.Watch("playground", h.guarded("Playground", page)))
		mux.Handle(playground.Path+"/", h.told.Watch("playground", h.guarded("Playground", page)))
	}
	h.operate(mux)
	return mux, h.adminAPI(mux)
}

// tokens reads what accompanies a question: tokens of our own pools, and of the key sets that are configured.
func (h *house) tokens(r *rooms) (*auxdata.Reader, error) {
	cfg := h.cfg.Decisions
	pools := &auxdata.Pools{
		Keys: r.ring, Pools: r.directory.Pools, Clients: r.directory.Clients, People: h.store, Sessions: h.store, Issuer: h.issuer,
		Strict: h.strictIssuer(r),
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: http.DefaultTransport}
	return auxdata.New(auxdata.Config{KeySets: cfg.KeySets, Skew: cfg.TokenSkew, RequireLive: cfg.RequireLiveTokens, TellLive: cfg.TellLiveTokens}, pools, client, h.clock.Now)
}

// everybody lists the users of all pools, pool after pool.
type everybody struct{ *directory.Directory }

// spot is where a list goes on: in a pool, after a page of its users.
type spot struct{ Pool, Token string }

// Users is pdp.People's.
func (e everybody) Users(ctx context.Context, place string, limit int) (users []pdp.Person, next string, err error) {
	var at spot
	if place != "" {
		if err := json.Unmarshal([]byte(place), &at); err != nil {
			return nil, "", fmt.Errorf("read a place among the users: %w", err)
		}
	}
	pools, err := enrich.Directory(e.Directory).PoolIDs(ctx)
	if err != nil {
		return nil, "", err
	}
	for i, id := range pools {
		if at.Pool != "" && at.Pool != id {
			continue
		}
		after := ""
		if i+1 < len(pools) {
			after = pools[i+1]
		}
		return e.usersOf(ctx, spot{id, at.Token}, after, limit)
	}
	return nil, "", nil // the pool is gone, and with it the place; or there are no pools
}

// usersOf gives a page of one pool. After is the pool that comes next.
func (e everybody) usersOf(ctx context.Context, at spot, after string, limit int) (users []pdp.Person, next string, err error) {
	pool, err := e.Pools.Get(ctx, at.Pool)
	if fault.Is(err, fault.Missing, "") {
		return nil, "", nil // deleted this moment
	}
	if err != nil {
		return nil, "", err
	}
	list, err := e.Directory.Users.List(ctx, pool, "", min(limit, directory.MaxPage), at.Token)
	if err != nil {
		return nil, "", err
	}
	for _, u := range list.Items {
		users = append(users, pdp.Person{ID: u.ID, Username: u.Username})
	}
	switch {
	case list.Next != "":
		at.Token = list.Next
	case after != "":
		at = spot{Pool: after}
	default:
		return users, "", nil
	}
	raw, err := json.Marshal(at)
	return users, string(raw), err
}

var _ pdp.People = everybody{}
