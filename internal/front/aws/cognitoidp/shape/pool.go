package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/password"
)

// PoolRequest is what CreateUserPool and UpdateUserPool have in common, under the names of the former.
func PoolRequest(in *idp.UpdateUserPoolRequest) *idp.CreateUserPoolRequest {
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

// SettingsOf reads the settings of a pool. What is absent stays zero: directory knows the defaults.
func SettingsOf(in *idp.CreateUserPoolRequest) directory.Settings {
	s := directory.Settings{
		Name:               member.Text(in.PoolName),
		DeletionProtection: member.Text(in.DeletionProtection) == idp.DeletionProtectionTypeActive,
		Lambda:             lambdaOf(in.LambdaConfig),
		AutoVerified:       member.Some(in.AutoVerifiedAttributes),
		Verification:       verificationOf(in),
		SMSAuthMessage:     member.Text(in.SmsAuthenticationMessage),
		MFA:                mfaOf(in),
		Email:              emailOf(in.EmailConfiguration),
		SMS:                smsOf(in.SmsConfiguration),
		Tags:               in.UserPoolTags,
		AdminCreate:        adminCreateOf(in.AdminCreateUserConfig),
		Tier:               member.Text(in.UserPoolTier),
	}
	if in.Policies != nil {
		s.PasswordPolicy = policyOf(in.Policies.PasswordPolicy)
		if in.Policies.SignInPolicy != nil {
			s.FirstAuthFactors = member.Some(in.Policies.SignInPolicy.AllowedFirstAuthFactors)
		}
	}
	if u := in.UserAttributeUpdateSettings; u != nil {
		s.VerifyBeforeUpdate = append([]string{}, u.AttributesRequireVerificationBeforeUpdate...)
	}
	if d := in.DeviceConfiguration; d != nil {
		s.Device = &directory.DeviceConfig{
			ChallengeOnNew: member.Yes(d.ChallengeRequiredOnNewDevice), OnlyOnPrompt: member.Yes(d.DeviceOnlyRememberedOnUserPrompt),
		}
	}
	if a := in.UserPoolAddOns; a != nil {
		s.AddOns = &directory.AddOns{AdvancedSecurityMode: member.Text(a.AdvancedSecurityMode), CustomAuthMode: customAuthMode(a)}
	}
	if d := in.DcrConfiguration; d != nil {
		s.Registration = &directory.Registration{
			Status: member.Text(d.EnableStatus), Open: member.Yes(d.OpenDcrEnabled), AuthenticatedGrants: member.Some(d.AuthenticatedGrantTypes),
			OpenGrants: member.Some(d.OpenDcrGrantTypes), Scopes: member.Some(d.AllowedScopes),
		}
	}
	for level, c := range in.AcrConfiguration {
		if s.LevelNames == nil {
			s.LevelNames = map[string]string{}
		}
		s.LevelNames[level] = member.Text(c.AcrValue)
	}
	if i := in.IssuerConfiguration; i != nil {
		s.Issuer = member.Text(i.Type)
	}
	if k := in.KeyConfiguration; k != nil {
		s.Key = &directory.KeyConfig{Type: member.Or(k.KeyType, "AWS_OWNED_KEY"), ARN: member.Text(k.KmsKeyArn)}
	}
	if r := in.AccountRecoverySetting; r != nil {
		for _, m := range r.RecoveryMechanisms {
			s.Recovery = append(s.Recovery, directory.Recovery{Priority: member.Count(m.Priority), Name: member.Text(m.Name)})
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
		MinimumLength:    int(member.Or(p.MinimumLength, 8)),
		RequireUppercase: member.Yes(p.RequireUppercase), RequireLowercase: member.Yes(p.RequireLowercase),
		RequireNumbers: member.Yes(p.RequireNumbers), RequireSymbols: member.Yes(p.RequireSymbols),
		HistorySize: member.Count(p.PasswordHistorySize), TemporaryDays: member.Count(p.TemporaryPasswordValidityDays),
	}
}

// mfaOf reads the MFA mode. In these operations MFA means SMS: the other factors belong to SetUserPoolMfaConfig.
func mfaOf(in *idp.CreateUserPoolRequest) directory.MFAConfig {
	mode := member.Text(in.MfaConfiguration)
	on := mode == idp.UserPoolMfaTypeOn || mode == idp.UserPoolMfaTypeOptional
	return directory.MFAConfig{Mode: mode, SMS: on && in.SmsConfiguration != nil}
}

// verificationOf reads the message templates. The template wins over the older members of the same meaning.
func verificationOf(in *idp.CreateUserPoolRequest) directory.VerificationTexts {
	v := directory.VerificationTexts{
		SMSMessage:   member.Text(in.SmsVerificationMessage),
		EmailMessage: member.Text(in.EmailVerificationMessage),
		EmailSubject: member.Text(in.EmailVerificationSubject),
	}
	if t := in.VerificationMessageTemplate; t != nil {
		v.SMSMessage = member.Or(t.SmsMessage, v.SMSMessage)
		v.EmailMessage = member.Or(t.EmailMessage, v.EmailMessage)
		v.EmailSubject = member.Or(t.EmailSubject, v.EmailSubject)
		v.EmailMessageByLink, v.EmailSubjectByLink = member.Text(t.EmailMessageByLink), member.Text(t.EmailSubjectByLink)
		v.DefaultEmailOption = member.Text(t.DefaultEmailOption)
	}
	return v
}

func emailOf(c *idp.EmailConfigurationType) directory.EmailConfig {
	if c == nil {
		return directory.EmailConfig{}
	}
	return directory.EmailConfig{
		SendingAccount: member.Text(c.EmailSendingAccount), SourceARN: member.Text(c.SourceArn), From: member.Text(c.From),
		ReplyTo: member.Text(c.ReplyToEmailAddress), ConfigurationSet: member.Text(c.ConfigurationSet),
	}
}

func smsOf(c *idp.SmsConfigurationType) *directory.SMSConfig {
	if c == nil {
		return nil
	}
	s := &directory.SMSConfig{SNSCallerARN: member.Text(c.SnsCallerArn), ExternalID: member.Text(c.ExternalId), SNSRegion: member.Text(c.SnsRegion)}
	if e := c.EumsSms; e != nil {
		s.EUMS = &directory.EUMS{
			CallerARN: member.Text(e.CallerArn), ExternalID: member.Text(e.ExternalId), Origin: member.Text(e.OriginationIdentity),
			ConfigurationSet: member.Text(e.ConfigurationSetName), InEntityID: member.Text(e.InEntityId), InTemplateID: member.Text(e.InTemplateId), Region: member.Text(e.Region),
		}
	}
	return s
}

func adminCreateOf(c *idp.AdminCreateUserConfigType) directory.AdminCreateConfig {
	if c == nil {
		return directory.AdminCreateConfig{}
	}
	a := directory.AdminCreateConfig{AdminOnly: member.Yes(c.AllowAdminCreateUserOnly)}
	if c.UnusedAccountValidityDays != nil {
		a.UnusedDays = new(member.Count(c.UnusedAccountValidityDays))
	}
	if t := c.InviteMessageTemplate; t != nil {
		a.HasInviteMessage = true
		a.SMSMessage, a.EmailMessage, a.EmailSubject = member.Text(t.SMSMessage), member.Text(t.EmailMessage), member.Text(t.EmailSubject)
	}
	return a
}

// SchemaOf reads schema attributes as they are asked for; directory completes them.
func SchemaOf(list []idp.SchemaAttributeType) []directory.AttributeSpec {
	var schema []directory.AttributeSpec
	for _, in := range list {
		spec := directory.AttributeSpec{
			Name: member.Text(in.Name), Type: member.Text(in.AttributeDataType), DeveloperOnly: member.Yes(in.DeveloperOnlyAttribute),
			Mutable: in.Mutable, Required: member.Yes(in.Required),
		}
		if c := in.StringAttributeConstraints; c != nil {
			spec.Length = &directory.Bounds{Min: member.Text(c.MinLength), Max: member.Text(c.MaxLength)}
		}
		if c := in.NumberAttributeConstraints; c != nil {
			spec.Range = &directory.Bounds{Min: member.Text(c.MinValue), Max: member.Text(c.MaxValue)}
		}
		schema = append(schema, spec)
	}
	return schema
}

func customAuthMode(a *idp.UserPoolAddOnsType) string {
	if a == nil || a.AdvancedSecurityAdditionalFlows == nil {
		return ""
	}
	return member.Text(a.AdvancedSecurityAdditionalFlows.CustomAuthMode)
}
