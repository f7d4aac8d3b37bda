package frame

import (
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
)

// Problems is what is wrong with the last attempt: with a field, or with the whole (an empty name).
type Problems struct{ list []problem }

type problem struct{ field, text string }

func (p *Problems) of(field string) string {
	for _, one := range p.list {
		if one.field == field {
			return one.text
		}
	}
	return ""
}

func (p *Problems) first() string {
	for _, one := range p.list {
		if one.field != "" {
			return one.field
		}
	}
	return ""
}

// Problem adds one, in words for the person.
func (v *Visit) Problem(field, text string) {
	v.Problems.list = append(v.Problems.list, problem{field, text})
}

// Trouble adds one with the whole, by its key.
func (v *Visit) Trouble(key string) { v.Problem("", v.Words.Say(key)) }

// Clear reports whether there is no problem.
func (v *Visit) Clear() bool { return len(v.Problems.list) == 0 }

// texts names what the rooms say to everybody alike in one kind of fault.
var texts = map[string]string{
	"Incorrect username or password.":                                                    "problem.credentials",
	"Password attempts exceeded":                                                         "problem.locked",
	"User is disabled.":                                                                  "problem.disabled",
	"Invalid feedback token.":                                                            "problem.feedback",
	"Unable to login because of security reasons.":                                       "problem.risk",
	"Provided password cannot be used for security reasons.":                             "problem.password.stolen",
	"Temporary password has expired and must be reset by an administrator.":              "problem.temporary",
	"SignUp is not permitted for this user pool":                                         "problem.nosignup",
	"Contact administrator to reset password.":                                           "problem.noreset",
	"Invalid session for the user.":                                                      "problem.session",
	"Invalid session for the user, session is expired.":                                  "problem.session",
	"Invalid session for the user, session can only be used once.":                       "problem.session",
	"Your software token has already been used once.":                                    "problem.code.used",
	"A client attempted to write unauthorized attribute":                                 "problem.refused",
	"The selected MFA method is not available for the user.":                             "problem.factor",
	"User does not have delivery config set to turn on MFA":                              "problem.nofactor",
	"User does not have delivery config set to turn on SMS_MFA":                          "problem.nofactor",
	"User does not have delivery config set to turn on EMAIL_OTP":                        "problem.nofactor",
	"preferred_username cannot be set before the user is confirmed.":                     "problem.refused",
	"Username should be an email.":                                                       "problem.email",
	"Username should be a phone number.":                                                 "problem.phone",
	"Username should be either an email or a phone number.":                              "problem.emailorphone",
	"Username must have 1 to 128 characters and no spaces.":                              "problem.username",
	"Username cannot be of email format, since user pool is configured for email alias.": "problem.username",
}

// fieldOf is where a text belongs, for those that concern one field.
var fieldOf = map[string]string{
	"problem.email": "username", "problem.phone": "username", "problem.emailorphone": "username", "problem.username": "username",
	"problem.code.used": "code", "problem.password.stolen": "password",
}

// Blame turns a fault into a problem on the page. Any other error stays one.
func (v *Visit) Blame(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		return err
	}
	v.wrong = err
	audit.Note(v.Context(), func(rec *audit.Record) {
		rec.Outcome = string(f.Kind)
		if f.Kind == fault.Throttled {
			rec.Operation = "" // it was not tried
		}
	})
	field, key := placeOf(f)
	if key == "" {
		v.Problem("", f.Text) // of a trigger, or of a rule that only administrators meet: in its own words
	} else {
		v.Problem(field, v.Words.Say(key))
	}
	v.Status = http.StatusBadRequest
	switch f.Kind {
	case fault.Limited, fault.Throttled, fault.TooManyTries:
		v.Status = http.StatusTooManyRequests
	case fault.Unavailable:
		v.Status = http.StatusServiceUnavailable
	}
	return nil
}

func placeOf(f *fault.Fault) (field, key string) {
	switch f.Subject {
	case fault.Lambda, fault.LambdaResponse, fault.LambdaError:
		return "", ""
	}
	if key := texts[f.Text]; key != "" {
		return fieldOf[key], key
	}
	switch f.Kind {
	case fault.Mismatch:
		return "code", "problem.code"
	case fault.Expired:
		return "code", "problem.code.dead"
	case fault.Limited, fault.TooManyTries, fault.Throttled:
		return "", "problem.limit"
	case fault.Undelivered:
		return "", "problem.undelivered"
	case fault.Unavailable:
		return "", "problem.unavailable"
	case fault.Exists:
		if f.Subject == fault.Username {
			return "username", "problem.exists"
		}
		return "", "problem.alias"
	case fault.Missing:
		if f.Subject == fault.User {
			return "", "problem.credentials"
		}
	case fault.Invalid:
		switch f.Subject {
		case fault.Password:
			return "password", "problem.password"
		case fault.PasswordHistory:
			return "password", "problem.password.before"
		}
	}
	return "", ""
}
