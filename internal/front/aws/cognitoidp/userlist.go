package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) listUsers(ctx context.Context, in *idp.ListUsersRequest) (*idp.ListUsersResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Users.List(ctx, pool, member.Text(in.Filter), member.Count(in.Limit), member.Text(in.PaginationToken))
	if err != nil {
		return nil, err
	}
	values, err := directory.Selected(pool, page.Items, member.Some(in.AttributesToGet))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUsersResponse{Users: make([]idp.UserType, 0, len(page.Items)), PaginationToken: member.Given(page.Next)}
	for i, user := range page.Items {
		out.Users = append(out.Users, shape.UserAnswer(user, values[i]))
	}
	return out, nil
}
