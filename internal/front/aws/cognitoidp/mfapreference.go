package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) setUserMFAPreference(ctx context.Context, in *idp.SetUserMFAPreferenceRequest) (*idp.SetUserMFAPreferenceResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.SetPreference(ctx, self.Pool, self.User.ID, shape.PreferenceOf(in))
}

func (s *Service) adminSetUserMFAPreference(ctx context.Context, in *idp.AdminSetUserMFAPreferenceRequest) (*idp.AdminSetUserMFAPreferenceResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.SetPreference(ctx, pool, user.ID, shape.PreferenceOf(&idp.SetUserMFAPreferenceRequest{
		SMSMfaSettings: in.SMSMfaSettings, SoftwareTokenMfaSettings: in.SoftwareTokenMfaSettings,
		EmailMfaSettings: in.EmailMfaSettings, WebAuthnMfaSettings: in.WebAuthnMfaSettings,
	}))
}

func (s *Service) setUserSettings(ctx context.Context, in *idp.SetUserSettingsRequest) (*idp.SetUserSettingsResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.setSMS(ctx, self.Pool, self.User, in.MFAOptions)
}

func (s *Service) adminSetUserSettings(ctx context.Context, in *idp.AdminSetUserSettingsRequest) (*idp.AdminSetUserSettingsResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.setSMS(ctx, pool, user, in.MFAOptions)
}

// setSMS obeys the older operations, which know codes by SMS to phone_number only. No option switches them off.
func (s *Service) setSMS(ctx context.Context, pool *directory.Pool, user *directory.User, options []idp.MFAOptionType) error {
	for _, o := range options {
		if member.Text(o.DeliveryMedium) != idp.DeliveryMediumTypeSms || member.Text(o.AttributeName) != "phone_number" {
			return fault.Invalidf("MFAOptions can only name SMS to phone_number.")
		}
	}
	return s.Factors.SetSMS(ctx, pool, user.ID, len(options) > 0)
}
