package factor

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Setting is what a request says of one second factor; nil where it says nothing.
type Setting struct {
	Enabled   bool
	Preferred bool
}

// Preference is a request of SetUserMFAPreference. A factor that it does not name stays as it is.
type Preference struct {
	SMS, SoftwareToken, Email *Setting
	Passkey                   *bool // a passkey with user verification counts as both factors for this user
}

// SetPreference switches second factors of a user on or off and chooses the one to ask for first. Only one can be
// preferred; preferring one takes that from the other, and switching one off makes it no longer preferred.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
func (f *Factors) SetPreference(ctx context.Context, pool *directory.Pool, userID string, p Preference) error {
	if err := p.check(); err != nil {
		return err
	}
	return f.Tx.InTx(ctx, func(ctx context.Context) error {
		has, err := f.Store.Registered(ctx, pool.ID, userID)
		if err != nil {
			return err
		}
		_, err = f.Users.Change(ctx, pool, userID, func(u *directory.User) error { return p.apply(pool, u, has) })
		return err
	})
}

// check refuses what contradicts itself.
func (p Preference) check() error {
	preferred := 0
	for _, s := range []*Setting{p.SMS, p.SoftwareToken, p.Email} {
		if s == nil || !s.Preferred {
			continue
		}
		if !s.Enabled {
			return fault.Invalidf("A preferred MFA method must be enabled.")
		}
		preferred++
	}
	if preferred > 1 {
		return fault.Invalidf("Only one MFA method can be preferred")
	}
	return nil
}

func (p Preference) apply(pool *directory.Pool, u *directory.User, has Registered) error {
	for _, one := range []struct {
		name    string
		setting *Setting
		usable  func() error
	}{
		{SMSMFA, p.SMS, func() error { return reachable(SMSMFA, pool.MFA.SMS, u.Attributes["phone_number"]) }},
		{SoftwareTokenMFA, p.SoftwareToken, func() error {
			if !has.SoftwareToken {
				return fault.Invalidf("User has not verified software token mfa")
			}
			return nil
		}},
		{EmailOTP, p.Email, func() error { return reachable(EmailOTP, pool.MFA.Email != nil, u.Attributes["email"]) }},
	} {
		switch {
		case one.setting == nil:
		case !one.setting.Enabled:
			u.MFA = without(u.MFA, one.name)
		default:
			if err := one.usable(); err != nil {
				return err
			}
			u.MFA = with(u.MFA, one.name, one.setting.Preferred)
		}
	}
	return p.applyPasskey(u, has)
}

// applyPasskey obeys that a user who lets a passkey stand for both factors has another second factor as well.
func (p Preference) applyPasskey(u *directory.User, has Registered) error {
	if p.Passkey == nil {
		return nil
	}
	if *p.Passkey {
		if has.Passkeys == 0 {
			return fault.Invalidf("User has not registered a passkey")
		}
		if len(u.MFA.Methods) == 0 {
			return fault.Invalidf("WebAuthn MFA needs at least one other MFA method.")
		}
	}
	u.MFA.Passkey = *p.Passkey
	return nil
}

// reachable says whether codes can get to a user this way.
func reachable(name string, served bool, address string) error {
	switch {
	case !served:
		return fault.Invalidf("%s is not enabled for the user pool.", name)
	case address == "":
		return fault.Invalidf("User does not have delivery config set to turn on %s", name)
	}
	return nil
}

// SetSMS is the older SetUserSettings: codes by SMS, or none.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserSettings.html
func (f *Factors) SetSMS(ctx context.Context, pool *directory.Pool, userID string, on bool) error {
	return f.SetPreference(ctx, pool, userID, Preference{SMS: &Setting{Enabled: on}})
}

func with(m directory.UserMFA, name string, preferred bool) directory.UserMFA {
	m.Methods = slices.Clone(m.Methods)
	if !slices.Contains(m.Methods, name) {
		m.Methods = append(m.Methods, name)
	}
	switch {
	case preferred:
		m.Preferred = name
	case m.Preferred == name:
		m.Preferred = ""
	}
	return m
}

func without(m directory.UserMFA, name string) directory.UserMFA {
	m.Methods = slices.DeleteFunc(slices.Clone(m.Methods), func(s string) bool { return s == name })
	if m.Preferred == name {
		m.Preferred = ""
	}
	if len(m.Methods) == 0 { // nothing is left that a passkey could stand beside
		m.Methods, m.Passkey = nil, false
	}
	return m
}
