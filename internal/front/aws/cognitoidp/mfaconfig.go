package cognitoidp

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/signin"
)

func (s *Service) getUserPoolMfaConfig(ctx context.Context, in *idp.GetUserPoolMfaConfigRequest) (*idp.GetUserPoolMfaConfigResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return new(idp.GetUserPoolMfaConfigResponse(shape.MFAAnswer(pool))), nil
}

func (s *Service) setUserPoolMfaConfig(ctx context.Context, in *idp.SetUserPoolMfaConfigRequest) (*idp.SetUserPoolMfaConfigResponse, error) {
	settings, err := shape.MFASettingsOf(in)
	if err != nil {
		return nil, err
	}
	if err := s.askable(settings.MFAConfig); err != nil {
		return nil, err
	}
	pool, err := s.Directory.Pools.SetMFA(ctx, member.Text(in.UserPoolId), settings)
	if err != nil {
		return nil, err
	}
	return new(shape.MFAAnswer(pool)), nil
}

// askable refuses a second factor that sign-in cannot ask for: with it, people would be locked out of the pool, and
// without it, let in unasked.
func (s *Service) askable(mfa directory.MFAConfig) error {
	for kind, on := range map[signin.Kind]bool{
		signin.SMSMFA: mfa.SMS, signin.SoftwareTokenMFA: mfa.SoftwareToken, signin.EmailOTP: mfa.Email != nil,
	} {
		served := slices.ContainsFunc(s.SignIn.Challenges, func(c signin.Challenge) bool { return c.Kind() == kind })
		if on && !served {
			return unsupported("MFA by " + string(kind))
		}
	}
	return nil
}
