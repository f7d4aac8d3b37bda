// Package selectmfa is the challenge SELECT_MFA_TYPE: which second factor to use. What there is to choose from, and
// what follows, is the machine's.
package selectmfa

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Challenge is SELECT_MFA_TYPE.
type Challenge struct{}

// New makes the challenge.
func New() *Challenge { return &Challenge{} }

// Kind is SELECT_MFA_TYPE.
func (c *Challenge) Kind() signin.Kind { return signin.SelectMFAType }

// Begin lists the factors, as JSON text.
func (c *Challenge) Begin(_ context.Context, a *signin.Attempt) (signin.Prompt, error) {
	names, err := json.Marshal(a.Factors())
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("encode factors: %w", err)
	}
	return signin.Prompt{Params: map[string]string{"MFAS_CAN_CHOOSE": string(names), "USER_ID_FOR_SRP": a.Name}}, nil
}

// Check takes ANSWER. Newer documentation calls EMAIL_OTP by the name EMAIL_MFA.
func (c *Challenge) Check(_ context.Context, a *signin.Attempt) (signin.Verdict, error) {
	answer, err := a.Need("ANSWER")
	if err != nil {
		return signin.Verdict{}, err
	}
	chosen := signin.Kind(answer)
	if answer == "EMAIL_MFA" {
		chosen = signin.EmailOTP
	}
	if a.User == nil || !slices.Contains(a.Factors(), chosen) {
		return signin.Verdict{}, fault.New(fault.Missing, fault.MFAMethod, "The selected MFA method is not available for the user.")
	}
	return signin.Verdict{Passed: true, Chosen: chosen}, nil
}

var _ signin.Challenge = (*Challenge)(nil)
