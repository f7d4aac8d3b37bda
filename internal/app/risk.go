package app

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/risk/leaked"
	"cognate.dev/cognate/internal/risk/place"
)

// lookups are the files that threat protection looks things up in. They outlive a reset of a development server.
type lookupFiles struct {
	passwords *leaked.List
	places    *place.Map
}

func openLookups(c risk.Config) (f lookupFiles, err error) {
	if c.Passwords != "" {
		if f.passwords, err = leaked.Open(c.Passwords, c.Least); err != nil {
			return f, err
		}
	}
	if c.Places != "" {
		if f.places, err = place.Open(c.Places); err != nil {
			return f, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// Close closes the files; nobody may judge any more.
func (f lookupFiles) Close() error {
	var errs []error
	if f.passwords != nil {
		errs = append(errs, f.passwords.Close())
	}
	if f.places != nil {
		errs = append(errs, f.places.Close())
	}
	return errors.Join(errs...)
}

// furnishProtection builds what judges sign-ins and passwords. It needs the domains, the directory and who sends.
func (g *ground) furnishProtection(r *rooms) {
	r.history = risk.NewHistory(g.store, g.keys, g.clock.Now)
	r.history.Said = g.happened
	m := risk.Means{
		Risks: r.risks, Events: g.store, History: r.history, Sender: g.outbox.Behind(), Now: g.clock.Now,
		Home: func(ctx context.Context, p *directory.Pool) (string, error) { return g.home(ctx, r, p) },
		Watch: risk.Watch{
			Weighed:  func(_ context.Context, level, action string) { g.told.Metrics.Weighed(level, action) },
			Stolen:   func(_ context.Context, event string, refused bool) { g.told.Metrics.StolenPassword(event, refused) },
			Happened: func(ctx context.Context, _ *directory.Pool, e *risk.Event) { g.happened(ctx, e) },
			Failed: func(ctx context.Context, err error) {
				g.told.Log.ErrorContext(ctx, "threat protection went without something", "error", err)
			},
		},
	}
	if g.files.passwords != nil { // not a nil pointer in an interface
		m.Passwords = g.files.passwords
	}
	if g.files.places != nil {
		m.Places = g.files.places
	}
	r.protection = risk.NewProtection(m)
}
