package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) getUserAuthFactors(ctx context.Context, in *idp.GetUserAuthFactorsRequest) (*idp.GetUserAuthFactorsResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return s.factors(ctx, self.User)
}

func (s *Service) adminGetUserAuthFactors(ctx context.Context, in *idp.AdminGetUserAuthFactorsRequest) (*idp.AdminGetUserAuthFactorsResponse, error) {
	_, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	out, err := s.factors(ctx, user)
	if err != nil {
		return nil, err
	}
	return new(idp.AdminGetUserAuthFactorsResponse(*out)), nil
}

// factors lists the ways in which a user can begin to sign in here.
func (s *Service) factors(ctx context.Context, user *directory.User) (*idp.GetUserAuthFactorsResponse, error) {
	out := &idp.GetUserAuthFactorsResponse{
		Username: new(user.Username), PreferredMfaSetting: given(user.MFA.Preferred), UserMFASettingList: some(user.MFA.Methods),
	}
	has, _, err := s.Directory.Passwords.State(ctx, user.PoolID, user.ID)
	if has {
		out.ConfiguredUserAuthFactors = []string{idp.AuthFactorTypePassword}
	}
	return out, err
}
