package people

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertGroup adds a group; a taken name is a fault Exists/Group, an unknown pool a fault Missing.
func (s *Store) InsertGroup(ctx context.Context, g *directory.Group) error {
	n, err := s.Exec(ctx, `INSERT INTO user_groups (pool_id, name, description, role_arn, precedence, created_at, modified_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		g.PoolID, g.Name, g.Description, g.RoleARN, g.Precedence, rows.Millis(g.CreatedAt), rows.Millis(g.ModifiedAt))
	switch {
	case s.Violation(err) == rows.ForeignKey:
		return fault.NoPool(g.PoolID).Because(err)
	case err == nil && n == 0:
		return fault.New(fault.Exists, fault.Group, "A group with the name already exists")
	}
	return database.Failed("insert group", err)
}

const (
	groupColumns = "g.pool_id, g.name, g.description, g.role_arn, g.precedence, g.created_at, g.modified_at"
	selectGroup  = "SELECT " + groupColumns + " FROM user_groups g"
)

// Group reads a group.
func (s *Store) Group(ctx context.Context, poolID, name string) (*directory.Group, error) {
	return s.group(ctx, selectGroup+" WHERE g.pool_id = $1 AND g.name = $2", poolID, name)
}

func (s *Store) group(ctx context.Context, query, poolID, name string) (*directory.Group, error) {
	g, found, err := rows.One(ctx, s.Conn(ctx), scanGroup, query, poolID, name)
	if err == nil && !found {
		return nil, fault.NoGroup()
	}
	return g, database.Failed("read group", err)
}

// UpdateGroup changes a group by a function of its old value and returns the new one.
func (s *Store) UpdateGroup(ctx context.Context, poolID, name string, change func(*directory.Group) error) (*directory.Group, error) {
	var changed *directory.Group
	err := s.Update(ctx, "update group", func(ctx context.Context) error {
		g, err := s.group(ctx, selectGroup+" WHERE g.pool_id = $1 AND g.name = $2"+s.ForUpdate(), poolID, name)
		if err != nil {
			return err
		}
		if err := change(g); err != nil {
			return err
		}
		g.PoolID, g.Name = poolID, name
		changed = g
		_, err = s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID})(
			s.Conn(ctx).Exec(ctx, `UPDATE user_groups SET description = $3, role_arn = $4, precedence = $5,
			created_at = $6, modified_at = $7 WHERE pool_id = $1 AND name = $2`,
				poolID, name, g.Description, g.RoleARN, g.Precedence, rows.Millis(g.CreatedAt), rows.Millis(g.ModifiedAt)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteGroup removes a group and its memberships.
func (s *Store) DeleteGroup(ctx context.Context, poolID, name string) error {
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID}, "DELETE FROM user_groups WHERE pool_id = $1 AND name = $2", poolID, name)
	if err == nil && n == 0 {
		return fault.NoGroup()
	}
	return database.Failed("delete group", err)
}

// ListGroups lists the groups of a pool after a name, by name.
func (s *Store) ListGroups(ctx context.Context, poolID, afterName string, limit int) ([]*directory.Group, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanGroup,
		selectGroup+" WHERE g.pool_id = $1 AND g.name > $2 ORDER BY g.name LIMIT $3 + 0", poolID, afterName, limit)
	return list, database.Failed("list groups", err)
}

// AddMember puts a user into a group; a second time changes nothing.
func (s *Store) AddMember(ctx context.Context, poolID, group, userID string) error {
	return s.Update(ctx, "add member", func(ctx context.Context) error {
		n, err := s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID, ID: userID})(
			s.Conn(ctx).Exec(ctx, `INSERT INTO members (pool_id, group_name, user_id)
			SELECT g.pool_id, g.name, u.id FROM user_groups g JOIN users u ON u.pool_id = g.pool_id
			WHERE g.pool_id = $1 AND g.name = $2 AND u.id = $3 ON CONFLICT DO NOTHING`, poolID, group, userID))
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoUser().Because(err) // deleted at this moment
		}
		if err != nil || n > 0 {
			return err
		}
		return s.memberCanBe(ctx, poolID, group, userID)
	})
}

// InsertMember puts a user into a group in one statement that SQLite needs no journal for; a second time changes nothing. A
// group or user that does not exist is a fault Missing.
func (s *Store) InsertMember(ctx context.Context, poolID, group, userID string) error {
	return s.Update(ctx, "insert member", func(ctx context.Context) error {
		_, err := s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID, ID: userID})(s.Conn(ctx).Exec(ctx,
			"INSERT INTO members (pool_id, group_name, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", poolID, group, userID))
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoGroup().Because(err)
		}
		return err
	})
}

// RemoveMember takes a user out of a group; a user who is not in it stays out, as of a group that does not exist.
func (s *Store) RemoveMember(ctx context.Context, poolID, group, userID string) error {
	return s.Update(ctx, "remove member", func(ctx context.Context) error {
		n, err := s.Telling(ctx, database.Change{Kind: database.PersonKind, Pool: poolID, ID: userID})(
			s.Conn(ctx).Exec(ctx, "DELETE FROM members WHERE pool_id = $1 AND group_name = $2 AND user_id = $3",
				poolID, group, userID))
		if err != nil || n > 0 {
			return err
		}
		_, err = s.User(ctx, poolID, userID)
		return err
	})
}

// memberCanBe is the fault of a membership that names an unknown group or user.
func (s *Store) memberCanBe(ctx context.Context, poolID, group, userID string) error {
	if _, err := s.Group(ctx, poolID, group); err != nil {
		return err
	}
	_, err := s.User(ctx, poolID, userID)
	return err
}

// GroupsOf lists a user's groups by precedence (none last), then name.
func (s *Store) GroupsOf(ctx context.Context, poolID, userID string) ([]*directory.Group, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanGroup, `SELECT `+groupColumns+` FROM members m CROSS JOIN user_groups g
		WHERE m.pool_id = $1 AND m.user_id = $2 AND g.pool_id = m.pool_id AND g.name = m.group_name
		ORDER BY g.precedence IS NULL, g.precedence, g.name`, poolID, userID)
	return list, database.Failed("list groups of user", err)
}

// Members lists the users of a group after a sub, by sub.
func (s *Store) Members(ctx context.Context, poolID, group, afterUserID string, limit int) ([]*directory.User, error) {
	list, err := rows.All(ctx, s.Stale(ctx), scanUser(poolID), `SELECT `+Columns+` FROM members m CROSS JOIN users u
		WHERE m.pool_id = $1 AND m.group_name = $2 AND m.user_id > $3 AND u.pool_id = m.pool_id AND u.id = m.user_id
		ORDER BY m.user_id LIMIT $4 + 0`, poolID, group, afterUserID, limit)
	if err == nil && len(list) == 0 {
		_, err = s.Group(ctx, poolID, group)
	}
	return list, database.Failed("list members", err)
}

func scanGroup(row rows.Scanner) (*directory.Group, error) {
	g := &directory.Group{}
	var created, modified int64
	err := row.Scan(&g.PoolID, &g.Name, &g.Description, &g.RoleARN, &g.Precedence, &created, &modified)
	g.CreatedAt, g.ModifiedAt = rows.Time(created), rows.Time(modified)
	return g, err
}

var _ directory.GroupStore = (*Store)(nil)
