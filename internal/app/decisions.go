package app

import (
	"fmt"
	"net/http"
	"time"

	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// decide is the handler of the policy decision point. What answers there also answers gRPC.
func (h *house) decide(r *rooms) (http.Handler, error) {
	tokens, err := h.tokens(r)
	if err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	h.decisions.Store(pdp.New(h.cfg.Decisions, pdp.Parts{
		Decider: h.policies, Enricher: r.enricher, Tokens: tokens, Observe: observeDecision, Now: now,
		Ready: func() bool { return h.policies.Status().Ready() },
		Info:  &responsev1.ServerInfoResponse{Version: cerbos.Version, Commit: Version()},
	}))
	mux := http.NewServeMux()
	mux.Handle("/", h.told.Watch("pdp", h.decisions.Load()))
	h.operate(mux)
	return mux, nil
}

// tokens reads what accompanies a question: tokens of our own pools, and of the key sets that are configured.
func (h *house) tokens(r *rooms) (*auxdata.Reader, error) {
	cfg := h.cfg.Decisions
	pools := &auxdata.Pools{
		Keys: r.ring, Pools: r.directory.Pools, Clients: r.directory.Clients, People: h.store, Sessions: h.store, Issuer: h.issuer,
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: http.DefaultTransport}
	return auxdata.New(auxdata.Config{KeySets: cfg.KeySets, Skew: cfg.TokenSkew, RequireLive: cfg.RequireLiveTokens}, pools, client, now)
}
