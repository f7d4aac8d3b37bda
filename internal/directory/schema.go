package directory

import "cognate.dev/cognate/internal/directory/schema"

// The schema's own words; package schema has the rules.
type (
	Attribute     = schema.Attribute
	AttributeSpec = schema.Spec
	Bounds        = schema.Bounds
)

// Attribute finds an attribute of the pool's schema by its full name.
func (p *Pool) Attribute(name string) (Attribute, bool) { return schema.Find(p.Schema, name) }

// IsEmail says whether a string has the form of an email address.
func IsEmail(s string) bool { return schema.IsEmail(s) }

// IsPhone says whether a string has the form of an international phone number.
func IsPhone(s string) bool { return schema.IsPhone(s) }
