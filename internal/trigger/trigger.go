// Package trigger runs the functions that a user pool names in its LambdaConfig: it fills the hooks that account, signin,
// token and message offer, speaks to functions in Cognito's events, and turns what they answer, or how they fail, into
// changes and faults. How a function is reached is a transport's business: lambda, invoke, webhook and script.
package trigger

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/trigger/event"
)

// Parts is what the room is built from. Observe and Codes may be nil.
type Parts struct {
	Directory *directory.Directory
	Tx        directory.Transactor
	Routes    []Route
	// Codes encrypts what custom senders receive. Nil: no key is configured, and they cannot be called.
	Codes Encryptor
	// Observe is told of every function that ran.
	Observe func(ctx context.Context, f Fired)
}

// Encryptor encrypts a code for the holder of a KMS key.
type Encryptor interface {
	// Encrypt returns an AWS Encryption SDK message that the key opens. The context is authenticated with it.
	Encrypt(ctx context.Context, kmsKey string, plain []byte, context map[string]string) ([]byte, error)
}

// Fired is one call of a function. Err is the fault that it led to.
type Fired struct {
	Source event.Source
	ARN    string
	Took   time.Duration
	Err    error
}

// Triggers is the room's one service. Safe for concurrent use.
type Triggers struct{ Parts }

// New builds the service.
func New(p Parts) *Triggers {
	if p.Observe == nil {
		p.Observe = func(context.Context, Fired) {}
	}
	return &Triggers{Parts: p}
}
