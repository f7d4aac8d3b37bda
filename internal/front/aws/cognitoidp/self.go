package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/token"
)

// access is what the access token of a request says. The token must carry the scope of an API sign-in, and its user may
// not ask for too much at once.
func (s *Service) access(ctx context.Context, accessToken *string) (*token.Access, error) {
	access, err := s.Tokens.Access(ctx, member.Text(accessToken), token.AdminScope)
	if err != nil {
		return nil, err
	}
	return access, s.Gate.User(ctx, aws.CallFrom(ctx).Operation, access.Pool.ID, access.User.Username)
}

// self is the person behind the access token of a request.
func (s *Service) self(ctx context.Context, accessToken *string) (account.Self, error) {
	access, err := s.access(ctx, accessToken)
	if err != nil {
		return account.Self{}, err
	}
	audit.NoteProven(ctx, access.Pool.ID, access.User.ID)
	return account.Self{Pool: access.Pool, Client: access.Client, User: access.User}, nil
}

func (s *Service) getUser(ctx context.Context, in *idp.GetUserRequest) (*idp.GetUserResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &idp.GetUserResponse{
		Username: new(self.User.Username), UserAttributes: shape.AttributesAnswer(directory.Readable(self.Client, self.User)),
		PreferredMfaSetting: member.Given(self.User.MFA.Preferred), UserMFASettingList: member.Some(self.User.MFA.Methods),
	}, nil
}

func (s *Service) deleteUser(ctx context.Context, in *idp.DeleteUserRequest) (*awsjson.Empty, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.Delete(ctx, self.Pool, self.User.ID)
}
