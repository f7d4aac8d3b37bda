package signin

import (
	"cmp"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

const (
	mfaOn  = "ON"
	mfaOff = "OFF"
)

// asksForMFA tells whether a pool knows second factors at all.
func asksForMFA(p *directory.Pool) bool { return p.MFA.Mode != "" && p.MFA.Mode != mfaOff }

// secondFactorTurn decides about multi-factor authentication.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
func secondFactorTurn(a *Attempt) (Kind, bool) {
	switch {
	case !asksForMFA(a.Pool) && !a.Ruling.Factor:
		return "", false
	case a.Chosen != "":
		return a.Chosen, true
	case secondProven(a):
		return "", false
	}
	usable := a.Factors()
	switch preferred := Kind(a.User.MFA.Preferred); {
	case slices.Contains(usable, preferred):
		return preferred, true
	case len(usable) > 1:
		return SelectMFAType, true
	case len(usable) == 1:
		return usable[0], true
	}
	return MFASetup, a.Pool.MFA.Mode == mfaOn && !a.Ruling.Factor // whoever looks like a thief sets up nothing
}

// secondProven tells whether a second factor was passed after the first one.
func secondProven(a *Attempt) bool {
	return factorProven(a) || deviceReplaces(a) && !a.Ruling.Factor
}

// factorProven tells whether one was, other than that a device took its place.
func factorProven(a *Attempt) bool {
	return a.Both || len(a.Trail) > 1 && slices.ContainsFunc(a.Trail[1:], func(k Kind) bool { return traitsOf(k).factor })
}

// Factors lists the second factors that the attempt's user can be asked for.
func (a *Attempt) Factors() []Kind {
	if a.Ruling.Factor {
		return a.demandable()
	}
	return Factors(a.Pool, a.User, a.Registered)
}

// Factors lists the second factors that a user can be asked for: those switched on and, where the pool requires one,
// a registered authenticator app and the addresses that Eligible leaves. A user who has registered an app keeps using
// it even after the pool has turned it off.
func Factors(p *directory.Pool, u *directory.User, has factor.Registered) []Kind {
	return factors(p, u, has, p.MFA.Mode == mfaOn)
}

// registered lists the second factors that a user could be asked for, whether they are switched on or not.
func registered(p *directory.Pool, u *directory.User, has factor.Registered) []Kind {
	return factors(p, u, has, true)
}

func factors(p *directory.Pool, u *directory.User, has factor.Registered, required bool) []Kind {
	on := func(k Kind) bool { return slices.Contains(u.MFA.Methods, string(k)) }
	messages := eligible(p, u)
	var kinds []Kind
	if reaches(p, u, SMSMFA) && (on(SMSMFA) || required && slices.Contains(messages, SMSMFA)) {
		kinds = append(kinds, SMSMFA)
	}
	if on(SoftwareTokenMFA) || required && has.SoftwareToken {
		kinds = append(kinds, SoftwareTokenMFA)
	}
	if reaches(p, u, EmailOTP) && (on(EmailOTP) || required && slices.Contains(messages, EmailOTP)) {
		kinds = append(kinds, EmailOTP)
	}
	return kinds
}

// addressOf is the attribute that a factor's codes go to.
var addressOf = map[Kind]string{SMSMFA: "phone_number", EmailOTP: "email"}

// serves tells whether a pool has a factor switched on.
func serves(p *directory.Pool, k Kind) bool {
	return k == SMSMFA && p.MFA.SMS || k == EmailOTP && p.MFA.Email != nil || k == SoftwareTokenMFA && p.MFA.SoftwareToken
}

func reaches(p *directory.Pool, u *directory.User, k Kind) bool {
	return serves(p, k) && u.Attributes[addressOf[k]] != ""
}

// eligible lists the factors by message that a required second factor may fall on without the user having chosen it.
// What resets the password should not also be the second factor, or one mailbox would be both: the address that comes
// first for recovery is left out where the other one can be asked, and where it is the user's only way to recover. A
// pool that says nothing of recovery keeps no address back, as before that setting existed.
func eligible(p *directory.Pool, u *directory.User) []Kind {
	var kinds []Kind
	for _, k := range []Kind{SMSMFA, EmailOTP} {
		if reaches(p, u, k) {
			kinds = append(kinds, k)
		}
	}
	order := slices.DeleteFunc(recoveryOrder(p), func(name string) bool { return u.Attributes[name] == "" })
	if len(order) == 0 || len(kinds) == 1 && len(order) > 1 {
		return kinds
	}
	return slices.DeleteFunc(kinds, func(k Kind) bool { return addressOf[k] == order[0] })
}

// recoveryOrder lists the attributes by which a pool recovers passwords, best first; none where it does not say.
func recoveryOrder(p *directory.Pool) []string {
	ways := slices.SortedStableFunc(slices.Values(p.Recovery), func(a, b directory.Recovery) int {
		return cmp.Compare(a.Priority, b.Priority)
	})
	var out []string
	for _, way := range ways {
		switch way.Name {
		case "verified_email":
			out = append(out, "email")
		case "verified_phone_number":
			out = append(out, "phone_number")
		}
	}
	return out
}

// Setups lists the second factors that a user who has none can set up to go on (MFAS_CAN_SETUP). An address can be
// given only where there is none: whoever has but the password must not direct codes to an address of their own. A
// phone number is given elsewhere; SMS_MFA is listed as at AWS. Nothing to set up is a fault.
func Setups(p *directory.Pool, u *directory.User) ([]Kind, error) {
	first := ""
	if order := recoveryOrder(p); len(order) > 0 {
		first = order[0]
	}
	var kinds []Kind
	for _, k := range []Kind{SMSMFA, SoftwareTokenMFA, EmailOTP} {
		address := addressOf[k]
		if serves(p, k) && (address == "" || u.Attributes[address] == "" && address != first) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return nil, fault.Invalidf("User does not have delivery config set to turn on MFA")
	}
	return kinds, nil
}
