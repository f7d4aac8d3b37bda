package app

import (
	"context"

	"cognate.dev/cognate/internal/app/source"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store/database"
)

// furnishEnrichment builds the room that knows whom decisions are about. It needs the directory.
func (g *ground) furnishEnrichment(r *rooms) (err error) {
	r.enricher, err = enrich.New(g.cfg.Enrich, source.New(r.directory), source.Observer{Metrics: g.told.Metrics, Log: g.told.Log}, g.clock.Now)
	if err != nil {
		return err
	}
	for name := range r.enricher.Sizes() {
		g.told.Metrics.Breaker(name, false)
	}
	return nil
}

// forgetSource makes this node and all others forget what a source of another system said, whose change only that system
// knows of.
func (h *house) forgetSource(ctx context.Context, source, id string) error {
	if _, known := h.kept()[source]; !known {
		return fault.Missingf("There is no source %q.", source)
	}
	err := h.store.InTx(ctx, func(ctx context.Context) error {
		return h.store.Tell(ctx, database.Change{Kind: database.SourceKind, ID: source + "/" + id})
	})
	if err != nil {
		return err
	}
	h.rooms.Load().enricher.Forget(source, id)
	return nil
}

// kept counts the answers that sources gave and that are still there.
func (h *house) kept() map[string]int {
	if r := h.rooms.Load(); r != nil {
		return r.enricher.Sizes()
	}
	return nil
}
