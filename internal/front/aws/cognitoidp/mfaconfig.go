package cognitoidp

import (
	"context"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/signin"
)

func (s *Service) getUserPoolMfaConfig(ctx context.Context, in *idp.GetUserPoolMfaConfigRequest) (*idp.GetUserPoolMfaConfigResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return new(idp.GetUserPoolMfaConfigResponse(mfaAnswer(pool))), nil
}

func (s *Service) setUserPoolMfaConfig(ctx context.Context, in *idp.SetUserPoolMfaConfigRequest) (*idp.SetUserPoolMfaConfigResponse, error) {
	settings, err := mfaSettingsOf(in)
	if err != nil {
		return nil, err
	}
	if err := s.askable(settings.MFAConfig); err != nil {
		return nil, err
	}
	pool, err := s.Directory.Pools.SetMFA(ctx, text(in.UserPoolId), settings)
	if err != nil {
		return nil, err
	}
	return new(mfaAnswer(pool)), nil
}

// mfaSettingsOf reads an MFA configuration. A factor that is not named is off.
func mfaSettingsOf(in *idp.SetUserPoolMfaConfigRequest) (directory.MFASettings, error) {
	settings := directory.MFASettings{MFAConfig: directory.MFAConfig{Mode: text(in.MfaConfiguration)}}
	if c := in.SmsMfaConfiguration; c != nil {
		settings.SMS, settings.SMSConfig, settings.SMSAuthMessage = true, smsOf(c.SmsConfiguration), text(c.SmsAuthenticationMessage)
	}
	if c := in.SoftwareTokenMfaConfiguration; c != nil {
		settings.SoftwareToken, settings.SoftwareTokenSaid = yes(c.Enabled), true
	}
	if c := in.EmailMfaConfiguration; c != nil {
		settings.Email = &directory.EmailMFA{Message: text(c.Message), Subject: text(c.Subject)}
	}
	if c := in.WebAuthnConfiguration; c != nil {
		settings.WebAuthn = &directory.WebAuthn{
			RelyingPartyID: strings.ToLower(text(c.RelyingPartyId)), UserVerification: text(c.UserVerification), FactorConfig: text(c.FactorConfiguration),
		}
		if id := settings.WebAuthn.RelyingPartyID; id != "" {
			return settings, factor.CheckRelyingParty(id)
		}
	}
	return settings, nil
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

// mfaAnswer writes the MFA configuration of a pool; factors that are off are left out, but for a software token that was
// said to be off: tools compare what they sent.
func mfaAnswer(pool *directory.Pool) idp.SetUserPoolMfaConfigResponse {
	out := idp.SetUserPoolMfaConfigResponse{MfaConfiguration: given(pool.MFA.Mode)}
	if pool.MFA.SMS {
		out.SmsMfaConfiguration = &idp.SmsMfaConfigType{
			SmsAuthenticationMessage: given(pool.SMSAuthMessage), SmsConfiguration: smsAnswer(pool.SMS),
		}
	}
	if pool.MFA.SoftwareToken || pool.MFA.SoftwareTokenSaid {
		out.SoftwareTokenMfaConfiguration = &idp.SoftwareTokenMfaConfigType{Enabled: new(pool.MFA.SoftwareToken)}
	}
	if e := pool.MFA.Email; e != nil {
		out.EmailMfaConfiguration = &idp.EmailMfaConfigType{Message: given(e.Message), Subject: given(e.Subject)}
	}
	if w := pool.MFA.WebAuthn; w != nil {
		out.WebAuthnConfiguration = &idp.WebAuthnConfigurationType{
			RelyingPartyId: given(w.RelyingPartyID), UserVerification: given(w.UserVerification), FactorConfiguration: given(w.FactorConfig),
		}
	}
	return out
}
