// Package schema says which attributes the users of a pool can have and which values fit. It owns the standard
// attributes, the rules for custom ones and the format of values. Who may write what it leaves to directory.
package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
)

// The limits of custom attributes.
const (
	maxCustom     = 50
	maxCustomName = 20
	maxCustomAdd  = 25
)

// MaxChars is how many characters any value can have.
const MaxChars = 2048

// Spec asks for an attribute of the schema. Name is the bare name: "email", or "x" for custom:x.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
type Spec struct {
	Name          string
	Type          string // "" for a standard attribute: its own type, constraints unchanged
	DeveloperOnly bool
	Mutable       *bool // nil: the standard attribute's own value, true for a custom one
	Required      bool
	Length        *Bounds // StringAttributeConstraints
	Range         *Bounds // NumberAttributeConstraints
}

// Attribute is one entry of a pool's schema. Constraint values are strings, as on the wire; empty means absent.
type Attribute struct {
	Name          string `json:"name"` // full name: email, custom:x, dev:custom:x
	Type          string `json:"type"` // String, Number, DateTime, Boolean
	DeveloperOnly bool   `json:"developer_only,omitempty"`
	Mutable       bool   `json:"mutable"`
	Required      bool   `json:"required,omitempty"`
	HasString     bool   `json:"has_string,omitempty"` // StringAttributeConstraints is present, perhaps empty
	MinLength     string `json:"min_length,omitempty"`
	MaxLength     string `json:"max_length,omitempty"`
	HasNumber     bool   `json:"has_number,omitempty"` // NumberAttributeConstraints is present, perhaps empty
	MinValue      string `json:"min_value,omitempty"`
	MaxValue      string `json:"max_value,omitempty"`
}

// Bounds are constraint values as on the wire; empty means absent.
type Bounds struct{ Min, Max string }

// standard is the schema of a new pool, in the order of DescribeUserPool.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
func standard() []Attribute {
	text := func(name, shortest, longest string) Attribute {
		return Attribute{Name: name, Type: "String", Mutable: true, HasString: true, MinLength: shortest, MaxLength: longest}
	}
	sub := text("sub", "1", "2048")
	sub.Mutable, sub.Required = false, true
	out := []Attribute{sub}
	for _, name := range []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
	} {
		out = append(out, text(name, "0", "2048"))
	}
	return append(out,
		text("email", "0", "2048"),
		Attribute{Name: "email_verified", Type: "Boolean", Mutable: true},
		text("gender", "0", "2048"),
		text("birthdate", "10", "10"),
		text("zoneinfo", "0", "2048"),
		text("locale", "0", "2048"),
		text("phone_number", "0", "2048"),
		Attribute{Name: "phone_number_verified", Type: "Boolean", Mutable: true},
		text("address", "0", "2048"),
		Attribute{Name: "updated_at", Type: "Number", Mutable: true, HasNumber: true, MinValue: "0"},
		Attribute{Name: "identities", Type: "String", Mutable: true, HasString: true},
	)
}

// Find finds an attribute by its full name.
func Find(list []Attribute, name string) (Attribute, bool) {
	i := slices.IndexFunc(list, func(a Attribute) bool { return a.Name == name })
	if i < 0 {
		return Attribute{}, false
	}
	return list[i], true
}

// custom says whether an attribute is the pool's own.
func (a Attribute) custom() bool {
	return strings.HasPrefix(a.Name, "custom:") || strings.HasPrefix(a.Name, "dev:")
}

// Build lays the specs of a new pool over the standard schema.
func Build(specs []Spec) ([]Attribute, error) {
	schema := standard()
	var own []Spec
	seen := map[string]bool{}
	for _, spec := range specs {
		i := slices.IndexFunc(schema, func(a Attribute) bool { return a.Name == spec.Name })
		if i < 0 || strings.HasSuffix(spec.Name, "_verified") || spec.Name == "identities" {
			own = append(own, spec)
			continue
		}
		if seen[spec.Name] {
			return nil, fault.Invalidf("%s: Existing attribute already has name %s.", spec.Name, spec.Name)
		}
		seen[spec.Name] = true
		changed, err := overlay(schema[i], spec)
		if err != nil {
			return nil, err
		}
		schema[i] = changed
	}
	return appendCustom(schema, own)
}

// overlay changes what may be changed of a standard attribute.
func overlay(a Attribute, spec Spec) (Attribute, error) {
	if spec.DeveloperOnly || (spec.Type != "" && spec.Type != a.Type) {
		return a, fault.Invalidf("You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute %s", a.Name)
	}
	if a.Name == "sub" {
		return a, nil // may be named, never changed
	}
	a.Required = spec.Required
	if spec.Mutable != nil {
		a.Mutable = *spec.Mutable
	}
	if spec.Type == "" {
		return a, nil // constraints count only beside a type
	}
	return constrain(a, spec)
}

// Add appends custom attributes to the schema of a living pool.
func Add(schema []Attribute, specs []Spec) ([]Attribute, error) {
	if len(specs) < 1 || len(specs) > maxCustomAdd {
		return nil, fault.Invalidf("Between 1 and %d custom attributes can be added at a time.", maxCustomAdd)
	}
	return appendCustom(slices.Clone(schema), specs)
}

func appendCustom(schema []Attribute, specs []Spec) ([]Attribute, error) {
	for _, spec := range specs {
		a, err := newCustom(spec)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(schema, func(b Attribute) bool { return b.Name == a.Name }) {
			return nil, fault.Invalidf("%s: Existing attribute already has name %s.", a.Name, a.Name)
		}
		schema = append(schema, a)
	}
	count := 0
	for _, a := range schema {
		if a.custom() {
			count++
		}
	}
	if count > maxCustom {
		return nil, fault.Invalidf("A user pool can have at most %d custom attributes.", maxCustom)
	}
	return schema, nil
}

func newCustom(spec Spec) (Attribute, error) {
	if spec.Name == "" || utf8.RuneCountInString(spec.Name) > maxCustomName {
		return Attribute{}, fault.Invalidf("A custom attribute name must have 1 to %d characters.", maxCustomName)
	}
	switch spec.Type {
	case "String", "Number", "DateTime", "Boolean":
	default:
		return Attribute{}, fault.Invalidf("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	}
	if spec.Required {
		return Attribute{}, fault.Invalidf("Required custom attributes are not supported currently.")
	}
	a := Attribute{
		Name: "custom:" + spec.Name, Type: spec.Type, DeveloperOnly: spec.DeveloperOnly,
		Mutable: spec.Mutable == nil || *spec.Mutable,
	}
	if spec.DeveloperOnly {
		a.Name = "dev:" + a.Name
	}
	return constrain(a, spec)
}

// constrain takes over the constraints that fit the attribute's type.
func constrain(a Attribute, spec Spec) (Attribute, error) {
	switch a.Type {
	case "String":
		a.HasString = true
		if spec.Length == nil {
			return a, nil
		}
		shortest, err1 := bound(a.Name, "StringMinLength", spec.Length.Min)
		longest, err2 := bound(a.Name, "StringMaxLength", spec.Length.Max)
		switch {
		case err1 != nil || err2 != nil:
			return a, cmp.Or(err1, err2)
		case shortest > MaxChars || longest > MaxChars:
			return a, fault.Invalidf("user.%s: String attributes cannot have a length of more than %d", a.Name, MaxChars)
		case spec.Length.Max != "" && shortest > longest:
			return a, fault.Invalidf("user.%s: Max length cannot be less than min length.", a.Name)
		}
		a.MinLength, a.MaxLength = spec.Length.Min, spec.Length.Max
	case "Number":
		a.HasNumber = true
		if spec.Range == nil {
			return a, nil
		}
		least, err1 := bound(a.Name, "NumberMinValue", spec.Range.Min)
		most, err2 := bound(a.Name, "NumberMaxValue", spec.Range.Max)
		switch {
		case err1 != nil || err2 != nil:
			return a, cmp.Or(err1, err2)
		case spec.Range.Max != "" && spec.Range.Min != "" && least > most:
			return a, fault.Invalidf("user.%s: Max value cannot be less than min value.", a.Name)
		}
		a.MinValue, a.MaxValue = spec.Range.Min, spec.Range.Max
	}
	return a, nil
}

// bound reads a constraint value. Lengths cannot be negative; values of numbers can.
func bound(name, which, value string) (int64, error) {
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || (n < 0 && strings.HasPrefix(which, "String")) {
		return 0, fault.Invalidf("Invalid %s for schema attribute %s", which, name)
	}
	return n, nil
}
