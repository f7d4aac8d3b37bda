package shape

import (
	"cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/password"
)

// PoolAnswer writes a pool as DescribeUserPool shows it: every default, and nothing that AWS omits.
func PoolAnswer(p *directory.Pool, arn string, users int) *idp.UserPoolType {
	out := &idp.UserPoolType{
		Id: new(p.ID), Name: new(p.Name), Arn: new(arn),
		CreationDate: awsjson.At(p.CreatedAt), LastModifiedDate: awsjson.At(p.ModifiedAt),
		Policies:                    &idp.UserPoolPolicyType{PasswordPolicy: policyAnswer(p.PasswordPolicy, p.TemporaryDays())},
		DeletionProtection:          new(protection(p.DeletionProtection)),
		LambdaConfig:                lambdaAnswer(p.Lambda),
		SchemaAttributes:            schemaAnswer(p.Schema),
		AutoVerifiedAttributes:      member.Some(p.AutoVerified),
		AliasAttributes:             member.Some(p.AliasAttributes),
		UsernameAttributes:          member.Some(p.UsernameAttributes),
		SmsVerificationMessage:      member.Given(p.Verification.SMSMessage),
		EmailVerificationMessage:    member.Given(p.Verification.EmailMessage),
		EmailVerificationSubject:    member.Given(p.Verification.EmailSubject),
		VerificationMessageTemplate: verificationAnswer(p.Verification),
		SmsAuthenticationMessage:    member.Given(p.SMSAuthMessage),
		MfaConfiguration:            member.Given(p.MFA.Mode),
		EstimatedNumberOfUsers:      member.Number(users),
		EmailConfiguration:          emailAnswer(p.Email),
		SmsConfiguration:            smsAnswer(p.SMS),
		AdminCreateUserConfig:       adminCreateAnswer(p.AdminCreate, p.TemporaryDays()),
		UserPoolTier:                member.Given(p.Tier),
		AcrConfiguration:            acrAnswer(p),
		IssuerConfiguration:         &idp.IssuerConfigurationType{Type: new(cmp.Or(p.Issuer, "ORIGINAL"))},
		KeyConfiguration:            keyAnswer(p.Key),
		UserAttributeUpdateSettings: &idp.UserAttributeUpdateSettingsType{
			AttributesRequireVerificationBeforeUpdate: append([]string{}, p.VerifyBeforeUpdate...),
		},
	}
	if p.Recovery != nil {
		out.AccountRecoverySetting = &idp.AccountRecoverySettingType{RecoveryMechanisms: recoveryAnswer(p.Recovery)}
	}
	if len(p.Tags) > 0 {
		out.UserPoolTags = p.Tags
	}
	if len(p.FirstAuthFactors) > 0 {
		out.Policies.SignInPolicy = &idp.SignInPolicyType{AllowedFirstAuthFactors: p.FirstAuthFactors}
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
			EnableStatus: member.Given(d.Status), OpenDcrEnabled: new(d.Open), AuthenticatedGrantTypes: member.Some(d.AuthenticatedGrants),
			OpenDcrGrantTypes: member.Some(d.OpenGrants), AllowedScopes: member.Some(d.Scopes),
		}
	}
	if p.CaseSensitive != nil {
		out.UsernameConfiguration = &idp.UsernameConfigurationType{CaseSensitive: new(*p.CaseSensitive)}
	}
	return out
}

// PoolDescription writes a pool as ListUserPools shows it.
func PoolDescription(p *directory.Pool) idp.UserPoolDescriptionType {
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
		MinimumLength:    member.Number(p.MinimumLength),
		RequireUppercase: new(p.RequireUppercase), RequireLowercase: new(p.RequireLowercase),
		RequireNumbers: new(p.RequireNumbers), RequireSymbols: new(p.RequireSymbols),
		TemporaryPasswordValidityDays: member.Number(temporaryDays),
	}
	if p.HistorySize > 0 {
		out.PasswordHistorySize = member.Number(p.HistorySize)
	}
	return out
}

func verificationAnswer(v directory.VerificationTexts) *idp.VerificationMessageTemplateType {
	return &idp.VerificationMessageTemplateType{
		SmsMessage: member.Given(v.SMSMessage), EmailMessage: member.Given(v.EmailMessage), EmailSubject: member.Given(v.EmailSubject),
		EmailMessageByLink: member.Given(v.EmailMessageByLink), EmailSubjectByLink: member.Given(v.EmailSubjectByLink),
		DefaultEmailOption: member.Given(v.DefaultEmailOption),
	}
}

func emailAnswer(c directory.EmailConfig) *idp.EmailConfigurationType {
	return &idp.EmailConfigurationType{
		EmailSendingAccount: member.Given(c.SendingAccount), SourceArn: member.Given(c.SourceARN), From: member.Given(c.From),
		ReplyToEmailAddress: member.Given(c.ReplyTo), ConfigurationSet: member.Given(c.ConfigurationSet),
	}
}

func smsAnswer(c *directory.SMSConfig) *idp.SmsConfigurationType {
	if c == nil {
		return nil
	}
	out := &idp.SmsConfigurationType{SnsCallerArn: member.Given(c.SNSCallerARN), ExternalId: member.Given(c.ExternalID), SnsRegion: member.Given(c.SNSRegion)}
	if e := c.EUMS; e != nil {
		out.EumsSms = &idp.EumsSmsConfigurationType{
			CallerArn: member.Given(e.CallerARN), ExternalId: member.Given(e.ExternalID), OriginationIdentity: member.Given(e.Origin),
			ConfigurationSetName: member.Given(e.ConfigurationSet), InEntityId: member.Given(e.InEntityID), InTemplateId: member.Given(e.InTemplateID), Region: member.Given(e.Region),
		}
	}
	return out
}

// acrAnswer names every level, as AWS does even where a pool has no names of its own.
func acrAnswer(p *directory.Pool) map[string]idp.AcrLevelConfigType {
	out := map[string]idp.AcrLevelConfigType{}
	for i, name := range p.ACR() {
		out[userpool.Levels[i]] = idp.AcrLevelConfigType{AcrValue: new(name)}
	}
	return out
}

func adminCreateAnswer(a directory.AdminCreateConfig, temporaryDays int) *idp.AdminCreateUserConfigType {
	out := &idp.AdminCreateUserConfigType{
		AllowAdminCreateUserOnly:  new(a.AdminOnly),
		UnusedAccountValidityDays: member.Number(member.Or(a.UnusedDays, temporaryDays)),
	}
	if a.HasInviteMessage {
		out.InviteMessageTemplate = &idp.MessageTemplateType{
			SMSMessage: member.Given(a.SMSMessage), EmailMessage: member.Given(a.EmailMessage), EmailSubject: member.Given(a.EmailSubject),
		}
	}
	return out
}

func keyAnswer(k *directory.KeyConfig) *idp.KeyConfigurationType {
	if k == nil {
		return &idp.KeyConfigurationType{KeyType: new("AWS_OWNED_KEY")}
	}
	return &idp.KeyConfigurationType{KeyType: new(k.Type), KmsKeyArn: member.Given(k.ARN)}
}

func recoveryAnswer(list []directory.Recovery) []idp.RecoveryOptionType {
	out := make([]idp.RecoveryOptionType, 0, len(list))
	for _, r := range list {
		out = append(out, idp.RecoveryOptionType{Priority: member.Number(r.Priority), Name: new(r.Name)})
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
			w.StringAttributeConstraints = &idp.StringAttributeConstraintsType{MinLength: member.Given(a.MinLength), MaxLength: member.Given(a.MaxLength)}
		}
		if a.HasNumber {
			w.NumberAttributeConstraints = &idp.NumberAttributeConstraintsType{MinValue: member.Given(a.MinValue), MaxValue: member.Given(a.MaxValue)}
		}
		out = append(out, w)
	}
	return out
}
