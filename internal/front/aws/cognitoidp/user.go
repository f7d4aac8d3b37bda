package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/message"
)

// user finds the pool and the user that a signed operation names.
func (s *Service) user(ctx context.Context, poolID, username *string) (*directory.Pool, *directory.User, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := s.Directory.Users.Find(ctx, pool, member.Text(username))
	if err != nil {
		return nil, nil, err
	}
	return pool, user, nil
}

func (s *Service) adminCreateUser(ctx context.Context, in *idp.AdminCreateUserRequest) (*idp.AdminCreateUserResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	invite := account.Invite{
		Username: member.Text(in.Username), Attributes: shape.AttributesOf(in.UserAttributes), TemporaryPassword: member.Text(in.TemporaryPassword),
		ForceAlias: member.Yes(in.ForceAliasCreation), Action: member.Text(in.MessageAction),
		ValidationData: shape.AttributesOf(in.ValidationData), ClientMetadata: in.ClientMetadata,
	}
	for _, medium := range in.DesiredDeliveryMediums {
		invite.Media = append(invite.Media, message.Medium(medium))
	}
	user, err := s.Accounts.AdminCreateUser(ctx, pool, invite)
	if err != nil {
		return nil, err
	}
	return &idp.AdminCreateUserResponse{User: new(shape.UserAnswer(user, user.Values()))}, nil
}

func (s *Service) adminGetUser(ctx context.Context, in *idp.AdminGetUserRequest) (*idp.AdminGetUserResponse, error) {
	_, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &idp.AdminGetUserResponse{
		Username: new(user.Username), UserAttributes: shape.AttributesAnswer(user.Values()),
		UserCreateDate: awsjson.At(user.CreatedAt), UserLastModifiedDate: awsjson.At(user.ModifiedAt),
		Enabled: new(user.Enabled), UserStatus: new(string(user.Status)),
		PreferredMfaSetting: member.Given(user.MFA.Preferred), UserMFASettingList: member.Some(user.MFA.Methods),
	}, nil
}

func (s *Service) adminDeleteUser(ctx context.Context, in *idp.AdminDeleteUserRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.Delete(ctx, pool, user.ID)
}

func (s *Service) adminEnableUser(ctx context.Context, in *idp.AdminEnableUserRequest) (*idp.AdminEnableUserResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.Enable(ctx, pool, member.Text(in.Username))
}

func (s *Service) adminDisableUser(ctx context.Context, in *idp.AdminDisableUserRequest) (*idp.AdminDisableUserResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.Disable(ctx, pool, member.Text(in.Username))
}

func (s *Service) adminUpdateUserAttributes(ctx context.Context, in *idp.AdminUpdateUserAttributesRequest) (*idp.AdminUpdateUserAttributesResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.AdminUpdateUserAttributes(ctx, pool, member.Text(in.Username), shape.AttributesOf(in.UserAttributes), in.ClientMetadata)
}

func (s *Service) adminDeleteUserAttributes(ctx context.Context, in *idp.AdminDeleteUserAttributesRequest) (*idp.AdminDeleteUserAttributesResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	_, err = s.Directory.Users.DeleteAttributes(ctx, pool, user.ID, in.UserAttributeNames, directory.ByAdmin, nil)
	return nil, err
}

func (s *Service) adminConfirmSignUp(ctx context.Context, in *idp.AdminConfirmSignUpRequest) (*idp.AdminConfirmSignUpResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.AdminConfirmSignUp(ctx, pool, member.Text(in.Username), in.ClientMetadata)
}

func (s *Service) adminResetUserPassword(ctx context.Context, in *idp.AdminResetUserPasswordRequest) (*idp.AdminResetUserPasswordResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.AdminResetUserPassword(ctx, pool, member.Text(in.Username), in.ClientMetadata)
}

func (s *Service) adminSetUserPassword(ctx context.Context, in *idp.AdminSetUserPasswordRequest) (*idp.AdminSetUserPasswordResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.AdminSetUserPassword(ctx, pool, member.Text(in.Username), member.Text(in.Password), member.Yes(in.Permanent))
}
