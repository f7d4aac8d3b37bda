package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Traces says where traces go. Without an endpoint there are none.
type Traces struct {
	Endpoint string  `yaml:"endpoint" doc:"OpenTelemetry collector (OTLP over HTTP), for example http://127.0.0.1:4318; empty: no traces"`
	Service  string  `yaml:"service" doc:"service name in traces; empty: cognate"`
	Ratio    float64 `yaml:"ratio" doc:"share of requests that are traced when the caller has not decided it, above 0 and up to 1; 0: all"`
}

// Check refuses what cannot work.
func (c Traces) Check() error {
	if c.Endpoint != "" {
		if u, err := url.Parse(c.Endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("tracing endpoint %q is no http or https URL", c.Endpoint)
		}
	}
	if c.Ratio < 0 || c.Ratio > 1 {
		return fmt.Errorf("tracing ratio %v is not between 0 and 1", c.Ratio)
	}
	return nil
}

func (t *Telemetry) startTracing(ctx context.Context, c Traces, version string) error {
	if err := c.Check(); err != nil {
		return err
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return err
	}
	if endpoint.Path == "" || endpoint.Path == "/" {
		endpoint.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint.String()))
	if err != nil {
		return err
	}
	service := c.Service
	if service == "" {
		service = "cognate"
	}
	sampler := sdktrace.AlwaysSample()
	if c.Ratio > 0 {
		sampler = sdktrace.TraceIDRatioBased(c.Ratio)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithSampler(sdktrace.ParentBased(sampler)),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", service), attribute.String("service.version", version))),
	)
	// The library tells failed exports to a handler of the whole process; its default writes past our log.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		t.Log.Warn("traces", slog.String("cause", err.Error()))
	}))
	t.tracer, t.shutdown = provider.Tracer("cognate.dev/cognate"), provider.Shutdown
	return nil
}

// Span begins a part of the request's work, a call to another system for instance, and gives the function that ends
// it. When tracing is off, both do nothing.
func (t *Telemetry) Span(ctx context.Context, name string) (context.Context, func(error)) {
	if t.tracer == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "") // the cause is in the log; a collector may be less private
		}
		span.End()
	}
}

// startSpan continues the caller's trace (W3C traceparent). The span is nil when tracing is off.
func (t *Telemetry) startSpan(ctx context.Context, from propagation.TextMapCarrier) (context.Context, trace.Span) {
	if t.tracer == nil {
		return ctx, nil
	}
	ctx = propagation.TraceContext{}.Extract(ctx, from)
	return t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
}

func endSpan(span trace.Span, front string, e *event, status int) {
	if span == nil {
		return
	}
	if e.operation != "" {
		span.SetName(front + " " + e.operation)
	} else {
		span.SetName(front)
	}
	span.SetAttributes(attribute.String("cognate.front", front), attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
