package app

import (
	"context"
	"fmt"
	"net/http"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/blob"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/git"
	"cognate.dev/cognate/internal/policy/stored"
)

// shelf is where the policies are: the list of sources.
func (h *house) shelf(engine policy.Compiler) (policy.Source, *stored.Policies, error) {
	switch cfg := h.cfg.Policy; {
	case cfg.Stored:
		kept := stored.New(h.store, engine, 0, h.clock.Now)
		return kept, kept, nil
	case cfg.Git.URL != "":
		source, err := git.New(cfg.Git)
		return source, nil, err
	case cfg.Blob.URL != "":
		source, err := blob.New(cfg.Blob)
		return source, nil, err
	default:
		return policy.Local(cfg), nil, nil
	}
}

// rule takes the policies from their source, and opens the Admin API where one is configured.
func (h *house) rule() error {
	engine, err := cerbos.New(h.cfg.Policy)
	if err != nil {
		return fmt.Errorf("policy settings: %w", err)
	}
	source, kept, err := h.shelf(engine)
	if err != nil {
		return err
	}
	h.policies = policy.New(source, cerbos.NewIncremental(engine), h.loaded, h.clock.Now)
	h.tracer = tracer{engine, source}
	if h.cfg.Policy.Admin.Username == "" {
		return nil
	}
	parts := admin.Parts{Policies: cerbos.Shelf{Source: source}, Reload: h.policies.Reload, Log: h.told.Log, Audit: h.audit}
	if h.cfg.DecisionLog.Database {
		parts.Decisions = h.store
	}
	if kept != nil {
		parts.Policies, parts.Stored = kept, kept
	}
	h.admin, err = admin.New(h.cfg.Policy.Admin, parts)
	return err
}

// tracer decides step by step, with the policies as they lie at their source.
type tracer struct {
	engine *cerbos.Compiler
	source policy.Source
}

// Trace is pdp.Tracer's.
func (t tracer) Trace(ctx context.Context, inputs []*enginev1.CheckInput) ([]cerbos.Traced, error) {
	files, err := t.source.Files(ctx)
	if err != nil {
		return nil, err
	}
	return t.engine.Trace(ctx, files, inputs)
}

// adminAPI mounts the Admin API on the port of the decision point.
func (h *house) adminAPI(mux *http.ServeMux) error {
	if h.admin == nil {
		return nil
	}
	handler, err := h.admin.Handler()
	if err != nil {
		return err
	}
	mux.Handle(admin.Path, h.told.Watch("pdp-admin", door.NoForeignPages(handler)))
	return nil
}

// adminRPC is the Admin API for gRPC, nil when there is none.
func (h *house) adminRPC() svcv1.CerbosAdminServiceServer {
	if h.admin == nil {
		return nil
	}
	return h.admin
}

var _ pdp.Tracer = tracer{}
