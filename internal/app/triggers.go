package app

import (
	"context"
	"log/slog"

	"cognate.dev/cognate/internal/app/way"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/lambda"
)

// openFunctions makes the ways that the configuration names. Local functions are started anew when they change if watch
// is set, which development mode does.
func (g *ground) openFunctions(ctx context.Context, watch bool) (err error) {
	g.functions, err = way.Open(ctx, way.Options{
		Host: lambda.Options{
			Log: g.told.Log, Watch: watch, Region: g.cfg.Region,
			Env: map[string]string{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": g.public},
		},
		Triggers: g.cfg.Triggers, CodeKeys: g.cfg.CodeKeys, Scripts: g.cfg.Extensions.Scripts,
	})
	return err
}

// furnishTriggers builds the room that fills the others' hooks. It needs the directory.
func (g *ground) furnishTriggers(r *rooms) {
	r.triggers = trigger.New(trigger.Parts{
		Directory: r.directory, Tx: g.store, Routes: g.functions.Routes, Codes: g.functions.Codes, Observe: g.fired,
	})
	g.wording.Store(r.triggers)
}

// fired counts a function that ran and puts it on the request's log event.
func (g *ground) fired(ctx context.Context, f trigger.Fired) {
	g.told.Metrics.Trigger(string(f.Source), f.Took, f.Err)
	telemetry.Add(ctx, slog.Group("trigger", slog.String("source", string(f.Source)), slog.Duration("took", f.Took), slog.Bool("failed", f.Err != nil)))
	telemetry.Fail(ctx, f.Err)
}

// RunScript is the life of the process of a trigger's script: the hidden subcommand of our binary.
func RunScript(ctx context.Context) error { return way.RunScript(ctx) }

// RunExtension is the life of the process of a workspace's script, likewise.
func RunExtension(ctx context.Context) error { return way.RunExtension(ctx) }
