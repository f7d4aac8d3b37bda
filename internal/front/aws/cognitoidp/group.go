package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createGroup(ctx context.Context, in *idp.CreateGroupRequest) (*idp.CreateGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Create(ctx, directory.GroupSpec{
		PoolID: pool.ID, Name: text(in.GroupName), Description: text(in.Description), RoleARN: text(in.RoleArn),
		Precedence: precedenceOf(in.Precedence),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateGroupResponse{Group: new(groupAnswer(group))}, nil
}

func (s *Service) getGroup(ctx context.Context, in *idp.GetGroupRequest) (*idp.GetGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Get(ctx, pool.ID, text(in.GroupName))
	if err != nil {
		return nil, err
	}
	return &idp.GetGroupResponse{Group: new(groupAnswer(group))}, nil
}

func (s *Service) updateGroup(ctx context.Context, in *idp.UpdateGroupRequest) (*idp.UpdateGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	group, err := s.Directory.Groups.Update(ctx, pool.ID, text(in.GroupName), directory.GroupChange{
		Description: in.Description, RoleARN: in.RoleArn, Precedence: precedenceOf(in.Precedence),
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateGroupResponse{Group: new(groupAnswer(group))}, nil
}

func (s *Service) deleteGroup(ctx context.Context, in *idp.DeleteGroupRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Delete(ctx, pool.ID, text(in.GroupName))
}

func (s *Service) listGroups(ctx context.Context, in *idp.ListGroupsRequest) (*idp.ListGroupsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.List(ctx, pool.ID, count(in.Limit), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	return &idp.ListGroupsResponse{Groups: groupsAnswer(page.Items), NextToken: given(page.Next)}, nil
}

func (s *Service) adminAddUserToGroup(ctx context.Context, in *idp.AdminAddUserToGroupRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Add(ctx, pool.ID, text(in.GroupName), user.ID)
}

func (s *Service) adminRemoveUserFromGroup(ctx context.Context, in *idp.AdminRemoveUserFromGroupRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Groups.Remove(ctx, pool.ID, text(in.GroupName), user.ID)
}

func (s *Service) adminListGroupsForUser(ctx context.Context, in *idp.AdminListGroupsForUserRequest) (*idp.AdminListGroupsForUserResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.PageOfUser(ctx, pool.ID, user.ID, count(in.Limit), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	return &idp.AdminListGroupsForUserResponse{Groups: groupsAnswer(page.Items), NextToken: given(page.Next)}, nil
}

func (s *Service) listUsersInGroup(ctx context.Context, in *idp.ListUsersInGroupRequest) (*idp.ListUsersInGroupResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Groups.Members(ctx, pool.ID, text(in.GroupName), count(in.Limit), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUsersInGroupResponse{Users: make([]idp.UserType, 0, len(page.Items)), NextToken: given(page.Next)}
	for _, user := range page.Items {
		out.Users = append(out.Users, userAnswer(user, user.Values()))
	}
	return out, nil
}

func precedenceOf(p *int32) *int {
	if p == nil {
		return nil
	}
	return new(int(*p))
}

func groupAnswer(g *directory.Group) idp.GroupType {
	out := idp.GroupType{
		GroupName: new(g.Name), UserPoolId: new(g.PoolID), Description: given(g.Description), RoleArn: given(g.RoleARN),
		CreationDate: awsjson.At(g.CreatedAt), LastModifiedDate: awsjson.At(g.ModifiedAt),
	}
	if g.Precedence != nil {
		out.Precedence = number(*g.Precedence)
	}
	return out
}

func groupsAnswer(groups []*directory.Group) []idp.GroupType {
	out := make([]idp.GroupType, 0, len(groups))
	for _, g := range groups {
		out = append(out, groupAnswer(g))
	}
	return out
}
