package authorize

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
)

// Scopes decides what a client gets of the scopes it asked for: all of its own when it named none, else what it named,
// each once. ok is false when it named one that it may not have. RFC 6749 section 3.3.
func Scopes(c *directory.Client, asked string) (granted []string, ok bool) {
	names := strings.Fields(asked)
	if len(names) == 0 {
		return slices.Clone(c.OAuthScopes), len(c.OAuthScopes) > 0
	}
	for _, name := range names {
		if !slices.Contains(c.OAuthScopes, name) {
			return nil, false
		}
		if !slices.Contains(granted, name) {
			granted = append(granted, name)
		}
	}
	return granted, true
}
