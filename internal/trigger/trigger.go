// Package trigger runs the functions that a user pool names in its LambdaConfig: it fills the hooks that account, signin,
// token and message offer, speaks to functions in Cognito's events, and turns what they answer, or how they fail, into
// changes and faults. How a function is reached is a transport's business: lambda, invoke, webhook and script.
package trigger

import (
	"context"
	"sync"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/trigger/event"
)

// Parts is what the room is built from. Observe, Failed and Codes may be nil.
type Parts struct {
	Directory *directory.Directory
	Tx        directory.Transactor
	Routes    []Route
	// Codes encrypts what custom senders receive. Nil: no key is configured, and they cannot be called.
	Codes Encryptor
	// Observe is told of every function that ran.
	Observe func(ctx context.Context, f Fired)
	// Failed is told of what went wrong after its caller was answered.
	Failed func(ctx context.Context, err error)
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
type Triggers struct {
	Parts
	behind chan struct{} // a slot for each message that is sent behind an answer
	busy   sync.WaitGroup
}

// maxBehind bounds the custom senders that run behind answers.
const maxBehind = 64

// New builds the service.
func New(p Parts) *Triggers {
	if p.Observe == nil {
		p.Observe = func(context.Context, Fired) {}
	}
	if p.Failed == nil {
		p.Failed = func(context.Context, error) {}
	}
	return &Triggers{Parts: p, behind: make(chan struct{}, maxBehind)}
}

// Wait returns when every function that runs behind an answer has ended.
func (t *Triggers) Wait() { t.busy.Wait() }
