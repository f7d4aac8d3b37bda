package identitypool

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// DeveloperWish is what a developer's backend asks for one of its users.
type DeveloperWish struct {
	Pool     string
	Identity string            // that the user is; empty: whoever it is, or a new one
	Logins   map[string]string // the user by the name of the developer provider, and tokens of others
	Tags     map[string]string // of sessions
	Life     time.Duration     // of the token; 0: 15 minutes
}

// DeveloperToken gives a token for a user whom a developer's backend vouches for.
func (i *Identities) DeveloperToken(ctx context.Context, w DeveloperWish) (identity, token string, err error) {
	pool, err := i.pools.Get(ctx, w.Pool)
	if err != nil {
		return "", "", err
	}
	user, ok := w.Logins[pool.Developer]
	if pool.Developer == "" || !ok {
		return "", "", fault.Invalidf("This identity pool does not support the specified developer provider.")
	}
	if len(user) > maxSubject {
		return "", "", fault.Invalidf("A developer user identifier can have at most %d characters.", maxSubject)
	}
	others := maps.Clone(w.Logins)
	delete(others, pool.Developer)
	proofs, err := i.tokens.prove(ctx, pool, others)
	if err != nil {
		return "", "", err
	}
	if err := sts.CheckTags(w.Tags); err != nil {
		return "", "", err
	}
	if err := checkSize(w.Tags); err != nil {
		return "", "", err
	}
	proofs = append([]proof{pool.developerProof(user, nil, "")}, proofs...)
	found, err := i.vouched(ctx, pool, w.Identity, loginsOf(proofs))
	if err != nil {
		return "", "", err
	}
	token, err = i.tokens.mint(ctx, pool, found.ID, proofs, w.Tags, cmp.Or(w.Life, developerLife))
	return found.ID, token, err
}

// vouched is resolve for a backend, whose word is enough to link a user to an identity of its pool.
func (i *Identities) vouched(ctx context.Context, pool *Pool, asked string, logins []Login) (*Identity, error) {
	if asked == "" {
		return i.resolve(ctx, pool, "", logins)
	}
	return i.atOnce(ctx, func(ctx context.Context) (*Identity, error) {
		one, err := i.store.Identity(ctx, asked)
		switch {
		case err != nil:
			return nil, err
		case one.PoolID != pool.ID || one.Disabled:
			return nil, NoIdentity(asked)
		}
		owners, free, err := i.owners(ctx, pool, logins)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(owners, func(o *Identity) bool { return o.ID != asked }) {
			return nil, fault.New(fault.Exists, fault.User, "The developer user identifier is registered with another identity.")
		}
		if len(free) == 0 {
			return one, nil
		}
		return i.add(ctx, one, pool.Developer, free)
	})
}

// Lookup finds a developer's user: the identity of a name, or the names of an identity. Both must belong together.
func (i *Identities) Lookup(ctx context.Context, poolID, identity, user string) (string, []string, error) {
	pool, err := i.pools.Get(ctx, poolID)
	if err != nil {
		return "", nil, err
	}
	if identity == "" && user == "" || pool.Developer == "" {
		return "", nil, fault.Invalidf("Please provide an identity or a developer user identifier of a pool with a developer provider.")
	}
	var found *Identity
	if identity != "" {
		if found, err = i.store.Identity(ctx, identity); err != nil {
			return "", nil, err
		}
		if found.PoolID != poolID {
			return "", nil, NoIdentity(identity)
		}
	}
	if user != "" {
		owner, err := i.store.FindIdentity(ctx, poolID, Login{Provider: pool.Developer, Subject: user})
		switch {
		case err != nil:
			return "", nil, err
		case owner == nil:
			return "", nil, fault.Missingf("Developer user identifier not found.")
		case found != nil && owner.ID != found.ID:
			return "", nil, fault.New(fault.Exists, "", "The developer user identifier belongs to another identity.")
		}
		found = owner
	}
	var users []string
	for _, l := range found.Logins {
		if l.Provider == pool.Developer {
			users = append(users, l.Subject)
		}
	}
	return found.ID, users, nil
}

// Merge makes one identity of those of two developer's users. The source is out of use then.
func (i *Identities) Merge(ctx context.Context, poolID, provider, source, destination string) (string, error) {
	pool, err := i.developed(ctx, poolID, provider)
	if err != nil {
		return "", err
	}
	into, err := i.atOnce(ctx, func(ctx context.Context) (*Identity, error) {
		var both [2]*Identity
		for n, user := range []string{source, destination} {
			one, err := i.store.FindIdentity(ctx, poolID, Login{Provider: provider, Subject: user})
			switch {
			case err != nil:
				return nil, err
			case one == nil:
				return nil, fault.Missingf("Developer user identifier not found.")
			}
			both[n] = one
		}
		if both[0].ID == both[1].ID {
			return both[1], nil
		}
		if err := i.disable(ctx, both[0]); err != nil {
			return nil, err
		}
		return i.add(ctx, both[1], pool.Developer, both[0].Logins)
	})
	if err != nil {
		return "", err
	}
	return into.ID, nil
}

// UnlinkDeveloper takes a developer's user away from an identity. With its last login, nobody reaches it any more.
func (i *Identities) UnlinkDeveloper(ctx context.Context, poolID, provider, identity, user string) error {
	if _, err := i.developed(ctx, poolID, provider); err != nil {
		return err
	}
	login := Login{Provider: provider, Subject: user}
	return i.take(ctx, identity, func(one *Identity, l Login) (bool, error) {
		if one.PoolID != poolID || !slices.Contains(one.Logins, login) {
			return false, fault.Missingf("Developer user identifier not found.")
		}
		return l == login, nil
	})
}

// developed reads a pool with a developer provider of a name.
func (i *Identities) developed(ctx context.Context, poolID, provider string) (*Pool, error) {
	pool, err := i.pools.Get(ctx, poolID)
	if err == nil && (pool.Developer == "" || pool.Developer != provider) {
		err = fault.Invalidf("%s is not the developer provider of the identity pool.", provider)
	}
	return pool, err
}
