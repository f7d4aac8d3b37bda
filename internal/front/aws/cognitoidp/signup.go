package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) signUp(ctx context.Context, in *idp.SignUpRequest) (*idp.SignUpResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	made, err := s.Accounts.SignUp(ctx, account.SignUp{
		Caller:   shape.CallerOf(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata),
		Password: member.Text(in.Password), Attributes: shape.AttributesOf(in.UserAttributes), ValidationData: shape.AttributesOf(in.ValidationData),
	})
	if err != nil {
		return nil, err
	}
	return &idp.SignUpResponse{
		UserConfirmed: new(made.Confirmed), UserSub: new(made.UserID), CodeDeliveryDetails: shape.DeliveryAnswer(made.Delivery),
		Session: member.Given(made.Session),
	}, nil
}

func (s *Service) confirmSignUp(ctx context.Context, in *idp.ConfirmSignUpRequest) (*idp.ConfirmSignUpResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	session, err := s.Accounts.ConfirmSession(ctx, account.Confirmation{
		Caller: shape.CallerOf(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata),
		Code:   member.Text(in.ConfirmationCode), ForceAlias: member.Yes(in.ForceAliasCreation),
	}, member.Text(in.Session))
	return &idp.ConfirmSignUpResponse{Session: member.Given(session)}, err
}

func (s *Service) resendConfirmationCode(ctx context.Context, in *idp.ResendConfirmationCodeRequest) (*idp.ResendConfirmationCodeResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	sent, err := s.Accounts.ResendConfirmationCode(ctx, shape.CallerOf(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata))
	if err != nil {
		return nil, err
	}
	return &idp.ResendConfirmationCodeResponse{CodeDeliveryDetails: shape.DeliveryAnswer(sent)}, nil
}
