package cognitoidp

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) getUserAuthFactors(ctx context.Context, in *idp.GetUserAuthFactorsRequest) (*idp.GetUserAuthFactorsResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return s.factors(ctx, self.Pool, self.User)
}

func (s *Service) adminGetUserAuthFactors(ctx context.Context, in *idp.AdminGetUserAuthFactorsRequest) (*idp.AdminGetUserAuthFactorsResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	out, err := s.factors(ctx, pool, user)
	if err != nil {
		return nil, err
	}
	return new(idp.AdminGetUserAuthFactorsResponse(*out)), nil
}

// factors lists what a user can prove themselves with here. Codes to an address count where the pool lets them come
// first.
func (s *Service) factors(ctx context.Context, pool *directory.Pool, user *directory.User) (*idp.GetUserAuthFactorsResponse, error) {
	out := &idp.GetUserAuthFactorsResponse{
		Username: new(user.Username), PreferredMfaSetting: member.Given(user.MFA.Preferred), UserMFASettingList: member.Some(user.MFA.Methods),
	}
	password, _, err := s.Directory.Passwords.State(ctx, user.PoolID, user.ID)
	if err != nil {
		return nil, err
	}
	has, err := s.Factors.Registered(ctx, user.PoolID, user.ID)
	if err != nil {
		return nil, err
	}
	first := func(name string) bool { return slices.Contains(pool.FirstAuthFactors, name) }
	verified := func(name string) bool { return user.Attributes[name+"_verified"] == "true" }
	for _, f := range []struct {
		name string
		has  bool
	}{
		{idp.AuthFactorTypePassword, password},
		{idp.AuthFactorTypeEmailOtp, first("EMAIL_OTP") && verified("email")},
		{idp.AuthFactorTypeSmsOtp, first("SMS_OTP") && verified("phone_number")},
		{idp.AuthFactorTypeWebAuthn, has.Passkeys > 0},
		{idp.AuthFactorTypeSoftwareToken, has.SoftwareToken},
	} {
		if f.has {
			out.ConfiguredUserAuthFactors = append(out.ConfiguredUserAuthFactors, f.name)
		}
	}
	return out, nil
}
