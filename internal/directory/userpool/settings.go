package userpool

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/tag"
	"cognate.dev/cognate/internal/password"
)

// The feature plans. https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
const (
	TierLite       = "LITE"
	tierEssentials = "ESSENTIALS"
	tierPlus       = "PLUS"
)

// Settle fills the defaults of a pool's settings and refuses combinations that Cognito refuses.
func (p *Pool) Settle() error {
	p.PasswordPolicy = filledPolicy(p.PasswordPolicy)
	if p.MFA.Mode == "" {
		p.MFA.Mode = "OFF"
	}
	if p.Email.SendingAccount == "" {
		p.Email.SendingAccount = "COGNITO_DEFAULT"
	}
	if p.Verification.DefaultEmailOption == "" {
		p.Verification.DefaultEmailOption = "CONFIRM_WITH_CODE"
	}
	p.AdminCreate.HasInviteMessage = p.AdminCreate.HasInviteMessage ||
		p.AdminCreate.SMSMessage != "" || p.AdminCreate.EmailMessage != "" || p.AdminCreate.EmailSubject != ""
	for _, check := range []func() error{
		p.checkPolicy, p.settleTier, p.checkMFA, p.checkFactors, p.checkContacts, p.checkRecovery, p.checkRegistration, p.checkIssuance,
		func() error { return CheckTags(p.Tags) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// filledPolicy turns "not given" into Cognito's default policy.
func filledPolicy(given password.Policy) password.Policy {
	if given == (password.Policy{TemporaryDays: given.TemporaryDays}) {
		given.RequireUppercase, given.RequireLowercase = true, true
		given.RequireNumbers, given.RequireSymbols = true, true
	}
	if given.MinimumLength == 0 {
		given.MinimumLength = 8
	}
	return given
}

// TemporaryDays is how many days a temporary password lives: the policy's, else the older setting, else seven.
func (p *Pool) TemporaryDays() int {
	switch {
	case p.PasswordPolicy.TemporaryDays > 0:
		return p.PasswordPolicy.TemporaryDays
	case p.AdminCreate.UnusedDays != nil && *p.AdminCreate.UnusedDays > 0:
		return *p.AdminCreate.UnusedDays
	}
	return 7
}

func (p *Pool) checkPolicy() error {
	policy := p.PasswordPolicy
	switch {
	case policy.MinimumLength < 6 || policy.MinimumLength > 99:
		return fault.Invalidf("Password minimum length must be between 6 and 99.")
	case policy.HistorySize < 0 || policy.HistorySize > 24:
		return fault.Invalidf("Password history size must be between 0 and 24.")
	case policy.TemporaryDays < 0 || policy.TemporaryDays > 365:
		return fault.Invalidf("Temporary password validity must be between 0 and 365 days.")
	case policy.TemporaryDays > 0 && p.AdminCreate.UnusedDays != nil && *p.AdminCreate.UnusedDays != policy.TemporaryDays:
		return fault.Invalidf("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
	}
	return nil
}

// settleTier picks the plan when none is given and refuses features that the given plan lacks.
func (p *Pool) settleTier() error {
	threats := p.AddOns != nil && p.AddOns.AdvancedSecurityMode != "" && p.AddOns.AdvancedSecurityMode != "OFF"
	if p.Tier == "" {
		p.Tier = tierEssentials
		if threats {
			p.Tier = tierPlus
		}
	}
	if threats && p.Tier != tierPlus {
		return FeatureMissing("Threat Protection", p.Tier)
	}
	if p.Tier != TierLite {
		return nil
	}
	switch {
	case p.PasswordPolicy.HistorySize > 0:
		return FeatureMissing("Password history", p.Tier)
	case slices.ContainsFunc(p.FirstAuthFactors, func(f string) bool { return f != "PASSWORD" }):
		return FeatureMissing("Choice-based sign-in", p.Tier)
	case p.MFA.Email != nil:
		return FeatureMissing("Email MFA", p.Tier)
	case p.MFA.WebAuthn != nil:
		return FeatureMissing("Passkey sign-in", p.Tier)
	}
	return nil
}

// FeatureMissing is the fault of a feature that a pool's plan does not have.
func FeatureMissing(feature, tier string) error {
	return fault.Newf(fault.Unsupported, fault.Tier, "The following features need to be disabled for the %s pricing tier configured: %s", tier, feature)
}

// checkMFA obeys that MFA through CreateUserPool and UpdateUserPool means SMS.
func (p *Pool) checkMFA() error {
	if p.MFA.Mode == "ON" && !p.MFA.SMS && !p.MFA.SoftwareToken && p.MFA.Email == nil {
		return fault.Invalidf("SMS configuration and Auto verification for phone_number are required when MFA is required/optional")
	}
	if p.MFA.SMS && p.SMS == nil {
		return fault.Invalidf("SMS configuration is required for SMS MFA.")
	}
	return nil
}

// checkFactors settles the first factors: a password always, and no code that would be both first and second factor.
func (p *Pool) checkFactors() error {
	if len(p.FirstAuthFactors) == 0 {
		if p.Tier != TierLite {
			p.FirstAuthFactors = []string{"PASSWORD"}
		}
		return nil
	}
	if !slices.Contains(p.FirstAuthFactors, "PASSWORD") {
		return fault.Invalidf("AllowedFirstAuthFactors must contain PASSWORD.")
	}
	if p.MFA.Mode == "ON" && (slices.Contains(p.FirstAuthFactors, "EMAIL_OTP") || slices.Contains(p.FirstAuthFactors, "SMS_OTP")) {
		return fault.Invalidf("EMAIL_OTP and SMS_OTP cannot be first factors when MFA is required.")
	}
	return nil
}

func (p *Pool) checkContacts() error {
	for _, name := range p.AutoVerified {
		if !IsContact(name) {
			return fault.Invalidf("Invalid AutoVerifiedAttributes: %s.", name)
		}
	}
	for _, name := range p.VerifyBeforeUpdate {
		if !slices.Contains(p.AutoVerified, name) {
			return fault.Invalidf("AttributesRequireVerificationBeforeUpdate may only contain attributes of AutoVerifiedAttributes.")
		}
	}
	return nil
}

func (p *Pool) checkRecovery() error {
	seen := map[string]bool{}
	for _, r := range p.Recovery {
		if r.Name != "verified_email" && r.Name != "verified_phone_number" && r.Name != "admin_only" {
			return fault.Invalidf("Invalid recovery mechanism %s.", r.Name)
		}
		if seen[r.Name] {
			return fault.Invalidf("Account Recovery Setting cannot name %s twice.", r.Name)
		}
		seen[r.Name] = true
	}
	if seen["admin_only"] && len(p.Recovery) > 1 {
		return fault.Invalidf("Account Recovery Setting cannot combine admin_only with other mechanisms.")
	}
	return nil
}

// CheckNames refuses pools whose ways to name a user contradict each other. They never change afterwards.
func (p *Pool) CheckNames() error {
	if len(p.AliasAttributes) > 0 && len(p.UsernameAttributes) > 0 {
		return fault.Invalidf("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	for _, name := range p.AliasAttributes {
		if !IsContact(name) && name != "preferred_username" {
			return fault.Invalidf("Invalid AliasAttributes: %s.", name)
		}
	}
	for _, name := range p.UsernameAttributes {
		if !IsContact(name) {
			return fault.Invalidf("Invalid UsernameAttributes: %s.", name)
		}
	}
	return nil
}

// IsContact says whether an attribute is one that messages can be sent to.
func IsContact(name string) bool { return name == "email" || name == "phone_number" }

// IgnoresCase says whether usernames, emails and preferred usernames are compared without case.
func (p *Pool) IgnoresCase() bool { return p.CaseSensitive != nil && !*p.CaseSensitive }

// Fold brings a name into the form that is compared.
func (p *Pool) Fold(name string) string {
	if p.IgnoresCase() {
		return strings.ToLower(name)
	}
	return name
}

// AllowsPasswordless says whether people may have no password at all: the pool lets a code or a passkey come first.
func (p *Pool) AllowsPasswordless() bool {
	return slices.ContainsFunc(p.FirstAuthFactors, func(f string) bool { return f != "PASSWORD" })
}

// SRPName is the name of the pool in the SRP exchange: the part of the id after the underscore.
func (p *Pool) SRPName() string { return p.ID[strings.LastIndexByte(p.ID, '_')+1:] }

// VerifiesBeforeUpdate says whether UpdateUserAttributes keeps the old value of an attribute until the new one is verified.
func (p *Pool) VerifiesBeforeUpdate(name string) bool {
	return slices.Contains(p.VerifyBeforeUpdate, name) && slices.Contains(p.AutoVerified, name)
}

// CheckTags refuses what AWS refuses as tags.
func CheckTags(tags map[string]string) error {
	if problem := tag.Check(tags); problem != "" {
		return fault.New(fault.Invalid, fault.Tags, string(problem))
	}
	return nil
}
