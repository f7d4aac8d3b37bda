package identitypool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// maxLogins is how many logins an identity can have.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas
const maxLogins = 20

func (i *Identities) fresh(pool *Pool, logins ...Login) *Identity {
	now := moment(i.now)
	return &Identity{ID: pool.Region + ":" + random.UUID(), PoolID: pool.ID, Logins: logins, Created: now, Modified: now}
}

// tries is how often an identity is looked for when another request changes it meanwhile.
const tries = 3

// atOnce runs what links logins in a transaction, anew when it stood on what another request has changed since it was read.
func (i *Identities) atOnce(ctx context.Context, link func(context.Context) (*Identity, error)) (found *Identity, err error) {
	for range tries {
		err = i.store.InTx(ctx, func(ctx context.Context) error {
			found, err = link(ctx)
			return err
		})
		if !fault.Is(err, fault.Exists, fault.Alias) {
			return found, err
		}
	}
	return nil, fault.New(fault.Exists, "", "The login is being linked to another identity.").Because(err)
}

// resolve finds the identity of proven logins, and links the logins to it that nobody has. Asked is the identity that the
// caller believes to be; empty: none. Whoever proves logins of several identities merges them.
func (i *Identities) resolve(ctx context.Context, pool *Pool, asked string, logins []Login) (*Identity, error) {
	if found, err := i.settled(ctx, pool, asked, logins); found != nil || err != nil {
		return found, err
	}
	return i.atOnce(ctx, func(ctx context.Context) (*Identity, error) { return i.link(ctx, pool, asked, logins) })
}

// settled is resolve where there is nothing to write: all logins are one identity's already.
func (i *Identities) settled(ctx context.Context, pool *Pool, asked string, logins []Login) (*Identity, error) {
	owners, free, err := i.owners(ctx, pool, logins)
	if err != nil || len(owners) != 1 || len(free) > 0 || asked != "" && owners[0].ID != asked {
		return nil, err
	}
	return owners[0], nil
}

// owners are the identities that logins belong to, the oldest first, and the logins that nobody has.
func (i *Identities) owners(ctx context.Context, pool *Pool, logins []Login) (owners []*Identity, free []Login, err error) {
	for _, l := range logins {
		found, err := i.store.FindIdentity(ctx, pool.ID, l)
		switch {
		case err != nil:
			return nil, nil, err
		case found == nil:
			free = append(free, l)
		case !slices.ContainsFunc(owners, func(o *Identity) bool { return o.ID == found.ID }):
			owners = append(owners, found)
		}
	}
	slices.SortFunc(owners, func(a, b *Identity) int {
		if d := a.Created.Compare(b.Created); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return owners, free, nil
}

// link is resolve within a transaction.
func (i *Identities) link(ctx context.Context, pool *Pool, asked string, logins []Login) (*Identity, error) {
	owners, free, err := i.owners(ctx, pool, logins)
	if err != nil {
		return nil, err
	}
	if asked != "" {
		if owners, err = i.withAsked(ctx, asked, owners); err != nil {
			return nil, err
		}
	}
	if len(owners) == 0 {
		made := i.fresh(pool, free...)
		return made, i.store.InsertIdentity(ctx, made)
	}
	into := owners[0]
	var moved []Login
	for _, from := range owners[1:] {
		moved = append(moved, from.Logins...)
		if err := i.disable(ctx, from); err != nil {
			return nil, err
		}
	}
	if len(moved)+len(free) == 0 {
		return into, nil
	}
	return i.add(ctx, into, pool.Developer, append(moved, free...))
}

// withAsked puts the identity that the caller believes to be in its place among the owners of the logins. A guest becomes
// whoever it signs in as; an identity with logins needs one of them.
func (i *Identities) withAsked(ctx context.Context, asked string, owners []*Identity) ([]*Identity, error) {
	at := slices.IndexFunc(owners, func(o *Identity) bool { return o.ID == asked })
	if at >= 0 {
		mine := owners[at]
		return append([]*Identity{mine}, slices.Delete(owners, at, at+1)...), nil
	}
	found, err := i.store.Identity(ctx, asked)
	switch {
	case err != nil:
		return nil, err
	case len(found.Logins) > 0:
		return nil, fault.Deniedf("%s", noMatch)
	case found.Disabled && len(owners) == 0:
		return nil, fault.Deniedf(forbidden, asked)
	case found.Disabled:
		return owners, nil
	}
	return append(owners, found), nil // a guest: the first owner, or itself
}

// unchanged refuses to go on with an identity that is not what it was when it was read: a guest may be somebody now, and logins that
// came since would be lost.
func unchanged(seen, now *Identity) error {
	if seen.Disabled != now.Disabled || !slices.Equal(seen.Logins, now.Logins) {
		return fault.New(fault.Exists, fault.Alias, "The identity was changed meanwhile.")
	}
	return nil
}

// disable takes an identity out of use, and its logins away.
func (i *Identities) disable(ctx context.Context, seen *Identity) error {
	_, err := i.store.ChangeIdentity(ctx, seen.ID, func(one *Identity) error {
		if err := unchanged(seen, one); err != nil {
			return err
		}
		one.Logins, one.Disabled, one.Modified = nil, true, moment(i.now)
		return nil
	})
	return err
}

// add links logins to an identity. Two of one provider are two people, but for the developer's own, who may have several names.
func (i *Identities) add(ctx context.Context, seen *Identity, developer string, logins []Login) (*Identity, error) {
	return i.store.ChangeIdentity(ctx, seen.ID, func(one *Identity) error {
		if err := unchanged(seen, one); err != nil {
			return err
		}
		for _, l := range logins {
			same := slices.ContainsFunc(one.Logins, func(o Login) bool { return o.Provider == l.Provider && o.Subject != l.Subject })
			if same && l.Provider != developer {
				return fault.New(fault.Exists, "", fmt.Sprintf("The identity has another login of %s already.", l.Provider))
			}
			if !slices.Contains(one.Logins, l) {
				one.Logins = append(one.Logins, l)
			}
		}
		if len(one.Logins) > maxLogins {
			return fault.Limitedf("An identity can have at most %d logins.", maxLogins)
		}
		one.Modified = moment(i.now)
		return nil
	})
}
