package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// tokenOrSession refuses a request that does not say in one way whose authenticator app it is about.
func tokenOrSession(accessToken, session *string) error {
	if (accessToken == nil) == (session == nil) {
		return fault.Invalidf("Exactly one of AccessToken and Session is required.")
	}
	return nil
}

func (s *Service) associateSoftwareToken(ctx context.Context, in *idp.AssociateSoftwareTokenRequest) (*idp.AssociateSoftwareTokenResponse, error) {
	if err := tokenOrSession(in.AccessToken, in.Session); err != nil {
		return nil, err
	}
	if in.Session != nil {
		secret, session, err := s.SignIn.AssociateSoftwareToken(ctx, member.Text(in.Session))
		return &idp.AssociateSoftwareTokenResponse{SecretCode: member.Given(secret), Session: member.Given(session)}, err
	}
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	secret, err := s.Factors.Associate(ctx, self.Pool, self.User.ID)
	return &idp.AssociateSoftwareTokenResponse{SecretCode: member.Given(secret)}, err
}

func (s *Service) verifySoftwareToken(ctx context.Context, in *idp.VerifySoftwareTokenRequest) (*idp.VerifySoftwareTokenResponse, error) {
	if err := tokenOrSession(in.AccessToken, in.Session); err != nil {
		return nil, err
	}
	out := &idp.VerifySoftwareTokenResponse{Status: new(idp.VerifySoftwareTokenResponseTypeSuccess)}
	if in.Session != nil {
		session, err := s.SignIn.VerifySoftwareToken(ctx, member.Text(in.Session), member.Text(in.UserCode), member.Text(in.FriendlyDeviceName))
		out.Session = member.Given(session)
		return out, err
	}
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return out, s.Factors.Verify(ctx, self.Pool, self.User.ID, member.Text(in.UserCode), member.Text(in.FriendlyDeviceName))
}

func (s *Service) adminDeleteSoftwareToken(ctx context.Context, in *idp.AdminDeleteSoftwareTokenRequest) (*idp.AdminDeleteSoftwareTokenResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.DeleteToken(ctx, pool, user.ID)
}
