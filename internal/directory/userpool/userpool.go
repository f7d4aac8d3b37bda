// Package userpool is what a user pool is set to: its settings, their defaults, and the combinations that Cognito refuses. It keeps
// nothing and asks nobody; directory does.
package userpool

import (
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/password"
)

// Pool is a user pool. Readers share one value: treat it as read-only.
type Pool struct {
	ID     string `json:"id"`     // REGION_ + 9 of [0-9A-Za-z]; the part after "_" is the SRP pool name
	Region string `json:"region"` // from the credential scope of the call that made it
	Settings

	// Fixed when the pool is made.
	Schema             []schema.Attribute `json:"schema"`                        // standard attributes first, then custom:* and dev:custom:*
	AliasAttributes    []string           `json:"alias_attributes,omitempty"`    // of email, phone_number, preferred_username
	UsernameAttributes []string           `json:"username_attributes,omitempty"` // of email, phone_number
	CaseSensitive      *bool              `json:"case_sensitive,omitempty"`      // nil: not given, which means sensitive

	Sessions SessionTracking `json:"sessions,omitzero"`

	CreatedAt  time.Time `json:"created_at"`
	ModifiedAt time.Time `json:"modified_at"`
}

// Settings is what CreateUserPool sets and UpdateUserPool replaces as a whole: an omitted member goes back to its
// default. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
type Settings struct {
	Name               string            `json:"name"`
	PasswordPolicy     password.Policy   `json:"password_policy"`
	FirstAuthFactors   []string          `json:"first_auth_factors,omitempty"` // PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN
	DeletionProtection bool              `json:"deletion_protection,omitempty"`
	Lambda             LambdaConfig      `json:"lambda"`
	AutoVerified       []string          `json:"auto_verified,omitempty"` // of email, phone_number
	Verification       VerificationTexts `json:"verification"`
	SMSAuthMessage     string            `json:"sms_auth_message,omitempty"`
	VerifyBeforeUpdate []string          `json:"verify_before_update,omitempty"` // nil: setting absent
	MFA                MFAConfig         `json:"mfa"`
	Device             *DeviceConfig     `json:"device,omitempty"` // nil: no device tracking
	Email              EmailConfig       `json:"email"`
	SMS                *SMSConfig        `json:"sms,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`
	AdminCreate        AdminCreateConfig `json:"admin_create"`
	AddOns             *AddOns           `json:"add_ons,omitempty"`
	Recovery           []Recovery        `json:"recovery,omitempty"` // nil: phone first, then email
	Tier               string            `json:"tier"`               // LITE, ESSENTIALS, PLUS
	Registration       *Registration     `json:"registration,omitempty"`
	LevelNames         map[string]string `json:"acr,omitempty"`    // by level, where they are not the default ones
	Issuer             string            `json:"issuer,omitempty"` // ORIGINAL, UPDATED; empty: not given, which means ORIGINAL
	Key                *KeyConfig        `json:"key,omitempty"`    // nil: not given
}

// LambdaConfig maps triggers to ARNs, under the names of the API ("PreSignUp", "PreTokenGenerationConfig"…).
type LambdaConfig struct {
	ARNs      map[string]string          `json:"arns,omitempty"`
	Versioned map[string]VersionedLambda `json:"versioned,omitempty"` // PreTokenGenerationConfig, CustomSMSSender, CustomEmailSender, InboundFederation
	KMSKeyID  string                     `json:"kms_key_id,omitempty"`
}

// VersionedLambda is a trigger with an event version (V1_0, V2_0, V3_0).
type VersionedLambda struct {
	Version string `json:"version"`
	ARN     string `json:"arn"`
}

// VerificationTexts are the templates of verification messages. Empty means Cognito's default text.
type VerificationTexts struct {
	SMSMessage         string `json:"sms_message,omitempty"`
	EmailMessage       string `json:"email_message,omitempty"`
	EmailSubject       string `json:"email_subject,omitempty"`
	EmailMessageByLink string `json:"email_message_by_link,omitempty"`
	EmailSubjectByLink string `json:"email_subject_by_link,omitempty"`
	DefaultEmailOption string `json:"default_email_option"` // CONFIRM_WITH_CODE, CONFIRM_WITH_LINK
}

// ConfirmWithLink is the DefaultEmailOption that confirms sign-ups by a link.
const ConfirmWithLink = "CONFIRM_WITH_LINK"

// MFAConfig is what SetUserPoolMfaConfig replaces.
type MFAConfig struct {
	Mode          string `json:"mode"` // OFF, ON, OPTIONAL
	SMS           bool   `json:"sms,omitempty"`
	SoftwareToken bool   `json:"software_token,omitempty"`
	// SoftwareTokenSaid keeps that the setting was given, be it false: it is shown then.
	SoftwareTokenSaid bool      `json:"software_token_said,omitempty"`
	Email             *EmailMFA `json:"email,omitempty"`
	WebAuthn          *WebAuthn `json:"web_authn,omitempty"`
}

// EmailMFA holds the texts of the email factor.
type EmailMFA struct {
	Message string `json:"message,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// WebAuthn is the passkey configuration of a pool.
type WebAuthn struct {
	RelyingPartyID   string `json:"relying_party_id,omitempty"`
	UserVerification string `json:"user_verification,omitempty"` // preferred, required
	FactorConfig     string `json:"factor_config,omitempty"`     // SINGLE_FACTOR, MULTI_FACTOR_WITH_USER_VERIFICATION
}

// DeviceConfig turns device tracking on.
type DeviceConfig struct {
	ChallengeOnNew bool `json:"challenge_on_new,omitempty"`
	OnlyOnPrompt   bool `json:"only_on_prompt,omitempty"`
}

// EmailConfig says who sends the pool's email.
type EmailConfig struct {
	SendingAccount   string `json:"sending_account"` // COGNITO_DEFAULT, DEVELOPER
	SourceARN        string `json:"source_arn,omitempty"`
	From             string `json:"from,omitempty"`
	ReplyTo          string `json:"reply_to,omitempty"`
	ConfigurationSet string `json:"configuration_set,omitempty"`
}

// SMSConfig is the role that would let AWS send SMS; kept and returned.
type SMSConfig struct {
	SNSCallerARN string `json:"sns_caller_arn"`
	ExternalID   string `json:"external_id,omitempty"`
	SNSRegion    string `json:"sns_region,omitempty"`
	EUMS         *EUMS  `json:"eums,omitempty"`
}

// EUMS would let AWS End User Messaging send SMS instead; kept and returned.
type EUMS struct {
	CallerARN        string `json:"caller_arn"`
	ExternalID       string `json:"external_id,omitempty"`
	Origin           string `json:"origin,omitempty"` // OriginationIdentity
	ConfigurationSet string `json:"configuration_set,omitempty"`
	InEntityID       string `json:"in_entity_id,omitempty"`
	InTemplateID     string `json:"in_template_id,omitempty"`
	Region           string `json:"region,omitempty"`
}

// AdminCreateConfig governs who may create users and how they are invited.
type AdminCreateConfig struct {
	AdminOnly        bool   `json:"admin_only,omitempty"`
	UnusedDays       *int   `json:"unused_days,omitempty"` // legacy UnusedAccountValidityDays
	SMSMessage       string `json:"sms_message,omitempty"`
	EmailMessage     string `json:"email_message,omitempty"`
	EmailSubject     string `json:"email_subject,omitempty"`
	HasInviteMessage bool   `json:"has_invite_message,omitempty"`
}

// AddOns is the threat-protection mode.
type AddOns struct {
	AdvancedSecurityMode string `json:"advanced_security_mode"` // OFF, AUDIT, ENFORCED
	CustomAuthMode       string `json:"custom_auth_mode,omitempty"`
}

// Recovery is one way to recover an account; lower priority number first.
type Recovery struct {
	Priority int    `json:"priority"`
	Name     string `json:"name"` // verified_email, verified_phone_number, admin_only
}

var poolID = regexp.MustCompile(`^[\w-]+_[0-9a-zA-Z]+$`)

// IsID says whether a text has the form of a pool's id.
func IsID(id string) bool { return poolID.MatchString(id) }

// Identify gives the pool its id, or checks a pinned one.
func (p *Pool) Identify() error {
	if p.ID == "" {
		if p.Region == "" {
			return fault.Invalidf("A region is required to create a user pool.")
		}
		p.ID = p.Region + "_" + random.Alnum(9)
		return nil
	}
	if len(p.ID) > 55 || !IsID(p.ID) {
		return fault.Invalidf("Invalid user pool id %s.", p.ID)
	}
	if p.Region == "" {
		p.Region = p.ID[:strings.LastIndexByte(p.ID, '_')]
	}
	return nil
}

// Attribute finds an attribute of the pool's schema by its full name.
func (p *Pool) Attribute(name string) (schema.Attribute, bool) { return schema.Find(p.Schema, name) }
