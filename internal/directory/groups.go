package directory

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
)

// MaxMemberships is how many groups a user can be in.
const MaxMemberships = 100

// Groups creates groups and keeps who is in them.
type Groups struct {
	store   GroupStore
	changes Changes
	tokens  *cursor.Codec
	now     clock.Clock
}

// GroupSpec asks for a new group.
type GroupSpec struct {
	PoolID      string
	Name        string
	Description string
	RoleARN     string
	Precedence  *int // nil: the lowest
}

// GroupChange changes the members that are not nil.
type GroupChange struct {
	Description *string
	RoleARN     *string
	Precedence  *int
}

// Create makes a group. The caller has made sure that the pool exists.
func (g *Groups) Create(ctx context.Context, spec GroupSpec) (*Group, error) {
	if err := checkPrecedence(spec.Precedence); err != nil {
		return nil, err
	}
	group := &Group{
		PoolID: spec.PoolID, Name: spec.Name, Description: spec.Description, RoleARN: spec.RoleARN,
		Precedence: spec.Precedence, CreatedAt: moment(g.now),
	}
	group.ModifiedAt = group.CreatedAt
	if err := g.store.InsertGroup(ctx, group); err != nil {
		return nil, err
	}
	return group, nil
}

// Ensure makes a group, unless there is one of the name.
func (g *Groups) Ensure(ctx context.Context, poolID, name, description string) error {
	_, err := g.Create(ctx, GroupSpec{PoolID: poolID, Name: name, Description: description})
	if fault.Is(err, fault.Exists, fault.Group) {
		return nil
	}
	return err
}

// Get finds a group.
func (g *Groups) Get(ctx context.Context, poolID, name string) (*Group, error) {
	return g.store.Group(ctx, poolID, name)
}

// Update changes a group; what is not given stays, and so does a description where an empty one is given. An update that
// changes nothing leaves the moment of the last change alone.
func (g *Groups) Update(ctx context.Context, poolID, name string, change GroupChange) (*Group, error) {
	if err := checkPrecedence(change.Precedence); err != nil {
		return nil, err
	}
	var changed *Group
	err := g.write(ctx, poolID, "", func(ctx context.Context) (err error) {
		changed, err = g.store.UpdateGroup(ctx, poolID, name, func(group *Group) error {
			old := *group
			if change.Description != nil && *change.Description != "" {
				group.Description = *change.Description
			}
			if change.RoleARN != nil {
				group.RoleARN = *change.RoleARN
			}
			if change.Precedence != nil {
				group.Precedence = change.Precedence
			}
			if group.Description != old.Description || group.RoleARN != old.RoleARN || !samePrecedence(group, &old) {
				group.ModifiedAt = moment(g.now)
			}
			return nil
		})
		return err
	})
	return changed, err
}

// Delete removes a group and all memberships in it.
func (g *Groups) Delete(ctx context.Context, poolID, name string) error {
	return g.write(ctx, poolID, "", func(ctx context.Context) error { return g.store.DeleteGroup(ctx, poolID, name) })
}

// List pages through the groups of a pool by name.
func (g *Groups) List(ctx context.Context, poolID string, limit int, token string) (Page[*Group], error) {
	return page(ctx, g.tokens, listing[*Group, string]{
		fetch: func(ctx context.Context, after string, limit int) ([]*Group, error) {
			return g.store.ListGroups(ctx, poolID, after, limit)
		},
		place: func(x *Group) string { return x.Name },
		scope: []string{"ListGroups", poolID},
	}, limit, token)
}

// Add puts a user into a group; being in it already is no error.
func (g *Groups) Add(ctx context.Context, poolID, group, userID string) error {
	return g.write(ctx, poolID, userID, func(ctx context.Context) error {
		if _, err := g.store.Group(ctx, poolID, group); err != nil {
			return err
		}
		in, err := g.store.GroupsOf(ctx, poolID, userID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(in, func(x *Group) bool { return x.Name == group }) {
			return nil
		}
		if len(in) >= MaxMemberships {
			return fault.Invalidf("A user can be in at most %d groups.", MaxMemberships)
		}
		return g.store.AddMember(ctx, poolID, group, userID)
	})
}

// Admit is Add for somebody who has just been stored and is in few groups, and a group that is there: nothing is looked up.
func (g *Groups) Admit(ctx context.Context, poolID, group, userID string) error {
	return g.write(ctx, poolID, userID, func(ctx context.Context) error { return g.store.InsertMember(ctx, poolID, group, userID) })
}

// Remove takes a user out of a group; not being in it is no error, and neither is a group that does not exist.
func (g *Groups) Remove(ctx context.Context, poolID, group, userID string) error {
	return g.write(ctx, poolID, userID, func(ctx context.Context) error {
		return g.store.RemoveMember(ctx, poolID, group, userID)
	})
}

// OfUser lists all groups of a user, best precedence first.
func (g *Groups) OfUser(ctx context.Context, poolID, userID string) ([]*Group, error) {
	return g.store.GroupsOf(ctx, poolID, userID)
}

// PageOfUser is OfUser in pages.
func (g *Groups) PageOfUser(ctx context.Context, poolID, userID string, limit int, token string) (Page[*Group], error) {
	type spot struct{ Offset int }
	all, err := g.store.GroupsOf(ctx, poolID, userID)
	if err != nil {
		return Page[*Group]{}, err
	}
	return page(ctx, g.tokens, listing[*Group, spot]{
		fetch: func(_ context.Context, after spot, limit int) ([]*Group, error) {
			from := min(after.Offset, len(all))
			return all[from:min(from+limit, len(all))], nil
		},
		place: func(x *Group) spot { return spot{slices.Index(all, x) + 1} },
		scope: []string{"AdminListGroupsForUser", poolID, userID},
	}, limit, token)
}

// Members pages through the users in a group.
func (g *Groups) Members(ctx context.Context, poolID, group string, limit int, token string) (Page[*User], error) {
	if _, err := g.store.Group(ctx, poolID, group); err != nil {
		return Page[*User]{}, err
	}
	return page(ctx, g.tokens, listing[*User, string]{
		fetch: func(ctx context.Context, after string, limit int) ([]*User, error) {
			return g.store.Members(ctx, poolID, group, after, limit)
		},
		place: func(x *User) string { return x.ID },
		scope: []string{"ListUsersInGroup", poolID, group},
	}, limit, token)
}

func (g *Groups) write(ctx context.Context, poolID, userID string, change func(context.Context) error) error {
	return g.store.InTx(ctx, func(ctx context.Context) error {
		if err := change(ctx); err != nil {
			return err
		}
		g.changes.Changed(ctx, poolID, userID)
		return nil
	})
}

// Roles gives the role ARNs of groups ordered by precedence, each once, and the preferred one: the role of the best
// precedence, or "" when groups that share it disagree. A group without a precedence is never preferred.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html#assigning-precedence-values-to-groups
func Roles(groups []*Group) (roles []string, preferred string) {
	var best *Group
	clash := false
	for _, g := range groups {
		if g.RoleARN == "" {
			continue
		}
		if !slices.Contains(roles, g.RoleARN) {
			roles = append(roles, g.RoleARN)
		}
		switch {
		case g.Precedence == nil:
		case best == nil:
			best = g
		case samePrecedence(g, best) && g.RoleARN != best.RoleARN:
			clash = true
		}
	}
	if best == nil || clash {
		return roles, ""
	}
	return roles, best.RoleARN
}

func samePrecedence(a, b *Group) bool {
	if a.Precedence == nil || b.Precedence == nil {
		return a.Precedence == b.Precedence
	}
	return *a.Precedence == *b.Precedence
}

func checkPrecedence(p *int) error {
	if p != nil && *p < 0 {
		return fault.Invalidf("Precedence must be at least 0.")
	}
	return nil
}
