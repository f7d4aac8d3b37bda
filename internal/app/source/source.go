// Package source is the list of the sources that attributes for decisions come from, and counts what they do. What is asked of
// them, and how long answers are kept, is for enrich.
package source

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/cognito"
	"cognate.dev/cognate/internal/enrich/query"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/scim"
	"cognate.dev/cognate/internal/enrich/userinfo"
	"cognate.dev/cognate/internal/telemetry"
)

// now is the clock of this machine: calls to others are signed by it.
func now() time.Time { return time.Now() }

// New gives what makes the source of a configuration: the types that there are.
func New(d *directory.Directory) func(enrich.SourceConfig) (enrich.Source, error) {
	return func(c enrich.SourceConfig) (enrich.Source, error) { return open(d, c) }
}

func open(d *directory.Directory, c enrich.SourceConfig) (enrich.Source, error) {
	switch c.Type {
	case enrich.TypePool:
		return enrich.NewPool(c, enrich.Directory(d)), nil
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

// Observer counts what the enricher does.
type Observer struct {
	Metrics *telemetry.Metrics
	Log     *slog.Logger
}

// LookedUp counts an answer, found or kept.
func (o Observer) LookedUp(source string, step enrich.Step) {
	o.Metrics.Lookup(source, string(step.Outcome), step.Age)
}

// Fetched counts a question to a source.
func (o Observer) Fetched(source string, took time.Duration, outcome string) {
	o.Metrics.Fetched(source, took, outcome)
}

// Tried says whether a source answers at all.
func (o Observer) Tried(source string, works bool) { o.Metrics.Tried(source, works) }

// Breaker says so in the log, too: what follows are decisions that are not made, or are made without the source.
func (o Observer) Breaker(source string, open bool) {
	o.Metrics.Breaker(source, open)
	if open {
		o.Log.Warn("a source of attributes failed too often and is left alone for a while", "source", source)
		return
	}
	o.Log.Info("a source of attributes answers again", "source", source)
}

var _ enrich.Observer = Observer{}
