package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/random"
)

// remember opens the decision log, where one is configured.
func (h *house) remember() error {
	cfg := h.cfg.Audit
	if !cfg.On() {
		return nil
	}
	var sinks []audit.Sink
	if cfg.File.Path != "" {
		file, err := audit.NewFile(cfg.File)
		if err != nil {
			return err
		}
		sinks = append(sinks, file)
	}
	if cfg.Database {
		sinks = append(sinks, audit.NewDatabase(h.store, decisionID))
	}
	if cfg.OTLP != "" {
		sinks = append(sinks, audit.NewOTLP(cfg.OTLP))
	}
	h.audit = audit.New(cfg, func(err error) { h.told.Log.Error("the decision log lost decisions", "error", err) }, sinks...)
	return nil
}

// recorder is where the front leaves decisions, nil when nobody wants them.
func (h *house) recorder() func(*audit.Entry) {
	if h.audit == nil {
		return nil
	}
	return h.audit.Record
}

// decisionID makes ids that sort by time.
func decisionID(at time.Time) string {
	return fmt.Sprintf("%013x%s", at.UnixMicro(), random.LowerAlnum(8))
}

// forgetDecisions drops decisions that are older than they should be.
func (h *house) forgetDecisions(ctx context.Context, at time.Time) error {
	if !h.cfg.Audit.Database {
		return nil
	}
	return h.store.DropDecisions(ctx, at.Add(-cmp.Or(h.cfg.Audit.Retention, 30*24*time.Hour)))
}
