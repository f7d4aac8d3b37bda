// Package mfasetup is the challenge MFA_SETUP: a user who needs a second factor and has none sets one up. The app is
// registered by AssociateSoftwareToken and VerifySoftwareToken, which the machine offers; this package says what can be
// set up and takes the answer.
package mfasetup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Users changes people; *directory.Users does.
type Users interface {
	UpdateAttributes(ctx context.Context, pool *directory.Pool, id string, u directory.Update) (*directory.User, directory.Effect, error)
}

// Challenge is MFA_SETUP.
type Challenge struct{ users Users }

// New makes the challenge.
func New(u Users) *Challenge { return &Challenge{u} }

// Kind is MFA_SETUP.
func (c *Challenge) Kind() signin.Kind { return signin.MFASetup }

// Begin lists what can be set up, as JSON text.
func (c *Challenge) Begin(_ context.Context, a *signin.Attempt) (signin.Prompt, error) {
	kinds, err := signin.Setups(a.Pool, a.User)
	if err != nil {
		return signin.Prompt{}, err
	}
	names, err := json.Marshal(kinds)
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("encode factors: %w", err)
	}
	return signin.Prompt{Params: map[string]string{"MFAS_CAN_SETUP": string(names), "USER_ID_FOR_SRP": a.Name}}, nil
}

// Check takes the session of a verified app, or an email address, which the next challenge sends a code to.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	if a.User == nil { // deleted since the question was asked
		return signin.Wrong(fault.BadPassword()), nil
	}
	if signin.AppVerified(a) {
		return signin.Passed(), nil
	}
	email := a.Input["email"]
	if email == "" {
		email = a.Input["EMAIL"]
	}
	if email == "" {
		return signin.Verdict{}, fault.Invalidf("User has not verified software token mfa")
	}
	kinds, err := signin.Setups(a.Pool, a.User)
	if err != nil || !slices.Contains(kinds, signin.EmailOTP) {
		return signin.Verdict{}, fault.New(fault.Missing, fault.MFAMethod, "The selected MFA method is not available for the user.")
	}
	// As the system: the address counts for nothing until its code has come back.
	up := directory.Update{Values: map[string]string{"email": email}, By: directory.BySystem}
	if _, _, err := c.users.UpdateAttributes(ctx, a.Pool, a.UserID, up); err != nil {
		return signin.Verdict{}, err
	}
	return signin.Verdict{Passed: true, Chosen: signin.EmailOTP}, nil
}

var _ signin.Challenge = (*Challenge)(nil)
