package app

import (
	"fmt"
	"net/http"
	"time"

	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/principal"
	"cognate.dev/cognate/internal/auxdata"
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
		Decider: h.policies, Enricher: r.enricher, Tokens: tokens, Observe: h.observeDecision, Record: h.recorder(), Now: h.clock.Now,
		People: principal.All{Directory: r.directory}, Cursors: cursor.New(h.keys, h.clock.Now), Insider: h.insiders().Admit(),
		Ready: func() bool { return h.policies.Status().Ready() },
		Info:  &responsev1.ServerInfoResponse{Version: cerbos.Version, Commit: Version()},
	}))
	mux := http.NewServeMux()
	mux.Handle("/", h.told.Watch("pdp", h.decisions.Load()))
	explorer := h.told.Watch("explorer", playground.Explorer())
	mux.Handle("GET /{$}", explorer)
	mux.Handle("GET "+playground.ExplorerPath, explorer)
	mux.Handle("GET /_cerbos/metrics", h.told.Watch("ops", door.Quietly(h.told.Metrics.Handler())))
	mux.Handle(enrichment.Prefix, h.told.Watch("enrichment", h.audit.Watch("enrichment", h.insiders().Guard("Enrichment", enrichment.Handler(enrichment.Parts{
		Enricher: r.enricher, Forget: h.forgetSource,
	})))))
	mux.Handle(pdp.ExplainPath, h.told.Watch("pdp", h.insiders().Guard("Explain", h.decisions.Load().Explain(h.tracer))))
	if h.cfg.DecisionLog.Database {
		mux.Handle(admin.DecisionsPath, h.told.Watch("pdp", h.insiders().Guard("Decisions", admin.List(h.store, h.clock.Now))))
	}
	if h.box != nil {
		page := playground.Handler(playground.Parts{Engine: h.tracer.engine, Source: h.tracer.source, Server: h.decisions.Load})
		mux.Handle(playground.Path, h.told.Watch("playground", h.insiders().Guard("Playground", page)))
		mux.Handle(playground.Path+"/", h.told.Watch("playground", h.insiders().Guard("Playground", page)))
	}
	h.operate(mux)
	return mux, h.adminAPI(mux)
}

// tokens reads what accompanies a question: tokens of our own pools, and of the key sets that are configured.
func (h *house) tokens(r *rooms) (*auxdata.Reader, error) {
	cfg := h.cfg.Decisions
	client := &http.Client{Timeout: 10 * time.Second, Transport: http.DefaultTransport}
	return auxdata.New(auxdata.Config{KeySets: cfg.KeySets, Skew: cfg.TokenSkew, RequireLive: cfg.RequireLiveTokens, TellLive: cfg.TellLiveTokens}, h.poolTokens(r), client, h.clock.Now)
}
