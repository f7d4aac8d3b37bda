package frame

import (
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/schema"
)

// AttributeInput makes the field for an attribute of the pool's schema.
func (v *Visit) AttributeInput(prefix, name string) Field {
	f := v.Input(prefix+name, v.attributeLabel(name), "")
	a, _ := v.Site.Pool.Attribute(name)
	f.Complete = completes[name]
	switch name {
	case "email":
		f.Type, f.Mode = "email", "email"
	case "phone_number":
		f.Type, f.Mode, f.Hint = "tel", "tel", v.Words.Say("hint.phone")
	case "birthdate":
		f.Type = "date"
	case "website", "picture", "profile":
		f.Type, f.Mode = "url", "url"
	default:
		if a.Type == "Number" {
			f.Mode = "decimal"
		}
	}
	return f
}

// completes are the autocomplete tokens of standard attributes.
// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill
var completes = map[string]string{
	"name": "name", "given_name": "given-name", "family_name": "family-name", "middle_name": "additional-name",
	"nickname": "nickname", "email": "email", "phone_number": "tel", "birthdate": "bday", "gender": "sex",
	"address": "street-address", "website": "url", "picture": "photo", "locale": "language",
}

// attributeLabel is what the catalogue calls an attribute; custom ones have but their own name.
func (v *Visit) attributeLabel(name string) string {
	if key := "attribute." + name; v.Words.Has(key) {
		return v.Words.Say(key)
	}
	name = strings.ReplaceAll(strings.TrimPrefix(name, "custom:"), "_", " ")
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// Attribute reads the value of an attribute's field in the form in which it is stored. One that is missing or does not
// fit the schema is a problem.
func (v *Visit) Attribute(prefix, name string) (value string, ok bool) {
	value, ok = v.Need(prefix + name)
	if !ok {
		return "", false
	}
	if name == "phone_number" {
		value = Phone(value)
	}
	if _, err := schema.Conform(v.Site.Pool.Schema, name, value); err != nil {
		v.Problem(prefix+name, v.Words.Say(unfit(name)))
		return "", false
	}
	return value, true
}

func unfit(name string) string {
	switch name {
	case "email":
		return "problem.email"
	case "phone_number":
		return "problem.phone"
	case "birthdate":
		return "problem.date"
	}
	return "problem.value"
}

// Phone takes the blanks, dots, dashes and brackets out of what is an international phone number without them.
func Phone(typed string) string {
	bare := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "", "\u00a0", "").Replace(typed)
	if directory.IsPhone(bare) {
		return bare
	}
	return typed
}
