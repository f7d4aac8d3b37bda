package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/kit/random"
)

// remember opens the decision log, where one is configured.
func (h *house) remember() error {
	cfg := h.cfg.DecisionLog
	if !cfg.On() {
		return nil
	}
	fail := func(err error) { h.told.Log.Error("the decision log lost decisions", "error", err) }
	var sinks []decision.Sink
	if cfg.File.Path != "" {
		file, err := decision.NewFile(cfg.File, func(err error) { h.told.Log.Error("the decision log grows on", "error", err) })
		if err != nil {
			return err
		}
		sinks = append(sinks, file)
	}
	if cfg.Database {
		sinks = append(sinks, decision.NewDatabase(h.store, decisionID))
	}
	if cfg.OTLP != "" {
		sinks = append(sinks, decision.NewOTLP(cfg.OTLP))
	}
	h.remembered = decision.New(cfg, fail, sinks...)
	return nil
}

// recorder is where the front leaves decisions, nil when nobody wants them.
func (h *house) recorder() func(*decision.Entry) {
	if h.remembered == nil {
		return nil
	}
	return h.remembered.Record
}

// decisionID makes ids that sort by time.
func decisionID(at time.Time) string {
	return fmt.Sprintf("%013x%s", at.UnixMicro(), random.LowerAlnum(8))
}

// forgetDecisions drops decisions that are older than they should be.
func (h *house) forgetDecisions(ctx context.Context, at time.Time) error {
	if !h.cfg.DecisionLog.Database {
		return nil
	}
	return h.store.DropDecisions(ctx, at.Add(-cmp.Or(h.cfg.DecisionLog.Retention, 30*24*time.Hour)))
}
