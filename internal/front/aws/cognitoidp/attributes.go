package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) updateUserAttributes(ctx context.Context, in *idp.UpdateUserAttributesRequest) (*idp.UpdateUserAttributesResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	self.ClientMetadata = in.ClientMetadata
	sent, err := s.Accounts.UpdateUserAttributes(ctx, self, shape.AttributesOf(in.UserAttributes))
	if err != nil {
		return nil, err
	}
	out := &idp.UpdateUserAttributesResponse{} // without a list where nothing was sent
	for _, d := range sent {
		out.CodeDeliveryDetailsList = append(out.CodeDeliveryDetailsList, *shape.DeliveryAnswer(&d))
	}
	return out, nil
}

func (s *Service) deleteUserAttributes(ctx context.Context, in *idp.DeleteUserAttributesRequest) (*idp.DeleteUserAttributesResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	_, err = s.Directory.Users.DeleteAttributes(ctx, self.Pool, self.User.ID, in.UserAttributeNames, directory.ByClient, self.Client)
	return nil, err
}

func (s *Service) getUserAttributeVerificationCode(ctx context.Context, in *idp.GetUserAttributeVerificationCodeRequest) (*idp.GetUserAttributeVerificationCodeResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	self.ClientMetadata = in.ClientMetadata
	sent, err := s.Accounts.GetUserAttributeVerificationCode(ctx, self, member.Text(in.AttributeName))
	if err != nil {
		return nil, err
	}
	return &idp.GetUserAttributeVerificationCodeResponse{CodeDeliveryDetails: shape.DeliveryAnswer(sent)}, nil
}

func (s *Service) verifyUserAttribute(ctx context.Context, in *idp.VerifyUserAttributeRequest) (*idp.VerifyUserAttributeResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.VerifyUserAttribute(ctx, self, member.Text(in.AttributeName), member.Text(in.Code))
}
