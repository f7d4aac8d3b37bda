package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/logfile"
)

// openAudit begins the audit log of this process, nil when there is none.
func (h *house) openAudit() (*audit.Log, error) {
	if h.cfg.Audit.Mode == audit.Off {
		return nil, nil //nolint:nilnil // nil is a log that records nothing
	}
	p := audit.Parts{
		Config: h.cfg.Audit, Store: h.store, Keys: h.keys, Now: h.clock.Now, Node: hostname(), Version: Version(),
		Lost: func(r audit.Record, err error) {
			h.told.Metrics.AuditLost()
			h.told.Log.Error("a record of the audit log could not be written, so what it tells of was not acknowledged", "error", err,
				"operation", r.Operation, "actor", r.Actor.String(), "source", r.Source, "outcome", r.Outcome, "request_id", r.Request,
				"pool_id", r.Pool, "client_id", r.Client, "user", r.User, "group", r.Group, "resource", r.Resource)
		},
		Pinned: func(heads map[string]string) {
			attrs := make([]any, 0, len(heads))
			for chain, end := range heads {
				attrs = append(attrs, slog.String(chain, end))
			}
			h.told.Log.Info("audit checkpoint", slog.Group("heads", attrs...))
		},
		Wrote: h.told.Metrics.Audited,
	}
	if path := h.cfg.AnchorFile(); h.cfg.Serving && path != "" {
		var err error
		if p.Anchor, err = audit.OpenAnchor(path); err != nil {
			h.told.Log.Warn("the audit log goes without an anchor; set audit.anchor", "error", err)
		}
	}
	if c := h.cfg.Audit.Copy; h.cfg.Serving && c.Path != "" {
		complain := func(err error) {
			h.told.Log.Error("the copy of the audit log; the records are in the database", "error", err)
		}
		f, err := logfile.Open(c.Path, int64(cmp.Or(c.MaxSize, 100))<<20, cmp.Or(c.Keep, 10), complain)
		if err != nil {
			return nil, fmt.Errorf("open the copy of the audit log: %w", err)
		}
		h.lines = append(h.lines, f)
		p.Copy = func(rows []audit.Row) {
			var text strings.Builder
			for _, row := range rows {
				text.WriteString(audit.Line(row))
			}
			if _, err := f.Write([]byte(text.String())); err != nil {
				complain(err)
			}
		}
	}
	return audit.Open(p), nil
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
