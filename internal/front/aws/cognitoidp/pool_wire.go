package cognitoidp

import (
	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/password"
)

// poolRequest is what CreateUserPool and UpdateUserPool have in common, under the names of the former.
func poolRequest(in *idp.UpdateUserPoolRequest) *idp.CreateUserPoolRequest {
	return &idp.CreateUserPoolRequest{
		PoolName: in.PoolName, Policies: in.Policies, DeletionProtection: in.DeletionProtection, LambdaConfig: in.LambdaConfig,
		AutoVerifiedAttributes: in.AutoVerifiedAttributes, SmsVerificationMessage: in.SmsVerificationMessage,
		EmailVerificationMessage: in.EmailVerificationMessage, EmailVerificationSubject: in.EmailVerificationSubject,
		VerificationMessageTemplate: in.VerificationMessageTemplate, SmsAuthenticationMessage: in.SmsAuthenticationMessage,
		MfaConfiguration: in.MfaConfiguration, UserAttributeUpdateSettings: in.UserAttributeUpdateSettings,
		DeviceConfiguration: in.DeviceConfiguration, EmailConfiguration: in.EmailConfiguration,
		SmsConfiguration: in.SmsConfiguration, UserPoolTags: in.UserPoolTags, AdminCreateUserConfig: in.AdminCreateUserConfig,
		UserPoolAddOns: in.UserPoolAddOns, AccountRecoverySetting: in.AccountRecoverySetting, UserPoolTier: in.UserPoolTier,
		DcrConfiguration: in.DcrConfiguration, KeyConfiguration: in.KeyConfiguration,
		IssuerConfiguration: in.IssuerConfiguration, AcrConfiguration: in.AcrConfiguration,
	}
}

// settingsOf reads the settings of a pool. What is absent stays zero: directory knows the defaults.
func settingsOf(in *idp.CreateUserPoolRequest) directory.Settings {
	s := directory.Settings{
		Name:               text(in.PoolName),
		DeletionProtection: text(in.DeletionProtection) == idp.DeletionProtectionTypeActive,
		Lambda:             lambdaOf(in.LambdaConfig),
		AutoVerified:       some(in.AutoVerifiedAttributes),
		Verification:       verificationOf(in),
		SMSAuthMessage:     text(in.SmsAuthenticationMessage),
		MFA:                mfaOf(in),
		Email:              emailOf(in.EmailConfiguration),
		SMS:                smsOf(in.SmsConfiguration),
		Tags:               in.UserPoolTags,
		AdminCreate:        adminCreateOf(in.AdminCreateUserConfig),
		Tier:               text(in.UserPoolTier),
	}
	if in.Policies != nil {
		s.PasswordPolicy = policyOf(in.Policies.PasswordPolicy)
		if in.Policies.SignInPolicy != nil {
			s.FirstAuthFactors = some(in.Policies.SignInPolicy.AllowedFirstAuthFactors)
		}
	}
	if u := in.UserAttributeUpdateSettings; u != nil {
		s.VerifyBeforeUpdate = append([]string{}, u.AttributesRequireVerificationBeforeUpdate...)
	}
	if d := in.DeviceConfiguration; d != nil {
		s.Device = &directory.DeviceConfig{
			ChallengeOnNew: yes(d.ChallengeRequiredOnNewDevice), OnlyOnPrompt: yes(d.DeviceOnlyRememberedOnUserPrompt),
		}
	}
	if a := in.UserPoolAddOns; a != nil {
		s.AddOns = &directory.AddOns{AdvancedSecurityMode: text(a.AdvancedSecurityMode), CustomAuthMode: customAuthMode(a)}
	}
	if d := in.DcrConfiguration; d != nil {
		s.Registration = &directory.Registration{
			Status: text(d.EnableStatus), Open: yes(d.OpenDcrEnabled), AuthenticatedGrants: some(d.AuthenticatedGrantTypes),
			OpenGrants: some(d.OpenDcrGrantTypes), Scopes: some(d.AllowedScopes),
		}
	}
	for level, c := range in.AcrConfiguration {
		if s.LevelNames == nil {
			s.LevelNames = map[string]string{}
		}
		s.LevelNames[level] = text(c.AcrValue)
	}
	if i := in.IssuerConfiguration; i != nil {
		s.Issuer = text(i.Type)
	}
	if k := in.KeyConfiguration; k != nil {
		s.Key = &directory.KeyConfig{Type: orElse(k.KeyType, "AWS_OWNED_KEY"), ARN: text(k.KmsKeyArn)}
	}
	if r := in.AccountRecoverySetting; r != nil {
		for _, m := range r.RecoveryMechanisms {
			s.Recovery = append(s.Recovery, directory.Recovery{Priority: count(m.Priority), Name: text(m.Name)})
		}
	}
	return s
}

// policyOf reads a password policy. The zero policy means "the default one"; in a policy that is given, an omitted
// requirement is off, as at AWS, and only the numbers have defaults.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
func policyOf(p *idp.PasswordPolicyType) password.Policy {
	if p == nil {
		return password.Policy{}
	}
	return password.Policy{
		MinimumLength:    int(orElse(p.MinimumLength, 8)),
		RequireUppercase: yes(p.RequireUppercase), RequireLowercase: yes(p.RequireLowercase),
		RequireNumbers: yes(p.RequireNumbers), RequireSymbols: yes(p.RequireSymbols),
		HistorySize: count(p.PasswordHistorySize), TemporaryDays: count(p.TemporaryPasswordValidityDays),
	}
}

// mfaOf reads the MFA mode. In these operations MFA means SMS: the other factors belong to SetUserPoolMfaConfig.
func mfaOf(in *idp.CreateUserPoolRequest) directory.MFAConfig {
	mode := text(in.MfaConfiguration)
	on := mode == idp.UserPoolMfaTypeOn || mode == idp.UserPoolMfaTypeOptional
	return directory.MFAConfig{Mode: mode, SMS: on && in.SmsConfiguration != nil}
}

// verificationOf reads the message templates. The template wins over the older members of the same meaning.
func verificationOf(in *idp.CreateUserPoolRequest) directory.VerificationTexts {
	v := directory.VerificationTexts{
		SMSMessage:   text(in.SmsVerificationMessage),
		EmailMessage: text(in.EmailVerificationMessage),
		EmailSubject: text(in.EmailVerificationSubject),
	}
	if t := in.VerificationMessageTemplate; t != nil {
		v.SMSMessage = orElse(t.SmsMessage, v.SMSMessage)
		v.EmailMessage = orElse(t.EmailMessage, v.EmailMessage)
		v.EmailSubject = orElse(t.EmailSubject, v.EmailSubject)
		v.EmailMessageByLink, v.EmailSubjectByLink = text(t.EmailMessageByLink), text(t.EmailSubjectByLink)
		v.DefaultEmailOption = text(t.DefaultEmailOption)
	}
	return v
}

func emailOf(c *idp.EmailConfigurationType) directory.EmailConfig {
	if c == nil {
		return directory.EmailConfig{}
	}
	return directory.EmailConfig{
		SendingAccount: text(c.EmailSendingAccount), SourceARN: text(c.SourceArn), From: text(c.From),
		ReplyTo: text(c.ReplyToEmailAddress), ConfigurationSet: text(c.ConfigurationSet),
	}
}

func smsOf(c *idp.SmsConfigurationType) *directory.SMSConfig {
	if c == nil {
		return nil
	}
	s := &directory.SMSConfig{SNSCallerARN: text(c.SnsCallerArn), ExternalID: text(c.ExternalId), SNSRegion: text(c.SnsRegion)}
	if e := c.EumsSms; e != nil {
		s.EUMS = &directory.EUMS{
			CallerARN: text(e.CallerArn), ExternalID: text(e.ExternalId), Origin: text(e.OriginationIdentity),
			ConfigurationSet: text(e.ConfigurationSetName), InEntityID: text(e.InEntityId), InTemplateID: text(e.InTemplateId), Region: text(e.Region),
		}
	}
	return s
}

func adminCreateOf(c *idp.AdminCreateUserConfigType) directory.AdminCreateConfig {
	if c == nil {
		return directory.AdminCreateConfig{}
	}
	a := directory.AdminCreateConfig{AdminOnly: yes(c.AllowAdminCreateUserOnly)}
	if c.UnusedAccountValidityDays != nil {
		a.UnusedDays = new(count(c.UnusedAccountValidityDays))
	}
	if t := c.InviteMessageTemplate; t != nil {
		a.HasInviteMessage = true
		a.SMSMessage, a.EmailMessage, a.EmailSubject = text(t.SMSMessage), text(t.EmailMessage), text(t.EmailSubject)
	}
	return a
}

// schemaOf reads schema attributes as they are asked for; directory completes them.
func schemaOf(list []idp.SchemaAttributeType) []directory.AttributeSpec {
	var schema []directory.AttributeSpec
	for _, in := range list {
		spec := directory.AttributeSpec{
			Name: text(in.Name), Type: text(in.AttributeDataType), DeveloperOnly: yes(in.DeveloperOnlyAttribute),
			Mutable: in.Mutable, Required: yes(in.Required),
		}
		if c := in.StringAttributeConstraints; c != nil {
			spec.Length = &directory.Bounds{Min: text(c.MinLength), Max: text(c.MaxLength)}
		}
		if c := in.NumberAttributeConstraints; c != nil {
			spec.Range = &directory.Bounds{Min: text(c.MinValue), Max: text(c.MaxValue)}
		}
		schema = append(schema, spec)
	}
	return schema
}

func customAuthMode(a *idp.UserPoolAddOnsType) string {
	if a == nil || a.AdvancedSecurityAdditionalFlows == nil {
		return ""
	}
	return text(a.AdvancedSecurityAdditionalFlows.CustomAuthMode)
}
