package telemetry

import (
	"context"
	"log/slog"
	"sync"
)

// event is what the log will say of one request. Handlers add to it until the request is answered.
type event struct {
	mu        sync.Mutex
	operation string
	cause     error
	quiet     bool
	attrs     []slog.Attr
	room      [6]slog.Attr // where attrs begins, so that most events need no more memory
}

type eventKey struct{}

func eventOf(ctx context.Context) *event {
	e, _ := ctx.Value(eventKey{}).(*event)
	return e
}

// Operation names what the request asks for: the front's own word for it (AdminGetUser, token), one of a fixed set,
// since it becomes a metric's label. It never comes from outside. Without an event in the context, nothing happens,
// here and below.
func Operation(ctx context.Context, name string) {
	if e := eventOf(ctx); e != nil {
		e.mu.Lock()
		e.operation = name
		e.mu.Unlock()
	}
}

// Add puts attributes on the request's event. Give identifiers, outcomes and counts; never bodies.
func Add(ctx context.Context, attrs ...slog.Attr) {
	if e := eventOf(ctx); e != nil {
		e.mu.Lock()
		e.attrs = append(e.attrs, attrs...)
		e.mu.Unlock()
	}
}

// Fail puts the private cause of a failed request on its event. The first cause stays.
func Fail(ctx context.Context, cause error) {
	if e := eventOf(ctx); e != nil && cause != nil {
		e.mu.Lock()
		if e.cause == nil {
			e.cause = cause
		}
		e.mu.Unlock()
	}
}

// Quiet lets the event appear at level debug only, unless the request fails: for health checks and the like.
func Quiet(ctx context.Context) {
	if e := eventOf(ctx); e != nil {
		e.mu.Lock()
		e.quiet = true
		e.mu.Unlock()
	}
}
