package cognitoidp

import (
	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/password"
)

// poolAnswer writes a pool as DescribeUserPool shows it: every default, and nothing that AWS omits.
func poolAnswer(p *directory.Pool, arn string, users int) *idp.UserPoolType {
	out := &idp.UserPoolType{
		Id: new(p.ID), Name: new(p.Name), Arn: new(arn),
		CreationDate: awsjson.At(p.CreatedAt), LastModifiedDate: awsjson.At(p.ModifiedAt),
		Policies:                    &idp.UserPoolPolicyType{PasswordPolicy: policyAnswer(p.PasswordPolicy, p.TemporaryDays())},
		DeletionProtection:          new(protection(p.DeletionProtection)),
		LambdaConfig:                lambdaAnswer(p.Lambda),
		SchemaAttributes:            schemaAnswer(p.Schema),
		AutoVerifiedAttributes:      some(p.AutoVerified),
		AliasAttributes:             some(p.AliasAttributes),
		UsernameAttributes:          some(p.UsernameAttributes),
		SmsVerificationMessage:      given(p.Verification.SMSMessage),
		EmailVerificationMessage:    given(p.Verification.EmailMessage),
		EmailVerificationSubject:    given(p.Verification.EmailSubject),
		VerificationMessageTemplate: verificationAnswer(p.Verification),
		SmsAuthenticationMessage:    given(p.SMSAuthMessage),
		MfaConfiguration:            given(p.MFA.Mode),
		EstimatedNumberOfUsers:      number(users),
		EmailConfiguration:          emailAnswer(p.Email),
		SmsConfiguration:            smsAnswer(p.SMS),
		AdminCreateUserConfig:       adminCreateAnswer(p.AdminCreate, p.TemporaryDays()),
		UserPoolTier:                given(p.Tier),
		AcrConfiguration:            acrAnswer(p),
	}
	if p.Issuer != "" {
		out.IssuerConfiguration = &idp.IssuerConfigurationType{Type: new(p.Issuer)}
	}
	if k := p.Key; k != nil {
		out.KeyConfiguration = &idp.KeyConfigurationType{KeyType: new(k.Type), KmsKeyArn: given(k.ARN)}
	}
	if len(p.Tags) > 0 {
		out.UserPoolTags = p.Tags
	}
	if len(p.FirstAuthFactors) > 0 {
		out.Policies.SignInPolicy = &idp.SignInPolicyType{AllowedFirstAuthFactors: p.FirstAuthFactors}
	}
	if p.VerifyBeforeUpdate != nil {
		out.UserAttributeUpdateSettings = &idp.UserAttributeUpdateSettingsType{
			AttributesRequireVerificationBeforeUpdate: p.VerifyBeforeUpdate,
		}
	}
	if d := p.Device; d != nil {
		out.DeviceConfiguration = &idp.DeviceConfigurationType{
			ChallengeRequiredOnNewDevice: new(d.ChallengeOnNew), DeviceOnlyRememberedOnUserPrompt: new(d.OnlyOnPrompt),
		}
	}
	if a := p.AddOns; a != nil {
		out.UserPoolAddOns = &idp.UserPoolAddOnsType{AdvancedSecurityMode: new(a.AdvancedSecurityMode)}
		if a.CustomAuthMode != "" {
			out.UserPoolAddOns.AdvancedSecurityAdditionalFlows = &idp.AdvancedSecurityAdditionalFlowsType{CustomAuthMode: new(a.CustomAuthMode)}
		}
	}
	if d := p.Registration; d != nil {
		out.DcrConfiguration = &idp.DcrConfigurationType{
			EnableStatus: given(d.Status), OpenDcrEnabled: new(d.Open), AuthenticatedGrantTypes: some(d.AuthenticatedGrants),
			OpenDcrGrantTypes: some(d.OpenGrants), AllowedScopes: some(d.Scopes),
		}
	}
	if p.CaseSensitive != nil {
		out.UsernameConfiguration = &idp.UsernameConfigurationType{CaseSensitive: new(*p.CaseSensitive)}
	}
	if p.Recovery != nil {
		out.AccountRecoverySetting = &idp.AccountRecoverySettingType{RecoveryMechanisms: recoveryAnswer(p.Recovery)}
	}
	return out
}

// poolDescription writes a pool as ListUserPools shows it.
func poolDescription(p *directory.Pool) idp.UserPoolDescriptionType {
	return idp.UserPoolDescriptionType{
		Id: new(p.ID), Name: new(p.Name), LambdaConfig: lambdaAnswer(p.Lambda),
		CreationDate: awsjson.At(p.CreatedAt), LastModifiedDate: awsjson.At(p.ModifiedAt),
	}
}

func protection(on bool) string {
	if on {
		return idp.DeletionProtectionTypeActive
	}
	return idp.DeletionProtectionTypeInactive
}

func policyAnswer(p password.Policy, temporaryDays int) *idp.PasswordPolicyType {
	out := &idp.PasswordPolicyType{
		MinimumLength:    number(p.MinimumLength),
		RequireUppercase: new(p.RequireUppercase), RequireLowercase: new(p.RequireLowercase),
		RequireNumbers: new(p.RequireNumbers), RequireSymbols: new(p.RequireSymbols),
		TemporaryPasswordValidityDays: number(temporaryDays),
	}
	if p.HistorySize > 0 {
		out.PasswordHistorySize = number(p.HistorySize)
	}
	return out
}

func verificationAnswer(v directory.VerificationTexts) *idp.VerificationMessageTemplateType {
	return &idp.VerificationMessageTemplateType{
		SmsMessage: given(v.SMSMessage), EmailMessage: given(v.EmailMessage), EmailSubject: given(v.EmailSubject),
		EmailMessageByLink: given(v.EmailMessageByLink), EmailSubjectByLink: given(v.EmailSubjectByLink),
		DefaultEmailOption: given(v.DefaultEmailOption),
	}
}

func emailAnswer(c directory.EmailConfig) *idp.EmailConfigurationType {
	return &idp.EmailConfigurationType{
		EmailSendingAccount: given(c.SendingAccount), SourceArn: given(c.SourceARN), From: given(c.From),
		ReplyToEmailAddress: given(c.ReplyTo), ConfigurationSet: given(c.ConfigurationSet),
	}
}

func smsAnswer(c *directory.SMSConfig) *idp.SmsConfigurationType {
	if c == nil {
		return nil
	}
	out := &idp.SmsConfigurationType{SnsCallerArn: given(c.SNSCallerARN), ExternalId: given(c.ExternalID), SnsRegion: given(c.SNSRegion)}
	if e := c.EUMS; e != nil {
		out.EumsSms = &idp.EumsSmsConfigurationType{
			CallerArn: given(e.CallerARN), ExternalId: given(e.ExternalID), OriginationIdentity: given(e.Origin),
			ConfigurationSetName: given(e.ConfigurationSet), InEntityId: given(e.InEntityID), InTemplateId: given(e.InTemplateID), Region: given(e.Region),
		}
	}
	return out
}

// acrAnswer names every level, as AWS does even where a pool has no names of its own.
func acrAnswer(p *directory.Pool) map[string]idp.AcrLevelConfigType {
	out := map[string]idp.AcrLevelConfigType{}
	for i, name := range p.ACR() {
		out[directory.Levels[i]] = idp.AcrLevelConfigType{AcrValue: new(name)}
	}
	return out
}

func adminCreateAnswer(a directory.AdminCreateConfig, temporaryDays int) *idp.AdminCreateUserConfigType {
	out := &idp.AdminCreateUserConfigType{
		AllowAdminCreateUserOnly:  new(a.AdminOnly),
		UnusedAccountValidityDays: number(orElse(a.UnusedDays, temporaryDays)),
	}
	if a.HasInviteMessage {
		out.InviteMessageTemplate = &idp.MessageTemplateType{
			SMSMessage: given(a.SMSMessage), EmailMessage: given(a.EmailMessage), EmailSubject: given(a.EmailSubject),
		}
	}
	return out
}

func recoveryAnswer(list []directory.Recovery) []idp.RecoveryOptionType {
	out := make([]idp.RecoveryOptionType, 0, len(list))
	for _, r := range list {
		out = append(out, idp.RecoveryOptionType{Priority: number(r.Priority), Name: new(r.Name)})
	}
	return out
}

func schemaAnswer(schema []directory.Attribute) []idp.SchemaAttributeType {
	out := make([]idp.SchemaAttributeType, 0, len(schema))
	for _, a := range schema {
		w := idp.SchemaAttributeType{
			Name: new(a.Name), AttributeDataType: new(a.Type), DeveloperOnlyAttribute: new(a.DeveloperOnly),
			Mutable: new(a.Mutable), Required: new(a.Required),
		}
		if a.HasString {
			w.StringAttributeConstraints = &idp.StringAttributeConstraintsType{MinLength: given(a.MinLength), MaxLength: given(a.MaxLength)}
		}
		if a.HasNumber {
			w.NumberAttributeConstraints = &idp.NumberAttributeConstraintsType{MinValue: given(a.MinValue), MaxValue: given(a.MaxValue)}
		}
		out = append(out, w)
	}
	return out
}
