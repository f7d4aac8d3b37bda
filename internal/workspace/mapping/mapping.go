// Package mapping turns what an outside provider has said into an authentication context: it reads claims by path, types
// them, and writes them where a schema has room. It is pure: it calls nobody, keeps nothing, and knows no workspace.
package mapping

import (
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
)

// Type is the type of an attribute, by Cloudentity's names.
type Type string

// The types.
const (
	Number  Type = "number"
	Text    Type = "string"
	Bool    Type = "bool"
	Object  Type = "object"
	Numbers Type = "number_array"
	Texts   Type = "string_array"
	Bools   Type = "bool_array"
	Objects Type = "object_array"
	Any     Type = "any"
)

// Types lists them all.
func Types() []Type { return []Type{Number, Text, Bool, Object, Numbers, Texts, Bools, Objects, Any} }

// element is the type of the elements of a list; empty: it is no list.
func (t Type) element() Type {
	switch t {
	case Numbers:
		return Number
	case Texts:
		return Text
	case Bools:
		return Bool
	case Objects:
		return Object
	}
	return ""
}

// Attribute is one that a provider tells, or one of an authentication context.
type Attribute struct {
	// Name is the path of a claim (see Parse) where the attribute is a provider's, and a plain name in a context.
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"` // what people call it
	Type        Type     `json:"type"`
	Labels      []string `json:"labels,omitempty"`
	Source      Source   `json:"source,omitempty"` // of a provider's; nothing in a context
}

// Source is where a provider says something.
type Source string

// The sources, in the order in which a path that names none is looked for.
const (
	IDToken     Source = "id_token"
	UserInfo    Source = "userinfo"
	AccessToken Source = "access_token"
	SAML        Source = "saml"
)

// Sources lists them all, in that order.
func Sources() []Source { return []Source{IDToken, UserInfo, AccessToken, SAML} }

// The modes of mappings.
const (
	Dynamic = "dynamic"
	Static  = "static"
)

// Mapping writes something that a provider has told, or a fixed value, into the context.
type Mapping struct {
	// Source is the path of an attribute, behind the name of a source or alone; "." is everything that is known.
	Source string `json:"source,omitempty"`
	// Target is a path in the context; "." spreads an object at its top.
	Target string `json:"target"`
	Type   Type   `json:"type,omitempty"` // of what is written; empty: the target's
	Mode   string `json:"mode,omitempty"` // dynamic (also when empty) or static
	Static any    `json:"static,omitempty"`
	Weak   bool   `json:"allow_weak_decoding,omitempty"`
}

const (
	maxAttributes = 300
	maxMappings   = 300
	maxName       = 300
)

// CheckSchema refuses a schema of contexts that cannot be one.
func CheckSchema(schema []Attribute) error {
	if len(schema) > maxAttributes {
		return fault.Invalidf("An authentication context can have at most %d attributes.", maxAttributes)
	}
	seen := map[string]bool{}
	for _, a := range schema {
		switch {
		case a.Name == "" || len(a.Name) > maxName || strings.ContainsAny(a.Name, ".[]\\\x00"):
			return fault.Invalidf("authentication_context_settings: %q is no name of an attribute.", a.Name)
		case seen[a.Name]:
			return fault.Invalidf("authentication_context_settings: the attribute %s is there twice.", a.Name)
		case !slices.Contains(Types(), a.Type):
			return fault.Invalidf("authentication_context_settings: the attribute %s has no known type.", a.Name)
		case a.Source != "":
			return fault.Invalidf("authentication_context_settings: the attribute %s names a source; only those of connections do.", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

// CheckAttributes refuses attributes of a connection that cannot be found. Those without a source are given one.
func CheckAttributes(list []Attribute, usual Source) error {
	if len(list) > maxAttributes {
		return fault.Invalidf("A connection can have at most %d attributes.", maxAttributes)
	}
	seen := map[string]bool{}
	for i := range list {
		a := &list[i]
		if a.Source == "" {
			a.Source = usual
		}
		path, err := Parse(a.Name)
		key := string(a.Source) + " " + a.Name
		switch {
		case err != nil:
			return fault.Invalidf("attributes: %q: %v.", a.Name, err)
		case path.whole():
			return fault.Invalidf("attributes: an attribute needs a name.")
		case !slices.Contains(Sources(), a.Source):
			return fault.Invalidf("attributes: %s: the source %q is not known.", a.Name, a.Source)
		case !slices.Contains(Types(), a.Type):
			return fault.Invalidf("attributes: %s has no known type.", a.Name)
		case seen[key]:
			return fault.Invalidf("attributes: %s of %s is there twice.", a.Name, a.Source)
		}
		seen[key] = true
	}
	return nil
}

// CheckMappings refuses mappings that could never write anything into a context of a schema.
func CheckMappings(list []Mapping, schema []Attribute) error {
	if len(list) > maxMappings {
		return fault.Invalidf("A connection can have at most %d mappings.", maxMappings)
	}
	for _, m := range list {
		if err := m.check(schema); err != nil {
			return fault.Invalidf("mappings: to %q: %v.", m.Target, err)
		}
	}
	return nil
}

func (m Mapping) check(schema []Attribute) error {
	target, err := Parse(m.Target)
	switch {
	case m.Target == "":
		return errNoTarget
	case err != nil:
		return err
	case target.indexed():
		return errIndexed
	case !target.whole() && find(schema, target.Root()) == nil:
		return fmt.Errorf("the authentication context has no attribute %s", target.Root())
	case m.Type != "" && !slices.Contains(Types(), m.Type):
		return fmt.Errorf("%q is no type", m.Type)
	}
	switch m.Mode {
	case Static:
		if m.Source != "" {
			return errBoth
		}
		_, err = m.decode(plain(m.Static), m.want(target, schema))
	case Dynamic, "":
		if m.Source == "" || m.Static != nil {
			return errNoSource
		}
		_, err = Parse(m.Source)
	default:
		err = fmt.Errorf("the mode %q is not known", m.Mode)
	}
	return err
}

// want is the type in which a mapping writes.
func (m Mapping) want(target Path, schema []Attribute) Type {
	switch {
	case m.Type != "":
		return m.Type
	case target.whole():
		return Object
	case len(target.steps) > 1: // inside of an object
		return Any
	}
	if a := find(schema, target.Root()); a != nil {
		return a.Type
	}
	return Any
}

func find(schema []Attribute, name string) *Attribute {
	for i := range schema {
		if schema[i].Name == name {
			return &schema[i]
		}
	}
	return nil
}
