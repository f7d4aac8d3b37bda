package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) listUsers(ctx context.Context, in *idp.ListUsersRequest) (*idp.ListUsersResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.Directory.Users.List(ctx, pool, text(in.Filter), count(in.Limit), text(in.PaginationToken))
	if err != nil {
		return nil, err
	}
	values, err := directory.Selected(pool, page.Items, some(in.AttributesToGet))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUsersResponse{Users: make([]idp.UserType, 0, len(page.Items)), PaginationToken: given(page.Next)}
	for i, user := range page.Items {
		out.Users = append(out.Users, userAnswer(user, values[i]))
	}
	return out, nil
}

// userAnswer writes a user as lists and AdminCreateUser show it.
func userAnswer(u *directory.User, values []directory.Value) idp.UserType {
	return idp.UserType{
		Username: new(u.Username), Attributes: attributesAnswer(values), Enabled: new(u.Enabled), UserStatus: new(string(u.Status)),
		UserCreateDate: awsjson.At(u.CreatedAt), UserLastModifiedDate: awsjson.At(u.ModifiedAt),
	}
}
