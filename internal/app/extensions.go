package app

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace/journey"
)

// furnishExtensions builds the rooms of what workspaces add to a sign-in. Those of workspaces are there.
func (g *ground) furnishExtensions(r *rooms) {
	logins := &journey.Logins{Store: g.store, Keys: g.keys, Now: g.clock.Now}
	r.scripts = extension.New(extension.Parts{
		Store: g.store, Runs: g.store, Runner: g.functions.Scripts, Workspaces: r.workspaces.Workspaces, Connections: r.workspaces.Connections,
		Keys: g.keys, Now: g.clock.Now, Observe: g.executed,
	})
	r.apps = extension.NewApps(extension.AppParts{
		Store: g.store, Workspaces: r.workspaces.Workspaces, Connections: r.workspaces.Connections, Clients: r.workspaces.Clients,
		Logins: logins, Now: g.clock.Now, Enabled: g.cfg.Extensions.CustomApps,
	})
	r.consents = consent.New(consent.Parts{
		Store: g.store, Workspaces: r.workspaces.Workspaces, Clients: r.workspaces.Clients, Logins: logins, Now: g.clock.Now,
		Page: r.apps.ConsentURL,
	})
}

var errScript = errors.New("the script has failed")

// executed counts a script that ran.
func (g *ground) executed(_ context.Context, point extension.Type, took time.Duration, failed bool) {
	var err error
	if failed {
		err = errScript
	}
	g.told.Metrics.Trigger("script "+string(point), took, err)
}

// hooks are asked before tokens are signed, one after the other. What a later one sets stands above what an earlier one does.
type hooks []token.Hook

// BeforeTokens joins what all want changed.
func (h hooks) BeforeTokens(ctx context.Context, e token.Event) (token.Changes, error) {
	var all token.Changes
	for _, hook := range h {
		ch, err := hook.BeforeTokens(ctx, e)
		if err != nil {
			return all, err
		}
		all = all.And(ch)
	}
	return all, nil
}

var _ token.Hook = hooks{}
