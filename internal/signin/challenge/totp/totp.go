// Package totp is the challenge SOFTWARE_TOKEN_MFA: a code of an authenticator app. It asks and passes on; the app's
// secret and the single use of codes are factor's, how often one may guess is the machine's.
package totp

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Codes judges the codes of authenticator apps; *factor.Factors does. A wrong or used code is a fault.
type Codes interface {
	TokenName(ctx context.Context, poolID, userID string) (string, error)
	CheckCode(ctx context.Context, poolID, userID, code string) error
}

// Challenge is SOFTWARE_TOKEN_MFA.
type Challenge struct{ codes Codes }

// New makes the challenge.
func New(c Codes) *Challenge { return &Challenge{c} }

// Kind is SOFTWARE_TOKEN_MFA.
func (c *Challenge) Kind() signin.Kind { return signin.SoftwareTokenMFA }

// Begin asks for a code, under the name that the user gave the app.
func (c *Challenge) Begin(ctx context.Context, a *signin.Attempt) (signin.Prompt, error) {
	name, err := c.codes.TokenName(ctx, a.PoolID, a.UserID)
	params := map[string]string{"USER_ID_FOR_SRP": a.Name}
	if name != "" {
		params["FRIENDLY_DEVICE_NAME"] = name
	}
	return signin.Prompt{Params: params}, err
}

// Check judges SOFTWARE_TOKEN_MFA_CODE. A right code is used up by that.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	code, err := a.Need("SOFTWARE_TOKEN_MFA_CODE")
	if err != nil {
		return signin.Verdict{}, err
	}
	if a.User == nil { // deleted since the question was asked
		return signin.Wrong(factor.WrongCode()), nil
	}
	err = c.codes.CheckCode(ctx, a.PoolID, a.UserID, code)
	var wrong *fault.Fault
	if errors.As(err, &wrong) {
		return signin.Wrong(wrong), nil
	}
	return signin.Verdict{Passed: err == nil}, err
}

var _ signin.Challenge = (*Challenge)(nil)
