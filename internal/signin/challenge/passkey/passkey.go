// Package passkey is the challenge WEB_AUTHN: a signature by a passkey. It asks and passes on; passkeys, relying parties
// and what makes a signature good are factor's, single use of the question is the machine's.
package passkey

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Passkeys asks for and judges passkeys; *factor.Factors does. A wrong answer is a fault.
type Passkeys interface {
	AskPasskey(ctx context.Context, pool *directory.Pool, userID string, verify bool) (factor.Question, error)
	CheckPasskey(ctx context.Context, pool *directory.Pool, user *directory.User, state []byte, answer string) (factor.Shown, error)
}

// Challenge is WEB_AUTHN.
type Challenge struct{ passkeys Passkeys }

// New makes the challenge.
func New(p Passkeys) *Challenge { return &Challenge{p} }

// Kind is WEB_AUTHN.
func (c *Challenge) Kind() signin.Kind { return signin.WebAuthn }

// Begin gives the options for navigator.credentials.get, as JSON text.
func (c *Challenge) Begin(ctx context.Context, a *signin.Attempt) (signin.Prompt, error) {
	q, err := c.passkeys.AskPasskey(ctx, a.Pool, a.UserID, signin.PasskeyIsBoth(a))
	if err != nil {
		return signin.Prompt{}, err
	}
	return signin.Prompt{State: q.State, Params: map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(q.Options)}}, nil
}

// Check judges CREDENTIAL.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	answer, err := a.Need("CREDENTIAL")
	if err != nil {
		return signin.Verdict{}, err
	}
	if a.User == nil { // deleted since the question was asked
		return signin.Wrong(fault.BadPassword()), nil
	}
	shown, err := c.passkeys.CheckPasskey(ctx, a.Pool, a.User, a.State, answer)
	var wrong *fault.Fault
	if errors.As(err, &wrong) {
		return signin.Wrong(wrong), nil
	}
	return signin.Verdict{Passed: err == nil, Both: shown.Verified && signin.PasskeyIsBoth(a), Roaming: shown.Roaming}, err
}

var _ signin.Challenge = (*Challenge)(nil)
