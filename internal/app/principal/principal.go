// Package principal lists the people whom decisions can be about, for the pages that ask of whom. What decisions see of them is for
// enrich.
package principal

import (
	"context"
	"encoding/json"
	"fmt"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
)

// All lists the users of all pools, pool after pool.
type All struct{ *directory.Directory }

// spot is where a list goes on: in a pool, after a page of its users.
type spot struct{ Pool, Token string }

// Users is pdp.People's.
func (a All) Users(ctx context.Context, place string, limit int) (users []pdp.Person, next string, err error) {
	var at spot
	if place != "" {
		if err := json.Unmarshal([]byte(place), &at); err != nil {
			return nil, "", fmt.Errorf("read a place among the users: %w", err)
		}
	}
	pools, err := enrich.Directory(a.Directory).PoolIDs(ctx)
	if err != nil {
		return nil, "", err
	}
	for i, id := range pools {
		if at.Pool != "" && at.Pool != id {
			continue
		}
		after := ""
		if i+1 < len(pools) {
			after = pools[i+1]
		}
		return a.usersOf(ctx, spot{id, at.Token}, after, limit)
	}
	return nil, "", nil // the pool is gone, and with it the place; or there are no pools
}

// usersOf gives a page of one pool. After is the pool that comes next.
func (a All) usersOf(ctx context.Context, at spot, after string, limit int) (users []pdp.Person, next string, err error) {
	pool, err := a.Pools.Get(ctx, at.Pool)
	if fault.Is(err, fault.Missing, "") {
		return nil, "", nil // deleted this moment
	}
	if err != nil {
		return nil, "", err
	}
	list, err := a.Directory.Users.List(ctx, pool, "", min(limit, directory.MaxPage), at.Token)
	if err != nil {
		return nil, "", err
	}
	for _, u := range list.Items {
		users = append(users, pdp.Person{ID: u.ID, Username: u.Username})
	}
	switch {
	case list.Next != "":
		at.Token = list.Next
	case after != "":
		at = spot{Pool: after}
	default:
		return users, "", nil
	}
	raw, err := json.Marshal(at)
	return users, string(raw), err
}

var _ pdp.People = All{}
