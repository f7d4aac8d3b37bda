package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/account"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) signUp(ctx context.Context, in *idp.SignUpRequest) (*idp.SignUpResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	made, err := s.Accounts.SignUp(ctx, account.SignUp{
		Caller:   caller(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata),
		Password: text(in.Password), Attributes: attributesOf(in.UserAttributes), ValidationData: attributesOf(in.ValidationData),
	})
	if err != nil {
		return nil, err
	}
	return &idp.SignUpResponse{
		UserConfirmed: new(made.Confirmed), UserSub: new(made.UserID), CodeDeliveryDetails: deliveryAnswer(made.Delivery),
		Session: given(made.Session),
	}, nil
}

func (s *Service) confirmSignUp(ctx context.Context, in *idp.ConfirmSignUpRequest) (*idp.ConfirmSignUpResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	session, err := s.Accounts.ConfirmSession(ctx, account.Confirmation{
		Caller: caller(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata),
		Code:   text(in.ConfirmationCode), ForceAlias: yes(in.ForceAliasCreation),
	}, text(in.Session))
	return &idp.ConfirmSignUpResponse{Session: given(session)}, err
}

func (s *Service) resendConfirmationCode(ctx context.Context, in *idp.ResendConfirmationCodeRequest) (*idp.ResendConfirmationCodeResponse, error) {
	ctx, err := s.visited(ctx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	sent, err := s.Accounts.ResendConfirmationCode(ctx, caller(in.ClientId, in.SecretHash, in.Username, in.ClientMetadata))
	if err != nil {
		return nil, err
	}
	return &idp.ResendConfirmationCodeResponse{CodeDeliveryDetails: deliveryAnswer(sent)}, nil
}

func caller(clientID, secretHash, username *string, metadata map[string]string) account.Caller {
	return account.Caller{
		ClientID: text(clientID), SecretHash: text(secretHash), Username: text(username), ClientMetadata: metadata,
	}
}

// deliveryAnswer says where a code went; nil when none was sent.
func deliveryAnswer(d *account.Delivery) *idp.CodeDeliveryDetailsType {
	if d == nil {
		return nil
	}
	return &idp.CodeDeliveryDetailsType{
		Destination: new(d.Destination), DeliveryMedium: new(string(d.Medium)), AttributeName: new(d.Attribute),
	}
}
