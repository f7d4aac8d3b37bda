package authorize

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
)

// ScopeSource knows the custom scopes of pools, which are named IDENTIFIER/SCOPE after their resource server.
type ScopeSource interface {
	// Known gives those of some custom scopes that exist in a pool, in their order.
	Known(ctx context.Context, poolID string, scopes []string) ([]string, error)
}

// Scopes decides what a client gets of the scopes it asks for. RFC 6749 section 3.3.
type Scopes struct{ parts Parts }

// Person gives the scopes of a grant for a user: all of the client's own when it asked for none, else what it asked for,
// each once. ok is false when it asked for one that it may not have or that does not exist, or when nothing is left.
// Scopes whose resource server was deleted vanish from what a client has.
func (s *Scopes) Person(ctx context.Context, c *directory.Client, asked string) (granted []string, ok bool, err error) {
	names := words(asked)
	if len(names) == 0 {
		granted, err = s.existing(ctx, c.PoolID, c.OAuthScopes)
		return granted, len(granted) > 0, err
	}
	for _, name := range names {
		if !slices.Contains(c.OAuthScopes, name) {
			return nil, false, nil
		}
	}
	granted, err = s.existing(ctx, c.PoolID, names)
	return granted, len(granted) == len(names), err
}

// Machine gives the scopes of a token for the client itself: custom ones only. A scope that exists and is not the
// client's is invalid_grant, one that does not exist invalid_scope.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
func (s *Scopes) Machine(ctx context.Context, c *directory.Client, asked string) ([]string, *Refusal, error) {
	names := words(asked)
	all := len(names) == 0
	if all {
		names = c.OAuthScopes
	}
	granted, err := s.custom(ctx, c.PoolID, names)
	switch {
	case err != nil:
		return nil, nil, err
	case len(granted) == 0, !all && len(granted) < len(names):
		return nil, Refuse(InvalidScope, ""), nil
	}
	for _, name := range granted {
		if !slices.Contains(c.OAuthScopes, name) {
			return nil, Refuse(InvalidGrant, ""), nil
		}
	}
	return granted, nil, nil
}

// existing keeps the scopes that exist.
func (s *Scopes) existing(ctx context.Context, poolID string, names []string) ([]string, error) {
	custom, err := s.custom(ctx, poolID, names)
	if err != nil {
		return nil, err
	}
	var kept []string
	for _, name := range names {
		if standard(name) || slices.Contains(custom, name) {
			kept = append(kept, name)
		}
	}
	return kept, nil
}

// custom keeps the custom scopes that exist.
func (s *Scopes) custom(ctx context.Context, poolID string, names []string) ([]string, error) {
	var custom []string
	for _, name := range names {
		if !standard(name) {
			custom = append(custom, name)
		}
	}
	if len(custom) == 0 || s.parts.Scopes == nil {
		return nil, nil
	}
	known, err := s.parts.Scopes.Known(ctx, poolID, custom)
	if err != nil {
		return nil, fmt.Errorf("look up scopes: %w", err)
	}
	return known, nil
}

// standard says whether every pool has the scope.
func standard(name string) bool { return slices.Contains(StandardScopes(), name) }

// StandardScopes are the scopes that every pool has.
func StandardScopes() []string {
	return []string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}
}

// words splits a list of scopes, each once, in their order.
func words(text string) []string {
	var list []string
	for _, word := range strings.Fields(text) {
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}
