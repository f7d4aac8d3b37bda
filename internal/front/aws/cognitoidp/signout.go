package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) revokeToken(ctx context.Context, in *idp.RevokeTokenRequest) (*idp.RevokeTokenResponse, error) {
	linked, err := shape.LinkedOf(in.RevokeAssociatedSessions)
	if err != nil {
		return nil, err
	}
	pool, client, err := s.public(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = visit(ctx, client, nil); err != nil {
		return nil, err
	}
	if client.CheckSecret(member.Text(in.ClientSecret)) != nil {
		// This operation knows no NotAuthorizedException: a client that does not prove itself is "unauthorized".
		return nil, fault.New(fault.Denied, fault.Client, "Invalid client or secret")
	}
	return nil, s.SignedIn.RevokeToken(ctx, pool, client, member.Text(in.Token), linked)
}

func (s *Service) globalSignOut(ctx context.Context, in *idp.GlobalSignOutRequest) (*idp.GlobalSignOutResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.GlobalSignOut(ctx, self.Pool, self.User.ID)
}

func (s *Service) adminUserGlobalSignOut(ctx context.Context, in *idp.AdminUserGlobalSignOutRequest) (*idp.AdminUserGlobalSignOutResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.GlobalSignOut(ctx, pool, user.ID)
}
