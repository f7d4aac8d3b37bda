package authorize

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// ScopeSource knows the scopes of pools; *directory.ResourceServers does. Custom scopes are named IDENTIFIER/SCOPE.
type ScopeSource interface {
	// Live gives those of some scopes that exist now, in their order. Those that every pool has always do.
	Live(ctx context.Context, poolID string, scopes []string) ([]string, error)
}

// WorkspaceScopes knows the scopes of workspaces; *workspace.Workspaces does.
type WorkspaceScopes interface {
	ScopeSource
	// Implicit gives those of a client's scopes that it gets when it asks for none.
	Implicit(ctx context.Context, workspaceID string, scopes []string) ([]string, error)
}

// Scopes decides what a client gets of the scopes it asks for. RFC 6749 section 3.3.
type Scopes struct{ parts Parts }

// Person gives the scopes of a grant for a user: all of the client's own when it asked for none, else what it asked for,
// each once. ok is false when it asked for one that it may not have or that does not exist, or when nothing is left.
// Scopes whose resource server was deleted vanish from what a client has.
func (s *Scopes) Person(ctx context.Context, c *directory.Client, asked string) (granted []string, ok bool, err error) {
	names := words(asked)
	if len(names) == 0 {
		own := c.OAuthScopes
		if c.Workspace != "" && s.parts.Workspaces != nil {
			if own, err = s.parts.Workspaces.Implicit(ctx, c.Workspace, own); err != nil {
				return nil, false, fmt.Errorf("look up implicit scopes: %w", err)
			}
		}
		granted, err = s.liveOf(ctx, c, own)
		return granted, len(granted) > 0, err
	}
	for _, name := range names {
		if !slices.Contains(c.OAuthScopes, name) {
			return nil, false, nil
		}
	}
	granted, err = s.liveOf(ctx, c, names)
	return granted, len(granted) == len(names), err
}

// Machine gives the scopes of a token for the client itself: custom ones only. A scope that exists and is not the
// client's is invalid_grant, one that does not exist invalid_scope.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
func (s *Scopes) Machine(ctx context.Context, c *directory.Client, asked string) ([]string, *Refusal, error) {
	if strings.ContainsFunc(asked, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, Refuse(InvalidScope, ""), nil // no scope has such a name, and not every database takes it
	}
	names := words(asked)
	all := len(names) == 0
	if all {
		names = c.OAuthScopes
	}
	custom := slices.DeleteFunc(slices.Clone(names), personal)
	granted, err := s.liveOf(ctx, c, custom)
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

// liveOf keeps the scopes that exist for a client: its workspace's, or its pool's.
func (s *Scopes) liveOf(ctx context.Context, c *directory.Client, names []string) ([]string, error) {
	switch {
	case c.Workspace == "":
		return s.live(ctx, c.PoolID, names)
	case s.parts.Workspaces == nil:
		return nil, nil
	}
	kept, err := s.parts.Workspaces.Live(ctx, c.Workspace, names)
	if err != nil {
		return nil, fmt.Errorf("look up scopes of workspace: %w", err)
	}
	return kept, nil
}

// live keeps the scopes that exist.
func (s *Scopes) live(ctx context.Context, poolID string, names []string) ([]string, error) {
	kept, err := s.parts.Scopes.Live(ctx, poolID, names)
	if err != nil {
		return nil, fmt.Errorf("look up scopes: %w", err)
	}
	return kept, nil
}

// personal says whether a scope is about a user; a client that acts for itself has nothing to do with it.
func personal(name string) bool {
	switch name {
	case "openid", "email", "phone", "profile", token.AdminScope:
		return true
	}
	return false
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
