package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Watch makes every request to next one log event, one count and one duration, and a trace when tracing is on. Front
// is the name of the protocol, a constant. A panic becomes the answer 500 and an event with its stack.
func (t *Telemetry) Watch(front string, next http.Handler) http.Handler {
	requests := t.Metrics.requestsOf(front)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &event{}
		e.attrs = e.room[:0]
		answer := &answer{ResponseWriter: w}
		began := time.Now()
		ctx, span := t.startSpan(context.WithValue(r.Context(), eventKey{}, e), propagation.HeaderCarrier(r.Header))
		requests.running.Inc()
		defer func() {
			panicked := recover()
			if panicked != nil && panicked != http.ErrAbortHandler { //nolint:errorlint // the value itself is thrown
				Fail(ctx, fmt.Errorf("panic: %v", panicked))
				Add(ctx, slog.String("stack", string(debug.Stack())))
				if answer.status == 0 {
					http.Error(answer, "Internal server error", http.StatusInternalServerError)
				}
			}
			requests.running.Dec()
			t.finish(ctx, front, asked{r.Method, r.URL.Path, r.RemoteAddr}, e, answer.result(), began, requests, span)
			if panicked == http.ErrAbortHandler { //nolint:errorlint // as above
				panic(panicked)
			}
		}()
		next.ServeHTTP(answer, r.WithContext(ctx))
	})
}

// asked is what the log says of a request besides its event.
type asked struct{ method, path, remote string }

// result is what came of a request.
type result struct {
	status int // of HTTP
	bytes  int64
}

// finish tells the log, the metrics and the trace of an answered request.
func (t *Telemetry) finish(ctx context.Context, front string, r asked, e *event, got result, began time.Time, m *requests, span trace.Span) {
	e.mu.Lock()
	defer e.mu.Unlock()
	took, status := time.Since(began), got.status
	m.observe(e.operation, status, took)
	endSpan(span, front, e, status)
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case e.quiet:
		level = slog.LevelDebug
	}
	if !t.Log.Enabled(ctx, level) {
		return
	}
	// A record of our own, because a Logger looks for the calling line, which is always this one.
	record := slog.NewRecord(began.Add(took), level, "request", 0)
	record.AddAttrs(slog.String("front", front), slog.String("method", r.method), named(e, r.path),
		slog.Int("status", status), slog.Int64("us", took.Microseconds()))
	record.AddAttrs(slog.Int64("bytes", got.bytes), slog.String("remote", hostOf(r.remote)))
	if span != nil {
		record.AddAttrs(slog.String("trace_id", span.SpanContext().TraceID().String()))
	}
	record.AddAttrs(e.attrs...)
	if e.cause != nil {
		record.AddAttrs(slog.String("cause", e.cause.Error()))
	}
	_ = t.Log.Handler().Handle(ctx, record) // a log that cannot be written has nowhere to say so
}

// named is the operation, or the path of a request that has none; never the query, which may carry codes.
func named(e *event, path string) slog.Attr {
	if e.operation != "" {
		return slog.String("operation", e.operation)
	}
	return slog.String("path", path)
}

func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// answer watches what is written. Unwrap lets http.ResponseController reach flushing and deadlines.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// result is the whole answer; a handler that wrote nothing answered 200.
func (a *answer) result() result {
	if a.status == 0 {
		return result{http.StatusOK, a.bytes}
	}
	return result{a.status, a.bytes}
}

// Unwrap gives the writer behind.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader notes the final status; 1xx ones come before it.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Flush is here for handlers that ask for http.Flusher.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }
