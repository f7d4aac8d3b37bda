package enrich

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/fault"
)

// People is what the pool source needs of the directory. Unknown users and pools are faults of kind Missing.
type People interface {
	// PoolIDs lists all pools, oldest first.
	PoolIDs(ctx context.Context) ([]string, error)
	// BySub and ByName find a user of a pool. ByName takes usernames, aliases and subs, in the pool's own order.
	BySub(ctx context.Context, poolID, sub string) (*directory.User, error)
	ByName(ctx context.Context, poolID, name string) (*directory.User, error)
	// Describe gives what belongs to a user: the pool with its schema, and the groups by precedence.
	Describe(ctx context.Context, u *directory.User) (*directory.Pool, []*directory.Group, error)
}

// Pool finds people in the user pools of this server.
type Pool struct {
	people People
	pools  []string // nil: all
	by     string
}

// NewPool makes the source of type pool.
func NewPool(c SourceConfig, people People) *Pool {
	return &Pool{people: people, pools: c.Pools, by: or(c.By, byAny)}
}

// subForm is the form of a sub.
var subForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Fetch finds a person by sub, username or alias, in all pools of the source. An id that means several people is an
// error: whichever were taken, somebody could choose a name that makes them someone else, or brings a disabled account
// back to life. Somebody who has only signed up has proven nothing, and is not found by name.
func (p *Pool) Fetch(ctx context.Context, q Query) (Answer, error) {
	id := q.ID
	pools := p.pools
	if pools == nil {
		var err error
		if pools, err = p.people.PoolIDs(ctx); err != nil {
			return Answer{}, fmt.Errorf("list the pools: %w", err)
		}
	}
	var found *directory.User
	var tags []string
	looksLikeSub := subForm.MatchString(id)
	for _, pool := range pools {
		u, err := p.find(ctx, pool, id, looksLikeSub)
		switch {
		case err != nil:
			return Answer{}, fmt.Errorf("find a user of pool %s: %w", pool, err)
		case u == nil:
			tags = append(tags, absentFrom(pool)) // a user of that name made here would matter
		case found != nil && u.ID != found.ID:
			return Answer{}, errAmbiguous
		default:
			found = u
		}
	}
	if found == nil {
		return Answer{Tags: []string{absent}}, nil
	}
	pool, groups, err := p.people.Describe(ctx, found)
	if err != nil {
		return Answer{}, fmt.Errorf("describe a user of pool %s: %w", found.PoolID, err)
	}
	return Answer{
		Doc: describe(found, pool, groups), PoolID: found.PoolID, ID: found.ID,
		Tags: append(tags, userTag(found.PoolID, found.ID), poolTag(found.PoolID)),
	}, nil
}

var errAmbiguous = upstream.AboutQuestion(errors.New("the id means several users; set the source's pools, or its by to sub"))

// find looks into one pool. Nobody there is nil.
func (p *Pool) find(ctx context.Context, pool, id string, looksLikeSub bool) (*directory.User, error) {
	if p.by == bySub {
		return known(p.people.BySub(ctx, pool, id))
	}
	u, err := known(p.people.ByName(ctx, pool, id))
	switch {
	case err != nil, u == nil:
		return nil, err
	case u.ID == id:
		if p.by == byName && u.Username != id {
			return nil, nil // found by its sub, which is no name
		}
	case p.by == byAny && looksLikeSub: // a username hides a sub
		other, err := known(p.people.BySub(ctx, pool, id))
		switch {
		case err != nil:
			return nil, err
		case other != nil && u.Status != directory.Unconfirmed:
			return nil, errAmbiguous
		case other != nil:
			return other, nil
		}
	}
	if u.ID != id && u.Status == directory.Unconfirmed {
		return nil, nil
	}
	return u, nil
}

// known makes "nobody" of the fault that says so.
func known(u *directory.User, err error) (*directory.User, error) {
	if fault.Is(err, fault.Missing, "") {
		return nil, nil
	}
	return u, err
}

// Affected is Source's.
func (p *Pool) Affected(poolID, userID string) []string {
	if userID == "" {
		return []string{absent, absentFrom(poolID), poolTag(poolID)}
	}
	return []string{absent, absentFrom(poolID), userTag(poolID, userID)}
}

// absent is on every "nobody of that id": any new user, name or alias may make it untrue.
const absent = "absent"

func absentFrom(pool string) string    { return "absent/" + pool }
func poolTag(pool string) string       { return "pool/" + pool }
func userTag(pool, user string) string { return "user/" + pool + "/" + user }

var _ Source = (*Pool)(nil)
