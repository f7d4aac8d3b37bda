package shape

import (
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// MFASettingsOf reads an MFA configuration. A factor that is not named is off.
func MFASettingsOf(in *idp.SetUserPoolMfaConfigRequest) (directory.MFASettings, error) {
	settings := directory.MFASettings{MFAConfig: directory.MFAConfig{Mode: member.Text(in.MfaConfiguration)}}
	if c := in.SmsMfaConfiguration; c != nil {
		settings.SMS, settings.SMSConfig, settings.SMSAuthMessage = true, smsOf(c.SmsConfiguration), member.Text(c.SmsAuthenticationMessage)
	}
	if c := in.SoftwareTokenMfaConfiguration; c != nil {
		settings.SoftwareToken, settings.SoftwareTokenSaid = member.Yes(c.Enabled), true
	}
	if c := in.EmailMfaConfiguration; c != nil {
		settings.Email = &directory.EmailMFA{Message: member.Text(c.Message), Subject: member.Text(c.Subject)}
	}
	if c := in.WebAuthnConfiguration; c != nil {
		settings.WebAuthn = &directory.WebAuthn{
			RelyingPartyID: strings.ToLower(member.Text(c.RelyingPartyId)), UserVerification: member.Text(c.UserVerification), FactorConfig: member.Text(c.FactorConfiguration),
		}
		if id := settings.WebAuthn.RelyingPartyID; id != "" {
			return settings, factor.CheckRelyingParty(id)
		}
	}
	return settings, nil
}

// MFAAnswer writes the MFA configuration of a pool; factors that are off are left out, but for a software token that was
// said to be off: tools compare what they sent.
func MFAAnswer(pool *directory.Pool) idp.SetUserPoolMfaConfigResponse {
	out := idp.SetUserPoolMfaConfigResponse{MfaConfiguration: member.Given(pool.MFA.Mode)}
	if pool.MFA.SMS {
		out.SmsMfaConfiguration = &idp.SmsMfaConfigType{
			SmsAuthenticationMessage: member.Given(pool.SMSAuthMessage), SmsConfiguration: smsAnswer(pool.SMS),
		}
	}
	if pool.MFA.SoftwareToken || pool.MFA.SoftwareTokenSaid {
		out.SoftwareTokenMfaConfiguration = &idp.SoftwareTokenMfaConfigType{Enabled: new(pool.MFA.SoftwareToken)}
	}
	if e := pool.MFA.Email; e != nil {
		out.EmailMfaConfiguration = &idp.EmailMfaConfigType{Message: member.Given(e.Message), Subject: member.Given(e.Subject)}
	}
	if w := pool.MFA.WebAuthn; w != nil {
		out.WebAuthnConfiguration = &idp.WebAuthnConfigurationType{
			RelyingPartyId: member.Given(w.RelyingPartyID), UserVerification: member.Given(w.UserVerification), FactorConfiguration: member.Given(w.FactorConfig),
		}
	}
	return out
}

// PreferenceOf reads what a request says of each factor.
func PreferenceOf(in *idp.SetUserMFAPreferenceRequest) (p factor.Preference) {
	if x := in.SMSMfaSettings; x != nil {
		p.SMS = &factor.Setting{Enabled: member.Yes(x.Enabled), Preferred: member.Yes(x.PreferredMfa)}
	}
	if x := in.SoftwareTokenMfaSettings; x != nil {
		p.SoftwareToken = &factor.Setting{Enabled: member.Yes(x.Enabled), Preferred: member.Yes(x.PreferredMfa)}
	}
	if x := in.EmailMfaSettings; x != nil {
		p.Email = &factor.Setting{Enabled: member.Yes(x.Enabled), Preferred: member.Yes(x.PreferredMfa)}
	}
	if x := in.WebAuthnMfaSettings; x != nil {
		p.Passkey = new(member.Yes(x.Enabled))
	}
	return p
}
