package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/cognito"
	"cognate.dev/cognate/internal/trigger/envelope"
	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/invoke"
	"cognate.dev/cognate/internal/trigger/lambda"
	"cognate.dev/cognate/internal/trigger/script"
	"cognate.dev/cognate/internal/trigger/webhook"
)

// TriggerConfig leads the functions of some ARNs to where they run. It says one of the ways.
type TriggerConfig struct {
	ARN     string         `yaml:"arn" doc:"ARN in LambdaConfig; * is any text. The first entry that matches counts"`
	Timeout time.Duration  `yaml:"timeout" doc:"how long the function may take; 0 means 5s, as at AWS"`
	Lambda  lambda.Config  `yaml:"lambda"`
	Invoke  invoke.Config  `yaml:"invoke"`
	Webhook webhook.Config `yaml:"webhook"`
	Script  script.Config  `yaml:"script"`
	Cognito cognito.Config `yaml:"cognito"`
}

// check refuses an entry that leads nowhere, or to several places.
func (c TriggerConfig) check() error {
	ways := 0
	var err error
	for _, way := range []struct {
		there bool
		check func() error
	}{
		{c.Lambda.Configured(), c.Lambda.Check}, {c.Invoke.Configured(), c.Invoke.Check},
		{c.Webhook.Configured(), c.Webhook.Check}, {c.Script.Configured(), c.Script.Check},
		{c.Cognito.Configured(), c.Cognito.Check},
	} {
		if way.there {
			ways++
			err = errors.Join(err, way.check())
		}
	}
	switch {
	case c.ARN == "":
		err = errors.Join(err, errors.New("arn is missing"))
	case ways != 1:
		err = errors.Join(err, errors.New("give one of lambda, invoke, webhook, script and cognito"))
	case c.Timeout < 0:
		err = errors.Join(err, errors.New("timeout must not be negative"))
	}
	if err != nil {
		return fmt.Errorf("triggers: %s: %w", c.ARN, err)
	}
	return nil
}

// functions are the ways to the functions of a running server. They outlive a reset of a development server.
type functions struct {
	host   *lambda.Host
	routes []trigger.Route
	codes  trigger.Encryptor
	open   []io.Closer
}

// openFunctions makes the ways that the configuration names. Local functions are started anew when they change if watch
// is set, which development mode does.
func (g *ground) openFunctions(ctx context.Context, watch bool) error {
	f := &functions{host: lambda.NewHost(lambda.Options{
		Log: g.told.Log, Watch: watch, Region: g.cfg.Region,
		Env: map[string]string{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": g.public},
	})}
	g.functions = f
	for _, c := range g.cfg.Triggers {
		t, err := f.transport(ctx, c)
		if err != nil {
			return fmt.Errorf("triggers: %s: %w", c.ARN, err)
		}
		f.routes = append(f.routes, trigger.Route{Pattern: c.ARN, Timeout: c.Timeout, Transport: t})
	}
	if len(g.cfg.CodeKeys) == 0 {
		return nil
	}
	keys, err := envelope.NewKeyring(g.cfg.CodeKeys)
	if err != nil {
		return fmt.Errorf("code_keys: %w", err)
	}
	f.codes = keys
	return nil
}

func (f *functions) transport(ctx context.Context, c TriggerConfig) (function.Transport, error) {
	name := lambda.NameOf(c.ARN)
	switch {
	case c.Lambda.Configured():
		return f.host.Function(name, c.Lambda)
	case c.Script.Configured():
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find our own binary: %w", err)
		}
		return script.Function(f.host, name, self, c.Script)
	case c.Webhook.Configured():
		hook, err := webhook.New(c.Webhook, now)
		if err != nil {
			return nil, err
		}
		f.open = append(f.open, hook)
		return hook, nil
	case c.Cognito.Configured():
		pool, err := cognito.New(ctx, c.Cognito)
		if err != nil {
			return nil, err
		}
		f.open = append(f.open, pool)
		return pool, nil
	}
	client, err := invoke.New(ctx, c.Invoke, now)
	if err != nil {
		return nil, err
	}
	f.open = append(f.open, client)
	return client, nil
}

// Close ends every process and connection. No function may be called any more.
func (f *functions) Close() error {
	if f.host == nil {
		return nil
	}
	err := f.host.Close()
	for _, c := range f.open {
		err = errors.Join(err, c.Close())
	}
	return err
}

// furnishTriggers builds the room that fills the others' hooks. It needs the directory.
func (g *ground) furnishTriggers(r *rooms) {
	r.triggers = trigger.New(trigger.Parts{
		Directory: r.directory, Tx: g.store, Routes: g.functions.routes, Codes: g.functions.codes, Observe: g.fired,
	})
	g.wording.Store(r.triggers)
}

// fired counts a function that ran and puts it on the request's log event.
func (g *ground) fired(ctx context.Context, f trigger.Fired) {
	g.told.Metrics.Trigger(string(f.Source), f.Took, f.Err)
	telemetry.Add(ctx, slog.Group("trigger", slog.String("source", string(f.Source)), slog.Duration("took", f.Took), slog.Bool("failed", f.Err != nil)))
	telemetry.Fail(ctx, f.Err)
}

// RunScript is the life of a script's process: the hidden subcommand of our binary.
func RunScript(ctx context.Context) error { return script.Run(ctx) }
