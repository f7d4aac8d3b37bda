package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/propagation"
)

// Calls watches a protocol that is not plain HTTP, such as gRPC.
type Calls struct {
	telemetry *Telemetry
	front     string
	requests  *requests
}

// Calls makes a watcher for a protocol. Front is its name, a constant.
func (t *Telemetry) Calls(front string) *Calls {
	return &Calls{telemetry: t, front: front, requests: t.Metrics.requestsOf(front)}
}

// Call is one call: its full method, the caller's address, and the headers that may carry a trace.
type Call struct {
	Method, Remote string
	Header         func(name string) string // by names in lower case; nil: none
}

// Watch does for a call what Telemetry.Watch does for a request: one log event, one count and one duration, and a trace
// when tracing is on. Do answers with the HTTP status that says the same as its own. A panic becomes status 500.
func (c *Calls) Watch(ctx context.Context, call Call, do func(context.Context) int) (panicked bool) {
	e := &event{}
	e.attrs = e.room[:0]
	began, status := time.Now(), http.StatusInternalServerError
	ctx, span := c.telemetry.startSpan(context.WithValue(ctx, eventKey{}, e), carrier(call.Header))
	c.requests.running.Inc()
	defer func() {
		if thrown := recover(); thrown != nil {
			panicked = true
			Fail(ctx, fmt.Errorf("panic: %v", thrown))
			Add(ctx, slog.String("stack", string(debug.Stack())))
		}
		c.requests.running.Dec()
		c.telemetry.finish(ctx, c.front, asked{"RPC", call.Method, call.Remote}, e, result{status: status}, began, c.requests, span)
	}()
	status = do(ctx)
	return false
}

// carrier reads headers, only when there is a trace to look for.
type carrier func(name string) string

// Get is propagation.TextMapCarrier's.
func (c carrier) Get(key string) string {
	if c == nil {
		return ""
	}
	return c(key)
}

// Set is propagation.TextMapCarrier's; nothing is sent from here.
func (carrier) Set(string, string) {}

// Keys is propagation.TextMapCarrier's; nothing here lists names.
func (carrier) Keys() []string { return nil }

var _ propagation.TextMapCarrier = carrier(nil)
