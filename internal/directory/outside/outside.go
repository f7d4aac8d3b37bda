// Package outside is what may be done to the people of a pool in the name of an identity provider: find them by their
// exact username, say which identities they have, and take their password away. It leaves who asks, and why, to
// federation, whose interface People it satisfies.
package outside

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// People are the users of one pool.
type People struct {
	directory *directory.Directory
	pool      *directory.Pool
}

// Of gives the users of a pool.
func Of(d *directory.Directory, pool *directory.Pool) People { return People{d, pool} }

// Person finds a user by the exact username: an alias, which users choose, must not stand in for it. Fixed are the
// immutable custom attributes that the user has a value for.
func (p People) Person(ctx context.Context, username string) (id string, fixed []string, err error) {
	x, err := p.directory.Users.Find(ctx, p.pool, username)
	if err != nil {
		return "", nil, err
	}
	if x.Username != username && (!p.pool.IgnoresCase() || !strings.EqualFold(x.Username, username)) {
		return "", nil, fault.NoUser()
	}
	for _, name := range slices.Sorted(maps.Keys(x.Attributes)) {
		if a, ok := p.pool.Attribute(name); ok && !a.Mutable && strings.HasPrefix(name, "custom:") {
			fixed = append(fixed, name)
		}
	}
	return x.ID, fixed, nil
}

// ChangeIdentities replaces the identities attribute by a function of its old text; an empty text removes it.
func (p People) ChangeIdentities(ctx context.Context, id string, change func(old string) string) error {
	_, err := p.directory.Users.Change(ctx, p.pool, id, func(x *directory.User) error {
		text := change(x.Attributes["identities"])
		if text == "" {
			delete(x.Attributes, "identities")
			return nil
		}
		x.Attributes["identities"] = text
		return nil
	})
	return err
}

// ForbidPassword takes the password away. The user's state is then that of somebody who only a provider knows: no
// code can bring a password back, an administrator can.
func (p People) ForbidPassword(ctx context.Context, id string) error {
	x, err := p.directory.Users.Change(ctx, p.pool, id, func(x *directory.User) error {
		x.Status = directory.ExternalProvider
		return nil
	})
	if err != nil {
		return err
	}
	return p.directory.Passwords.Clear(ctx, p.pool, x)
}
