package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
)

// Users creates, finds, changes and deletes the users of pools.
type Users struct {
	store     UserStore
	providers ProviderStore // nil: no pool has any
	changes   Changes
	tokens    *cursor.Codec
	now       clock.Clock
}

// Writer says on whose behalf an attribute is written: rules differ.
type Writer string

// The writers. The system may write everything but the schema's types; it is how triggers and providers write.
const (
	ByClient Writer = "client"
	ByAdmin  Writer = "admin"
	BySystem Writer = "system"
)

// Find finds a user by username, sub or an active alias. Nobody there is fault.NoUser.
func (u *Users) Find(ctx context.Context, pool *Pool, login string) (*User, error) {
	return u.store.FindUser(ctx, pool.ID, login, pool.Fold(login))
}

// Get finds a user by sub.
func (u *Users) Get(ctx context.Context, poolID, sub string) (*User, error) {
	return u.store.User(ctx, poolID, sub)
}

// Change changes a user by a function of the old value: every other write here is made of it. A name that would then
// belong to two users is a fault Exists. Change may run more than once.
func (u *Users) Change(ctx context.Context, pool *Pool, id string, change func(*User) error) (*User, error) {
	return u.write(ctx, pool, id, false, change)
}

// ChangeForcing is Change, but a verified email or phone number that the change gives to this user is taken from whoever
// had it: ForceAliasCreation, and what an administrator verifies.
func (u *Users) ChangeForcing(ctx context.Context, pool *Pool, id string, change func(*User) error) (*User, error) {
	return u.write(ctx, pool, id, true, change)
}

func (u *Users) write(ctx context.Context, pool *Pool, id string, force bool, change func(*User) error) (*User, error) {
	var changed *User
	err := u.store.InTx(ctx, func(ctx context.Context) (err error) {
		changed, err = u.store.UpdateUser(ctx, pool.ID, id, func(x *User) (Keys, error) {
			before := keysOf(pool, x)
			if err := change(x); err != nil {
				return Keys{}, err
			}
			x.ModifiedAt = moment(u.now)
			keys := keysOf(pool, x)
			return keys, u.claim(ctx, pool, x, added(before, keys), force)
		})
		if err != nil {
			return err
		}
		u.changes.Changed(ctx, pool.ID, id)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// SetEnabled enables or disables a user. Ending the sessions of a disabled user is the caller's.
func (u *Users) SetEnabled(ctx context.Context, pool *Pool, id string, enabled bool) (*User, error) {
	return u.Change(ctx, pool, id, func(x *User) error { x.Enabled = enabled; return nil })
}

// SetStatus moves a user to another state. Which moves are allowed is the caller's.
func (u *Users) SetStatus(ctx context.Context, pool *Pool, id string, status Status) (*User, error) {
	return u.Change(ctx, pool, id, func(x *User) error { x.Status = status; return nil })
}

// SetMFA sets which second factors a user has switched on.
func (u *Users) SetMFA(ctx context.Context, pool *Pool, id string, mfa UserMFA) (*User, error) {
	return u.Change(ctx, pool, id, func(x *User) error { x.MFA = mfa; return nil })
}

// SignOut records a global sign-out; tokens that were issued before it are dead.
func (u *Users) SignOut(ctx context.Context, pool *Pool, id string, at time.Time) (*User, error) {
	return u.Change(ctx, pool, id, func(x *User) error { x.SignedOutAt = at.UTC().Truncate(time.Millisecond); return nil })
}

// Touch moves the time of the last change to now.
func (u *Users) Touch(ctx context.Context, pool *Pool, id string) (*User, error) {
	return u.Change(ctx, pool, id, func(*User) error { return nil })
}

// Delete removes a user with everything that is theirs.
func (u *Users) Delete(ctx context.Context, poolID, id string) error {
	return u.store.InTx(ctx, func(ctx context.Context) error {
		if err := u.store.DeleteUser(ctx, poolID, id); err != nil {
			return err
		}
		u.changes.Changed(ctx, poolID, id)
		return nil
	})
}

// Value is one attribute of a user as answers list it.
type Value struct{ Name, Value string }

// Values lists every attribute of a user by name, with the sub.
func (x *User) Values() []Value {
	out := make([]Value, 0, len(x.Attributes)+1)
	out = append(out, Value{"sub", x.ID})
	for name, value := range x.Attributes {
		out = append(out, Value{name, value})
	}
	slices.SortFunc(out, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Readable lists the attributes that a client may see.
func Readable(c *Client, x *User) []Value {
	return slices.DeleteFunc(x.Values(), func(v Value) bool { return !c.CanRead(v.Name) })
}

// Selected lists the named attributes of users as AttributesToGet asks for them, in the order of the users; nil names
// mean all. A name that is not in the schema, or a custom attribute that one of the users lacks, is a fault.
func Selected(pool *Pool, users []*User, names []string) ([][]Value, error) {
	out := make([][]Value, len(users))
	for _, name := range names {
		if _, ok := pool.Attribute(name); !ok {
			return nil, missingSelection()
		}
	}
	for i, x := range users {
		if names == nil {
			out[i] = x.Values()
			continue
		}
		for _, name := range names {
			value, ok := x.Attributes[name]
			switch {
			case name == "sub":
				out[i] = append(out[i], Value{name, x.ID})
			case ok:
				out[i] = append(out[i], Value{name, value})
			case strings.HasPrefix(name, "custom:") || strings.HasPrefix(name, "dev:"):
				return nil, missingSelection()
			}
		}
	}
	return out, nil
}

func missingSelection() error {
	return fault.Invalidf("One or more requested attributes do not exist.")
}
