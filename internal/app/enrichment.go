package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/cognito"
	"cognate.dev/cognate/internal/enrich/query"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/scim"
	"cognate.dev/cognate/internal/enrich/userinfo"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/telemetry"
)

// furnishEnrichment builds the room that knows whom decisions are about. It needs the directory.
func (g *ground) furnishEnrichment(r *rooms) (err error) {
	r.enricher, err = enrich.New(g.cfg.Enrich, func(c enrich.SourceConfig) (enrich.Source, error) { return g.source(r, c) },
		lookups{g.told.Metrics, g.told.Log}, g.clock.Now)
	if err != nil {
		return err
	}
	for source := range r.enricher.Sizes() {
		g.told.Metrics.Breaker(source, false)
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
		return h.store.Tell(ctx, store.Change{Kind: store.SourceKind, ID: source + "/" + id})
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

// source makes the source of a configuration: the types that there are.
func (g *ground) source(r *rooms, c enrich.SourceConfig) (enrich.Source, error) {
	switch c.Type {
	case enrich.TypePool:
		return enrich.NewPool(c, enrich.Directory(r.directory)), nil
	case enrich.TypeCognito:
		s, err := cognito.New(context.Background(), c.Cognito, now)
		if err != nil {
			return nil, err
		}
		return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) { return s.Find(ctx, q.ID) }, s), nil
	case enrich.TypeUserInfo:
		s, err := userinfo.New(c.UserInfo)
		if err != nil {
			return nil, err
		}
		return enrich.Chosen(enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) {
			return s.Find(ctx, q.ID, q.Token)
		}, s), s.Ours), nil
	case enrich.TypeHTTP:
		s, err := rest.New(c.HTTP)
		if err != nil {
			return nil, err
		}
		return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) { return s.Find(ctx, q.Kind, q.ID) }, s), nil
	case enrich.TypeSQL:
		s, err := query.New(c.SQL)
		if err != nil {
			return nil, err
		}
		return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) { return s.Find(ctx, q.Kind, q.ID) }, s), nil
	case enrich.TypeSCIM:
		s, err := scim.New(c.SCIM)
		if err != nil {
			return nil, err
		}
		return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) { return s.Find(ctx, q.ID) }, s), nil
	}
	return nil, fmt.Errorf("there is no type %q", c.Type)
}

// lookups counts what the enricher does.
type lookups struct {
	metrics *telemetry.Metrics
	log     *slog.Logger
}

func (l lookups) LookedUp(source string, step enrich.Step) {
	l.metrics.Lookup(source, string(step.Outcome), step.Age)
}

func (l lookups) Fetched(source string, took time.Duration, outcome string) {
	l.metrics.Fetched(source, took, outcome)
}

func (l lookups) Tried(source string, works bool) { l.metrics.Tried(source, works) }

// Breaker says so in the log, too: what follows are decisions that are not made, or are made without the source.
func (l lookups) Breaker(source string, open bool) {
	l.metrics.Breaker(source, open)
	if open {
		l.log.Warn("a source of attributes failed too often and is left alone for a while", "source", source)
		return
	}
	l.log.Info("a source of attributes answers again", "source", source)
}

var _ enrich.Observer = lookups{}
