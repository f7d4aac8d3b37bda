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
		return "", offSchema(name, "Attribute does not exist in the schema.")
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
		return "", offSchema(name, "String must have at most %d characters", MaxChars)
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
		return offSchema(a.Name, "String must have at most %d characters", most)
	}
	return nil
}

const offSchemaPrefix = "Attributes did not conform to the schema: "

// offSchema is a value that does not fit; Collect joins several.
func offSchema(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "", offSchemaPrefix+name+": "+fmt.Sprintf(format, args...))
}

// Required is the fault of a required attribute without a value.
func Required(name string) error { return offSchema(name, "The attribute is required") }

// Collect joins the faults of several attributes into Cognito's one message, a line each.
func Collect(errs []error) error {
	var lines []string
	for _, err := range errs {
		f := fault.As(err)
		rest, ok := strings.CutPrefix(f.Text, offSchemaPrefix)
		if !ok {
			return err // a format fault stands alone
		}
		lines = append(lines, rest)
	}
	if len(lines) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "", offSchemaPrefix+strings.Join(lines, "\n"))
}
