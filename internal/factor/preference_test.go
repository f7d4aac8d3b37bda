package factor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

var (
	enabled   = &factor.Setting{Enabled: true}
	preferred = &factor.Setting{Enabled: true, Preferred: true}
	disabled  = &factor.Setting{}
)

// TestPreferences is the table of what a request makes of a user's second factors.
func TestPreferences(t *testing.T) {
	t.Parallel()
	both := directory.UserMFA{Methods: []string{"SMS_MFA", "EMAIL_OTP"}, Preferred: "SMS_MFA"}
	for name, c := range map[string]struct {
		before directory.UserMFA
		ask    factor.Preference
		want   directory.UserMFA
		wrong  string // the text of an Invalid
	}{
		"one on": {directory.UserMFA{}, factor.Preference{SMS: enabled}, directory.UserMFA{Methods: []string{"SMS_MFA"}}, ""},
		"one preferred": {directory.UserMFA{}, factor.Preference{Email: preferred},
			directory.UserMFA{Methods: []string{"EMAIL_OTP"}, Preferred: "EMAIL_OTP"}, ""},
		"the app": {directory.UserMFA{}, factor.Preference{SoftwareToken: preferred},
			directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}, Preferred: "SOFTWARE_TOKEN_MFA"}, ""},
		"nothing said": {both, factor.Preference{}, both, ""},
		"another preferred": {both, factor.Preference{Email: preferred},
			directory.UserMFA{Methods: []string{"SMS_MFA", "EMAIL_OTP"}, Preferred: "EMAIL_OTP"}, ""},
		"no longer preferred": {both, factor.Preference{SMS: enabled}, directory.UserMFA{Methods: []string{"SMS_MFA", "EMAIL_OTP"}}, ""},
		"the preferred one off": {both, factor.Preference{SMS: disabled},
			directory.UserMFA{Methods: []string{"EMAIL_OTP"}}, ""},
		"all off":       {both, factor.Preference{SMS: disabled, Email: disabled}, directory.UserMFA{}, ""},
		"two preferred": {both, factor.Preference{SMS: preferred, Email: preferred}, both, "Only one MFA method can be preferred"},
		"preferred but off": {both, factor.Preference{SMS: &factor.Setting{Preferred: true}}, both,
			"A preferred MFA method must be enabled."},
		"a passkey without another factor": {directory.UserMFA{}, factor.Preference{Passkey: new(true)}, directory.UserMFA{},
			"User has not registered a passkey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, allMFA)
			w.registered()
			_, err := w.dir.Users.Change(t.Context(), w.pool, w.alice.ID, func(u *directory.User) error {
				u.MFA = c.before
				u.Attributes["email"], u.Attributes["phone_number"] = "alice@example.com", "+15555550123"
				return nil
			})
			w.check(err)
			err = w.SetPreference(t.Context(), w.pool, w.alice.ID, c.ask)
			if c.wrong != "" {
				refused(t, err, fault.Invalid, "", c.wrong)
			} else {
				w.check(err)
			}
			if diff := cmp.Diff(c.want, w.now().MFA); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFactorThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	for text, ask := range map[string]factor.Preference{
		"User has not verified software token mfa":                    {SoftwareToken: enabled},
		"User does not have delivery config set to turn on SMS_MFA":   {SMS: enabled},
		"User does not have delivery config set to turn on EMAIL_OTP": {Email: preferred},
	} {
		refused(t, w.SetPreference(t.Context(), w.pool, w.alice.ID, ask), fault.Invalid, "", text)
	}
	plain := newWorld(t, directory.MFAConfig{})
	refused(t, plain.SetSMS(t.Context(), plain.pool, plain.alice.ID, true), fault.Invalid, "", "SMS_MFA is not enabled for the user pool.")
	plain.check(plain.SetSMS(t.Context(), plain.pool, plain.alice.ID, false))
}
