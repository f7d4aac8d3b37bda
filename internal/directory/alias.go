package directory

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/fault"
)

// keysOf lists the names that find a user now. In a pool with UsernameAttributes the email or phone number counts at
// once; as an alias it counts when it is verified, and a preferred username when the account is confirmed. Outsiders have
// none.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
func keysOf(p *Pool, x *User) Keys {
	keys := Keys{Username: p.Fold(x.Username)}
	if x.outsider() {
		return keys
	}
	add := func(kind string) {
		if value := x.Attributes[kind]; value != "" {
			keys.Aliases = append(keys.Aliases, Alias{Kind: kind, Value: p.Fold(value)})
		}
	}
	for _, kind := range p.UsernameAttributes {
		add(kind)
	}
	for _, kind := range p.AliasAttributes {
		if userpool.IsContact(kind) && x.Attributes[kind+"_verified"] == "true" || !userpool.IsContact(kind) && x.Status != Unconfirmed {
			add(kind)
		}
	}
	return keys
}

// added lists the aliases in after that are not in before.
func added(before, after Keys) []Alias {
	return slices.DeleteFunc(slices.Clone(after.Aliases), func(a Alias) bool { return slices.Contains(before.Aliases, a) })
}

// claim makes sure, inside the transaction that gives aliases to a user, that nobody else is found by them. Force takes
// an alias from its owner, whose attribute becomes unverified; a name that the owner signs in with cannot be taken.
func (u *Users) claim(ctx context.Context, p *Pool, x *User, aliases []Alias, force bool) error {
	for _, a := range aliases {
		owner, err := u.store.FindUser(ctx, p.ID, a.Value, a.Value)
		if fault.Is(err, fault.Missing, fault.User) || err == nil && owner.ID == x.ID {
			continue
		}
		if err != nil {
			return err
		}
		byAlias := slices.Contains(keysOf(p, owner).Aliases, a)
		if !force || !byAlias || !userpool.IsContact(a.Kind) || !slices.Contains(p.AliasAttributes, a.Kind) {
			return AliasTaken(a.Kind)
		}
		_, err = u.store.UpdateUser(ctx, p.ID, owner.ID, func(o *User) (Keys, error) {
			o.Attributes[a.Kind+"_verified"] = "false"
			o.ModifiedAt = moment(u.now)
			return keysOf(p, o), nil
		})
		if err != nil {
			return err
		}
		u.changes.Changed(ctx, p.ID, owner.ID)
	}
	return nil
}

// AliasTaken refuses an alias that somebody else has.
func AliasTaken(kind string) error {
	if !userpool.IsContact(kind) {
		return fault.New(fault.Exists, fault.Alias, "User account already exists for the alias.")
	}
	return fault.Newf(fault.Exists, fault.Alias, "An account with the given %s already exists.", kind)
}

func usernameTaken() error { return fault.New(fault.Exists, fault.Username, "User already exists") }
