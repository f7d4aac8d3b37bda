package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/logfile"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
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
	if path := h.cfg.anchorFile(); h.cfg.serving && path != "" {
		var err error
		if p.Anchor, err = audit.OpenAnchor(path); err != nil {
			h.told.Log.Warn("the audit log goes without an anchor; set audit.anchor", "error", err)
		}
	}
	if c := h.cfg.Audit.Copy; h.cfg.serving && c.Path != "" {
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
				text.WriteString(line(row))
			}
			if _, err := f.Write([]byte(text.String())); err != nil {
				complain(err)
			}
		}
	}
	return audit.Open(p), nil
}

// anchorFile is where ends of chains are remembered; empty: nowhere.
func (c Config) anchorFile() string {
	if c.Audit.Anchor == audit.Off {
		return ""
	}
	return cmp.Or(c.Audit.Anchor, filepath.Join(c.Data, "audit.anchor"))
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// command is the record of a command.
func command(operation string) audit.Record {
	r := audit.Record{Front: "cli", Operation: operation, Actor: audit.Actor{Kind: audit.Operator}}
	if u, err := user.Current(); err == nil {
		r.Actor.ID = u.Username
	}
	return r
}

// recorded does what a command does without the rooms, and records it. Without a master key there is nothing to prove
// records with, and nothing is recorded: tell is told.
func recorded(ctx context.Context, cfg Config, r audit.Record, tell func(string), work func() error) (err error) {
	if cfg.Audit.Mode == audit.Off {
		return work()
	}
	if err := cfg.installed(); err != nil {
		tell("not recorded in the audit log: there is no master key at " + cfg.masterKeyPlace())
		return work()
	}
	done := work()
	if done != nil {
		r.Outcome = "error"
	}
	failed := withStore(ctx, cfg, func(s *store.Store, keys *secret.Keyring) error {
		l := audit.Open(audit.Parts{Config: cfg.Audit, Store: s, Keys: keys, Now: now, Node: hostname(), Version: Version()})
		return errors.Join(l.Do(ctx, r, func(context.Context) error { return nil }), l.Close())
	})
	if failed != nil {
		failed = fmt.Errorf("record it in the audit log: %w", failed)
	}
	return errors.Join(done, failed)
}

// withStore opens the database and the keys of an installation that is there.
func withStore(ctx context.Context, cfg Config, do func(*store.Store, *secret.Keyring) error) (err error) {
	if err := cfg.installed(); err != nil {
		return err
	}
	keys, err := cfg.openKeys(ctx)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.databaseURL(), store.Options{Sealer: keys, Postgres: cfg.Postgres})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s, keys)
}

// ago reads a moment: RFC 3339, or how long ago.
func ago(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now().Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is neither a duration such as 24h nor a time such as 2026-01-31T12:00:00Z", text)
	}
	return t, nil
}
