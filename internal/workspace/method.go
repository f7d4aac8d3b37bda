package workspace

import (
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Template is a method of connections: what is set for it, and what it starts with.
type Template struct {
	Method      string
	Title       string
	Fields      []string // of Settings, by their names on the wire
	Required    []string
	Credentials []string // names of secrets
	Secret      bool     // a client secret is needed, unless the authentication method is none
	Attributes  []mapping.Attribute
	Mappings    []mapping.Mapping
	Scopes      []string       // when none are given
	From        mapping.Source // of attributes that name no source; empty: ID tokens, or SAML
	// Provider is what federation speaks to. It may refuse settings.
	Provider func(c *Connection) (*federation.Provider, error)
}

// Source is where the method's attributes come from, unless they say.
func (t Template) Source() mapping.Source {
	if t.From != "" {
		return t.From
	}
	if t.Method == "saml" || t.Method == "saml_v2" {
		return mapping.SAML
	}
	return mapping.IDToken
}

// issuer is who says whom subjects name at a connection, as far as its settings tell: a document that is not read here is known by where it
// stands, and what makes no provider has an issuer of its own.
func (t Template) issuer(c *Connection) string {
	p, err := t.Provider(c)
	if err != nil {
		return "unknown"
	}
	if issuer := p.Issuer(); issuer != "" {
		return issuer
	}
	return p.Details["MetadataURL"]
}

// check refuses settings that the method does not have or cannot do without.
func (t Template) check(c *Connection) error {
	given := c.Settings.fields()
	for _, name := range given {
		if !slices.Contains(t.Fields, name) {
			return fault.Invalidf("settings: a connection of the method %s has no %s.", t.Method, name)
		}
	}
	for _, name := range t.Required {
		if !slices.Contains(given, name) {
			return fault.Invalidf("settings: %s is missing.", name)
		}
	}
	for name := range c.Credentials {
		if !slices.Contains(t.Credentials, name) {
			return fault.Invalidf("credentials: a connection of the method %s has no %s.", t.Method, name)
		}
	}
	method := c.Settings.AuthenticationMethod
	if method != "" && !slices.Contains([]string{"client_secret", "client_secret_basic", "client_secret_post", "none"}, method) {
		return fault.Invalidf("settings: authentication_method must be client_secret, client_secret_basic, client_secret_post or none.")
	}
	if t.Secret && method != "none" && c.Credentials["client_secret"] == "" {
		return fault.Invalidf("credentials: client_secret is missing.")
	}
	_, err := t.Provider(c)
	return err
}
