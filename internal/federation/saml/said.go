package saml

import (
	"time"

	"github.com/crewjam/saml"

	"cognate.dev/cognate/internal/federation"
)

// said is what an assertion says, as a connection reads it: attributes by their names, several values as a list.
func said(a *saml.Assertion) *federation.Said {
	claims := map[string]any{"NameID": a.Subject.NameID.Value}
	for name, values := range attributes(a) {
		if len(values) == 1 {
			claims[name] = values[0]
			continue
		}
		list := make([]any, len(values))
		for i, value := range values {
			list[i] = value
		}
		claims[name] = list
	}
	return &federation.Said{SAML: claims}
}

// attributes are the values of an assertion by the names of attributes, without empty ones. Of two of a name the last counts.
func attributes(a *saml.Assertion) map[string][]string {
	found := map[string][]string{}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			var values []string
			for _, v := range attribute.Values {
				if v.Value != "" {
					values = append(values, v.Value)
				}
			}
			if attribute.Name != "" && len(values) > 0 {
				found[attribute.Name] = values
			}
		}
	}
	return found
}

// seen is when the provider has seen the person; zero: it does not say.
func seen(a *saml.Assertion) time.Time {
	for _, s := range a.AuthnStatements {
		if !s.AuthnInstant.IsZero() {
			return s.AuthnInstant.UTC()
		}
	}
	return time.Time{}
}

// contextClass is the authentication context class of an assertion.
func contextClass(a *saml.Assertion) string {
	for _, s := range a.AuthnStatements {
		if ref := s.AuthnContext.AuthnContextClassRef; ref != nil && ref.Value != "" {
			return ref.Value
		}
	}
	return ""
}
