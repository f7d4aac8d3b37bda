package schema

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
)

// The formats that Cognito checks. Phone numbers are E.164; an email address has one @, no blanks and nothing that
// would end it in a header or a list of addresses.
var (
	emailFormat  = regexp.MustCompile(`^[^\s\p{Z}\p{C}@<>,;"]+@[^\s\p{Z}\p{C}@<>,;"]+$`)
	numberFormat = regexp.MustCompile(`^[+-]?[0-9]{1,64}(\.[0-9]{1,64})?$`)
	phoneFormat  = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
)

// IsEmail says whether a string has the form of an email address.
func IsEmail(s string) bool {
	return len(s) <= MaxChars && utf8.ValidString(s) && emailFormat.MatchString(s)
}

// IsPhone says whether a string has the form of an international phone number.
func IsPhone(s string) bool { return phoneFormat.MatchString(s) }

// Conform checks a value against a schema and returns it in the form that is stored.
func Conform(list []Attribute, name, value string) (string, error) {
	a, ok := Find(list, name)
	if !ok {
		return "", Unknown(name)
	}
	switch name {
	case "email":
		if !IsEmail(value) {
			return "", fault.Invalidf("Invalid email address format.")
		}
	case "phone_number":
		if !IsPhone(value) {
			return "", fault.Invalidf("Invalid phone number format.")
		}
	}
	if utf8.RuneCountInString(value) > MaxChars {
		return "", tooLong(name, MaxChars)
	}
	switch a.Type {
	case "Boolean":
		return conformBoolean(a, value)
	case "Number":
		return value, conformNumber(a, value)
	case "DateTime":
		return value, conformTime(a, value)
	}
	return value, conformLength(a, value)
}

// conformBoolean accepts any case, as Cognito does, and stores lower case.
func conformBoolean(a Attribute, value string) (string, error) {
	if value = strings.ToLower(value); value == "true" || value == "false" {
		return value, nil
	}
	return "", offSchema(a.Name, "Value must be true or false")
}

func conformNumber(a Attribute, value string) error {
	// An exponent or a base would let a short text stand for a number that fills the memory.
	if !numberFormat.MatchString(value) {
		return offSchema(a.Name, "Value is not a number")
	}
	n, _ := new(big.Rat).SetString(value)
	if least, ok := new(big.Rat).SetString(a.MinValue); ok && n.Cmp(least) < 0 {
		return offSchema(a.Name, "Value must be at least %s", a.MinValue)
	}
	if most, ok := new(big.Rat).SetString(a.MaxValue); ok && n.Cmp(most) > 0 {
		return offSchema(a.Name, "Value must be at most %s", a.MaxValue)
	}
	return nil
}

// conformTime accepts a date, a date with a time, or seconds since 1970.
func conformTime(a Attribute, value string) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05"} {
		if _, err := time.Parse(layout, value); err == nil {
			return nil
		}
	}
	if _, err := strconv.ParseInt(value, 10, 64); err == nil {
		return nil
	}
	return offSchema(a.Name, "Value is not a date or a time")
}

func conformLength(a Attribute, value string) error {
	length := utf8.RuneCountInString(value)
	if least, err := strconv.Atoi(a.MinLength); err == nil && length < least {
		return offSchema(a.Name, "String must have at least %d characters", least)
	}
	if most, err := strconv.Atoi(a.MaxLength); err == nil && length > most {
		return tooLong(a.Name, most)
	}
	return nil
}

func tooLong(name string, most int) error {
	return offSchema(name, "String must be no longer than %d characters", most)
}

const offSchemaPrefix = "Attributes did not conform to the schema: "

// offSchema is a value that does not fit; Collect joins several.
func offSchema(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "", offSchemaPrefix+name+": "+fmt.Sprintf(format, args...))
}

// paths are the standard attributes that Cognito calls by their names in SCIM (RFC 7643 section 4.1) where it misses them.
var paths = map[string]string{
	"name": "name.formatted", "given_name": "name.givenName", "family_name": "name.familyName", "middle_name": "name.middleName",
	"email": "emails", "phone_number": "phoneNumbers",
}

func path(name string) string {
	if p := paths[name]; p != "" {
		return p
	}
	if bare, ok := strings.CutPrefix(name, "custom:"); ok {
		return "Custom.User." + bare
	}
	return name
}

// Required is the fault of a required attribute without a value.
func Required(name string) error {
	return offSchema(path(name), "The attribute %s is required", path(name))
}

// Collect joins the faults of several attributes into Cognito's one message.
func Collect(errs []error) error {
	return collect(errs, func(all []string) string { return offSchemaPrefix + strings.Join(all, ", ") })
}

// CollectChanges is Collect for attributes of somebody who is there: each has a line.
func CollectChanges(errs []error) error {
	return collect(errs, func(all []string) string { return "user." + strings.Join(all, "\nuser.") + "\n" })
}

func collect(errs []error, join func([]string) string) error {
	var all []string
	for _, err := range errs {
		rest, ok := strings.CutPrefix(fault.As(err).Text, offSchemaPrefix)
		if !ok {
			return err // a format fault stands alone
		}
		all = append(all, rest)
	}
	if len(all) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "", join(all))
}

// Unknown is the fault of an attribute that the schema does not have, Fixed of one that never changes.
func Unknown(name string) error { return offSchema(name, "Attribute does not exist in the schema.") }
func Fixed(name string) error   { return offSchema(name, "Attribute cannot be updated.") }

// CheckRemoval refuses to take away an attribute that the schema does not have, or whose value has to stay.
func CheckRemoval(list []Attribute, name string) error {
	a, ok := Find(list, name)
	switch {
	case !ok:
		return fault.Invalidf("Invalid user attributes: Type for attribute {%s} could not be determined", name)
	case a.Required:
		return fault.Invalidf("Invalid user attributes: %s: The attribute %s is required", path(name), path(name))
	case !a.Mutable:
		return fault.Invalidf("Invalid user attributes: %s: This attribute does not satisfy the mutability validation defined in the schema.", path(name))
	}
	return nil
}
