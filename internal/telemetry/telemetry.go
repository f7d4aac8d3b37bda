// Package telemetry is what the house tells its operators: one log event per request, metrics and traces, none of
// them with a secret in it. It is set up once; fronts add to the event of their request through its context. What is
// worth telling it leaves to them.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Telemetry is the logger, the metrics and the tracer of one process.
type Telemetry struct {
	Log     *slog.Logger
	Metrics *Metrics

	tracer   trace.Tracer // nil: tracing is off
	shutdown func(context.Context) error
}

// Config is what New needs. The zero value logs as DefaultLog says, to nowhere, and does not trace.
type Config struct {
	Log     Log
	Traces  Traces
	Output  io.Writer // of the log
	Version string    // of the binary, for metrics and traces
}

// New sets up telemetry. It does not connect to anything; an unreachable trace collector shows in the log.
func New(ctx context.Context, c Config) (*Telemetry, error) {
	if c.Output == nil {
		c.Output = io.Discard
	}
	log, err := NewLogger(c.Output, c.Log)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Log: log, Metrics: newMetrics(c.Version), shutdown: func(context.Context) error { return nil }}
	if c.Traces.Endpoint == "" {
		return t, nil
	}
	if err := t.startTracing(ctx, c.Traces, c.Version); err != nil {
		return nil, fmt.Errorf("start tracing: %w", err)
	}
	return t, nil
}

// Shutdown sends what traces are waiting, as long as the context lasts. It may be called once, after the last request.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if err := t.shutdown(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("shut telemetry down: %w", err)
	}
	return nil
}
