package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createGroup(ctx context.Context, in *idp.CreateGroupRequest) (*idp.CreateGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Create(ctx, directory.GroupSpec{
		PoolID: pool.ID, Name: member.Text(in.GroupName), Description: member.Text(in.Description), RoleARN: member.Text(in.RoleArn),
		Precedence: shape.PrecedenceOf(in.Precedence),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateGroupResponse{Group: new(shape.GroupAnswer(group))}, nil
}

func (s *Service) getGroup(ctx context.Context, in *idp.GetGroupRequest) (*idp.GetGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Get(ctx, pool.ID, member.Text(in.GroupName))
	if err != nil {
		return nil, err
	}
	return &idp.GetGroupResponse{Group: new(shape.GroupAnswer(group))}, nil
}

func (s *Service) updateGroup(ctx context.Context, in *idp.UpdateGroupRequest) (*idp.UpdateGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Update(ctx, pool.ID, member.Text(in.GroupName), directory.GroupChange{
		Description: in.Description, RoleARN: in.RoleArn, Precedence: shape.PrecedenceOf(in.Precedence),
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateGroupResponse{Group: new(shape.GroupAnswer(group))}, nil
}

// groupLimit reads the Limit of the listings of groups, which refuse the 0 that other listings take for "not given".
func groupLimit(limit *int32) (int, error) {
	if limit != nil && *limit == 0 {
		return 0, fault.Invalidf("1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: " +
			"Member must have value greater than or equal to 1")
	}
	return member.Count(limit), nil
}

func (s *Service) deleteGroup(ctx context.Context, in *idp.DeleteGroupRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Delete(ctx, pool.ID, member.Text(in.GroupName))
}

func (s *Service) listGroups(ctx context.Context, in *idp.ListGroupsRequest) (*idp.ListGroupsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit, err := groupLimit(in.Limit)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.List(ctx, pool.ID, limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	return &idp.ListGroupsResponse{Groups: shape.GroupsAnswer(page.Items), NextToken: member.Given(page.Next)}, nil
}

func (s *Service) adminAddUserToGroup(ctx context.Context, in *idp.AdminAddUserToGroupRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Add(ctx, pool.ID, member.Text(in.GroupName), user.ID)
}

func (s *Service) adminRemoveUserFromGroup(ctx context.Context, in *idp.AdminRemoveUserFromGroupRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Remove(ctx, pool.ID, member.Text(in.GroupName), user.ID)
}

func (s *Service) adminListGroupsForUser(ctx context.Context, in *idp.AdminListGroupsForUserRequest) (*idp.AdminListGroupsForUserResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	limit, err := groupLimit(in.Limit)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.PageOfUser(ctx, pool.ID, user.ID, limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	return &idp.AdminListGroupsForUserResponse{Groups: shape.GroupsAnswer(page.Items), NextToken: member.Given(page.Next)}, nil
}

func (s *Service) listUsersInGroup(ctx context.Context, in *idp.ListUsersInGroupRequest) (*idp.ListUsersInGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit, err := groupLimit(in.Limit)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.Members(ctx, pool.ID, member.Text(in.GroupName), limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUsersInGroupResponse{Users: make([]idp.UserType, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, user := range page.Items {
		out.Users = append(out.Users, shape.UserAnswer(user, user.Values()))
	}
	return out, nil
}
