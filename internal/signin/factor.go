package signin

import (
	"slices"

	"cognate.dev/cognate/internal/directory"
)

// secondFactorTurn decides about multi-factor authentication.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
func secondFactorTurn(a *Attempt) (Kind, bool) {
	if a.Pool.MFA.Mode == "" || a.Pool.MFA.Mode == "OFF" {
		return "", false
	}
	if slices.ContainsFunc(a.Trail, func(k Kind) bool { return traitsOf(k).factor }) {
		return "", false
	}
	if a.Chosen != "" {
		return a.Chosen, true
	}
	usable := Factors(a.Pool, a.User)
	switch preferred := Kind(a.User.MFA.Preferred); {
	case slices.Contains(usable, preferred):
		return preferred, true
	case len(usable) > 1:
		return SelectMFAType, true
	case len(usable) == 1:
		return usable[0], true
	}
	return MFASetup, a.Pool.MFA.Mode == "ON"
}

// Factors lists the second factors that a user can be asked for: those switched on and, where the pool requires one,
// those that the user could receive a code by. A user who has registered an authenticator app keeps using it even
// after the pool has turned it off.
func Factors(p *directory.Pool, u *directory.User) []Kind {
	required := p.MFA.Mode == "ON"
	on := func(k Kind) bool { return slices.Contains(u.MFA.Methods, string(k)) }
	var kinds []Kind
	if p.MFA.SMS && u.Attributes["phone_number"] != "" && (required || on(SMSMFA)) {
		kinds = append(kinds, SMSMFA)
	}
	if on(SoftwareTokenMFA) {
		kinds = append(kinds, SoftwareTokenMFA)
	}
	if p.MFA.Email != nil && u.Attributes["email"] != "" && (required || on(EmailOTP)) {
		kinds = append(kinds, EmailOTP)
	}
	return kinds
}
