// Package choice is the challenges of choice-based sign-in that prove nothing: SELECT_CHALLENGE, which first factor to
// use, and PASSWORD_SRP, the client's half of an SRP exchange. What there is to choose from, and what follows, is the
// machine's.
package choice

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Challenge is one of the two kinds.
type Challenge struct {
	kind   signin.Kind
	choose func(*signin.Attempt) (signin.Kind, error)
}

// Select makes SELECT_CHALLENGE.
func Select() *Challenge { return &Challenge{signin.SelectChallenge, answered} }

// SRP makes PASSWORD_SRP, which PASSWORD_VERIFIER follows.
func SRP() *Challenge {
	return &Challenge{signin.PasswordSRP, func(a *signin.Attempt) (signin.Kind, error) {
		_, err := a.Need("SRP_A")
		return signin.PasswordSRP, err
	}}
}

func answered(a *signin.Attempt) (signin.Kind, error) {
	answer, err := a.Need("ANSWER")
	if err != nil {
		return "", err
	}
	if !slices.Contains(a.Offers, signin.Kind(answer)) {
		return "", fault.Invalidf("Selected challenge is not available: %s", answer)
	}
	return signin.Kind(answer), nil
}

// Kind is SELECT_CHALLENGE or PASSWORD_SRP.
func (c *Challenge) Kind() signin.Kind { return c.kind }

// Begin says nothing: what there is to choose from travels beside the challenge.
func (c *Challenge) Begin(context.Context, *signin.Attempt) (signin.Prompt, error) {
	return signin.Prompt{}, nil
}

// Check reads what was chosen.
func (c *Challenge) Check(_ context.Context, a *signin.Attempt) (signin.Verdict, error) {
	chosen, err := c.choose(a)
	return signin.Verdict{Passed: err == nil, Chosen: chosen}, err
}

var _ signin.Challenge = (*Challenge)(nil)
