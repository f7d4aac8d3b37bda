package csv

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/transfer"
)

var birthdate = regexp.MustCompile(`^(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/[0-9]{4}$`)

// Person reads what a line says. What is wrong with it is a fault, in words for the log.
func (l *Layout) Person(line string) (transfer.Person, error) {
	p := transfer.Person{Attributes: map[string]string{}, Status: directory.ResetRequired}
	if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
		return p, fault.Invalidf("The row is not UTF-8 text.")
	}
	values, err := split(line)
	if err != nil {
		return p, fault.Invalidf("%s", err)
	}
	if len(values) != len(l.columns) {
		return p, fault.Invalidf("The row has %d values, the header %d columns.", len(values), len(l.columns))
	}
	mfa := ""
	for i, name := range l.columns {
		switch value := values[i]; name {
		case columnUsername:
			p.Username = value
		case columnMFA:
			mfa = strings.ToLower(value)
		case columnHash:
			p.Secret.Hash = value
		default:
			if value != "" {
				p.Attributes[name] = value
			}
		}
	}
	if p.Username == "" {
		return p, fault.Invalidf("The row has no cognito:username.")
	}
	if err := l.checkAttributes(p.Attributes); err != nil {
		return p, err
	}
	if p.MFA, err = l.mfa(mfa, p.Attributes); err != nil {
		return p, err
	}
	if err := checkHash(l.algorithm, p.Secret.Hash); err != nil {
		return p, err
	}
	if p.Secret.Hash != "" || l.pool.AllowsPasswordless() {
		p.Status = directory.Confirmed
	}
	return p, nil
}

func (l *Layout) checkAttributes(given map[string]string) error {
	verified := false
	for _, name := range l.pool.AutoVerified {
		verified = verified || given[name] != "" && strings.EqualFold(given[name+"_verified"], "true")
	}
	if !verified {
		return fault.Invalidf("The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).")
	}
	var wrong []error
	for _, a := range l.pool.Schema {
		if a.Required && a.Name != "sub" && given[a.Name] == "" {
			wrong = append(wrong, schema.Required(a.Name))
		}
	}
	if value := given["birthdate"]; value != "" && !birthdate.MatchString(value) {
		return fault.Invalidf("The birthdate must have the form mm/dd/yyyy.")
	}
	return schema.Collect(wrong)
}

// mfa reads cognito:mfa_enabled, which speaks of SMS: where MFA is required it may be true or blank, where it is off false
// or blank. Whoever has no phone number cannot have it.
func (l *Layout) mfa(value string, given map[string]string) (directory.UserMFA, error) {
	mode := l.pool.MFA.Mode
	switch {
	case value != "" && value != "true" && value != "false":
		return directory.UserMFA{}, fault.Invalidf("The value of cognito:mfa_enabled must be true, false or blank.")
	case value == "true" && mode != "ON" && mode != "OPTIONAL":
		return directory.UserMFA{}, fault.Invalidf("cognito:mfa_enabled is true, but MFA is off in this user pool.")
	case value == "false" && mode == "ON":
		return directory.UserMFA{}, fault.Invalidf("cognito:mfa_enabled is false, but MFA is required in this user pool.")
	case value == "true" && l.pool.MFA.SMS && given["phone_number"] == "":
		return directory.UserMFA{}, fault.Invalidf("cognito:mfa_enabled is true, but the row has no phone_number.")
	case value == "true" && l.pool.MFA.SMS:
		return directory.UserMFA{Methods: []string{"SMS_MFA"}}, nil
	}
	return directory.UserMFA{}, nil
}

// The algorithms of a job. https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
const (
	algorithmBCrypt   = "BCRYPT"
	algorithmScrypt   = "SCRYPT"
	algorithmArgon2ID = "ARGON2ID"
	algorithmPBKDF2   = "PBKDF2_SHA256"
)

// IsAlgorithm says whether a job can have this PasswordHashingAlgorithm.
func IsAlgorithm(name string) bool {
	return slices.Contains([]string{algorithmBCrypt, algorithmScrypt, algorithmArgon2ID, algorithmPBKDF2}, name)
}

// checkHash refuses a hash of another algorithm than the job's, and one that costs more than Cognito allows.
func checkHash(algorithm, hash string) error {
	if hash == "" {
		return nil
	}
	if algorithm == "" {
		return fault.Invalidf("The row has a password_hash, but the job no PasswordHashingAlgorithm.")
	}
	s, err := password.Known(hash)
	fits := false
	switch algorithm {
	case algorithmBCrypt:
		fits = s.Name == password.BCrypt && s.Cost <= 12
	case algorithmScrypt:
		fits = s.Name == password.Scrypt && s.N <= 65536 && s.Block <= 8 && s.Lanes <= 1
	case algorithmArgon2ID:
		fits = s.Name == password.Argon2ID && s.MemoryKiB <= 19456 && s.Passes <= 2 && s.Lanes <= 1
	case algorithmPBKDF2:
		fits = s.Name == password.PBKDF2SHA256 && s.Iterations <= 600_000
	}
	if err != nil || !fits {
		return fault.Invalidf("The password_hash is not one of %s, or its parameters are out of bounds.", algorithm)
	}
	return nil
}
