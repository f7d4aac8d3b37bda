package authorize

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
)

// Offers reports whether a client lets people sign in with a provider. A client that names none offers the pool itself.
func Offers(c *directory.Client, provider string) bool {
	if len(c.IdentityProviders) == 0 {
		return provider == Local
	}
	return slices.Contains(c.IdentityProviders, provider)
}

// Outside lists the outside identity providers that a client lets people sign in with, in its order.
func Outside(c *directory.Client) []string {
	return slices.DeleteFunc(slices.Clone(c.IdentityProviders), func(name string) bool { return name == Local })
}

// readProvider finds the identity provider that the request names, or that has the identifier which it names.
func (s *Requests) readProvider(ctx context.Context, r *Request) error {
	if r.Provider = r.one("identity_provider"); r.Provider != "" {
		if !Offers(r.Client, r.Provider) {
			return r.Refuse(InvalidRequest, "the client has no such identity provider")
		}
		return nil
	}
	identifier := r.one("idp_identifier")
	if identifier == "" {
		return nil
	}
	name, err := s.NameOf(ctx, r.Client, identifier)
	if err != nil {
		return err
	}
	if name == "" {
		return r.Refuse(InvalidRequest, "there is no identity provider of this identifier")
	}
	r.Provider = name
	return nil
}

// NameOf is the name of the provider of a client that has an identifier; empty: none has.
func (s *Requests) NameOf(ctx context.Context, c *directory.Client, identifier string) (string, error) {
	if s.parts.Providers == nil || len(Outside(c)) == 0 || len(identifier) > maxIdentifier {
		return "", nil
	}
	name, err := s.parts.Providers.NameOf(ctx, c.PoolID, identifier)
	if err != nil {
		return "", fmt.Errorf("find provider by identifier: %w", err)
	}
	if name == "" || !Offers(c, name) {
		return "", nil
	}
	return name, nil
}

// maxIdentifier is how many bytes an identifier can have: 40 characters.
const maxIdentifier = 160

// Abroad is the outside provider where somebody goes without being asked: the one that the request names, or the only one
// that the client has. Empty: there is a choice, or the pool itself asks.
func (r *Request) Abroad() string {
	switch outside := Outside(r.Client); {
	case r.Provider == Local:
		return ""
	case r.Provider != "":
		return r.Provider
	case len(outside) == 1 && !Offers(r.Client, Local):
		return outside[0]
	}
	return ""
}
