package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) forgotPassword(ctx context.Context, in *idp.ForgotPasswordRequest) (*idp.ForgotPasswordResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	sent, err := s.Accounts.ForgotPassword(ctx, shape.CallerOf(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata))
	if err != nil {
		return nil, err
	}
	return &idp.ForgotPasswordResponse{CodeDeliveryDetails: shape.DeliveryAnswer(sent)}, nil
}

func (s *Service) confirmForgotPassword(ctx context.Context, in *idp.ConfirmForgotPasswordRequest) (*idp.ConfirmForgotPasswordResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.ConfirmForgotPassword(ctx, account.Reset{
		Caller: shape.CallerOf(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata),
		Code:   member.Text(in.ConfirmationCode), Password: member.Text(in.Password),
	})
}

func (s *Service) changePassword(ctx context.Context, in *idp.ChangePasswordRequest) (*idp.ChangePasswordResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if ctx, err = visit(ctx, self.Client, nil); err != nil {
		return nil, err
	}
	return nil, s.Accounts.ChangePassword(ctx, self, member.Text(in.PreviousPassword), member.Text(in.ProposedPassword))
}
