package aws

import (
	"context"
	"time"
)

// Call is what a handler may want to know of the request besides its body.
type Call struct {
	RequestID   string
	Service     string // as in "cognito-idp"
	Operation   string
	Region      string // from the signature, else the front's own
	AccessKeyID string // who signed; empty for operations without a signature
	Principal   any    // what the key store says of the access key; nil when nobody signed
	RemoteAddr  string
	UserAgent   string
}

type callKey struct{}

// CallFrom gives the call that ctx belongs to, or the zero Call outside of one.
func CallFrom(ctx context.Context) Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return *c
	}
	return Call{}
}

// WithCall puts a call into a context, for callers of handlers that come by another way than HTTP.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, &c)
}

// Event is one answered request, fit for a log: no body, no secret, no token, no text that the caller wrote.
type Event struct {
	Service, Operation string // empty when the request named no known operation
	Status             int
	Exception          string // empty when the answer is good
	Start              time.Time
	Duration           time.Duration
	RequestID          string
	Region             string
	AccessKeyID        string
	RemoteAddr         string
	Cause              error // the private side of an error, for the log only; may be nil
}

// Observer is told of every answered request; ctx is that of the request and carries its Call.
type Observer func(ctx context.Context, e Event)
