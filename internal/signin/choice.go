package signin

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// startChoice begins USER_AUTH: with the challenge that the client prefers, if the user has it, else with a choice.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice
func (m *Machine) startChoice(ctx context.Context, s Start, a *Attempt) (*Answer, error) {
	if a.User != nil && !a.hides() {
		if err := state(a.User); err != nil {
			return nil, err
		}
	}
	if s.Session != "" {
		return m.startConfirmed(ctx, s, a)
	}
	if err := m.takeStock(ctx, a); err != nil {
		return nil, err
	}
	var err error
	if a.Offers, err = m.offers(ctx, a); err != nil {
		return nil, err
	}
	if err := m.aim(ctx, s, a); err != nil {
		return nil, err
	}
	if a.Target > 0 && a.Credit > 0 && a.builds(a.Target) {
		return m.proceed(ctx, a)
	}
	a.Trail, a.Credit = a.Trail[:0], 0
	first := SelectChallenge
	if preferred := Kind(s.Params["PREFERRED_CHALLENGE"]); slices.Contains(a.Offers, preferred) {
		first = preferred
	}
	answer, err := m.follow(ctx, a, first)
	if err == nil && len(a.Trail) == 0 {
		for _, k := range a.Offers {
			answer.Available = append(answer.Available, string(k))
		}
	}
	return answer, err
}

// startConfirmed signs in the person who has just confirmed a sign-up: the code of the confirmation was the first factor.
func (m *Machine) startConfirmed(ctx context.Context, s Start, a *Attempt) (*Answer, error) {
	c, ok := account.OpenConfirmed(m.Sealer, s.Session)
	if !ok || a.User == nil || c.PoolID != a.PoolID || c.ClientID != a.ClientID || c.UserID != a.UserID {
		return nil, badSession()
	}
	a.ID, a.Expires = c.ID, c.Expires
	if err := m.fresh(ctx, a); err != nil {
		return nil, err
	}
	if err := m.spend(ctx, a); err != nil {
		return nil, err
	}
	a.Trail = []Kind{EmailOTP}
	if c.Attribute == "phone_number" {
		a.Trail = []Kind{SMSOTP}
	}
	return m.proceed(ctx, a)
}

// offers lists the first factors that a user can choose from: those that the pool allows and the user has. A code or a
// plain passkey cannot come first for somebody who needs a second factor. Nobody gets a list as a usual user has it, and
// so does a user who has not confirmed the account, where that must not show.
func (m *Machine) offers(ctx context.Context, a *Attempt) ([]Kind, error) {
	usual := a.User == nil || a.hides() && a.User.Status == directory.Unconfirmed
	allowed := func(name string) bool { return slices.Contains(a.Pool.FirstAuthFactors, name) }
	verified := func(name string) bool { return usual || a.User.Attributes[name+"_verified"] == "true" }
	password := usual
	if !usual {
		var err error
		if password, _, err = m.Passwords.State(ctx, a.PoolID, a.UserID); err != nil {
			return nil, fmt.Errorf("look for a password: %w", err)
		}
	}
	second := a.Pool.MFA.Mode == mfaOn || a.User != nil && asksForMFA(a.Pool) && len(a.Factors()) > 0
	invited := a.User != nil && a.User.Status == directory.ForceChangePassword
	var kinds []Kind
	for _, o := range []struct {
		kind Kind
		ok   bool
	}{
		{PasswordSRP, password},
		{Password, password},
		{EmailOTP, allowed("EMAIL_OTP") && verified("email") && !second && !invited},
		{SMSOTP, allowed("SMS_OTP") && verified("phone_number") && !second && !invited},
		{WebAuthn, allowed("WEB_AUTHN") && a.Registered.Passkeys > 0 && (!second || PasskeyIsBoth(a)) && !invited},
	} {
		if o.ok && m.challenges[o.kind] != nil {
			kinds = append(kinds, o.kind)
		}
	}
	if a.Target > 0 {
		kinds = slices.DeleteFunc(kinds, func(k Kind) bool { return !a.leads(k, a.Target) })
	}
	if len(kinds) == 0 {
		return nil, fault.Deniedf("The user has no way to sign in here.")
	}
	return kinds, nil
}

// PasskeyIsBoth tells whether a passkey with user verification stands for both factors of the attempt's user: the pool
// says so for everybody, or the user for themselves.
func PasskeyIsBoth(a *Attempt) bool {
	w := a.Pool.MFA.WebAuthn
	return w != nil && w.FactorConfig == "MULTI_FACTOR_WITH_USER_VERIFICATION" || a.User != nil && a.User.MFA.Passkey
}

// follow goes to a first factor that was chosen. What it needs may have come along.
func (m *Machine) follow(ctx context.Context, a *Attempt, k Kind) (*Answer, error) {
	switch {
	case k == Password && a.Input["PASSWORD"] != "":
		return m.judge(ctx, a, Password)
	case k == PasswordSRP && a.Input["SRP_A"] != "":
		k = PasswordVerifier
	}
	if a.ID != "" { // an answer to the session of the choice
		if err := m.spend(ctx, a); err != nil {
			return nil, err
		}
	}
	return m.ask(ctx, a, k)
}
