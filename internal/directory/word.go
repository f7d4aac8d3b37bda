package directory

import (
	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/directory/userpool"
)

// The words of user pools; package userpool has the rules.
type (
	Pool              = userpool.Pool
	Settings          = userpool.Settings
	LambdaConfig      = userpool.LambdaConfig
	VersionedLambda   = userpool.VersionedLambda
	VerificationTexts = userpool.VerificationTexts
	MFAConfig         = userpool.MFAConfig
	EmailMFA          = userpool.EmailMFA
	WebAuthn          = userpool.WebAuthn
	DeviceConfig      = userpool.DeviceConfig
	EmailConfig       = userpool.EmailConfig
	SMSConfig         = userpool.SMSConfig
	EUMS              = userpool.EUMS
	AdminCreateConfig = userpool.AdminCreateConfig
	AddOns            = userpool.AddOns
	Recovery          = userpool.Recovery
	KeyConfig         = userpool.KeyConfig
	Registration      = userpool.Registration
	SessionTracking   = userpool.SessionTracking
)

// The values of their settings that others ask for.
const (
	ConfirmWithLink   = userpool.ConfirmWithLink
	IssuerUpdated     = userpool.IssuerUpdated
	RegistrationScope = userpool.RegistrationScope
)

// The schema's own words; package schema has the rules.
type (
	Attribute     = schema.Attribute
	AttributeSpec = schema.Spec
	Bounds        = schema.Bounds
)

// IsEmail says whether a string has the form of an email address.
func IsEmail(s string) bool { return schema.IsEmail(s) }

// IsPhone says whether a string has the form of an international phone number.
func IsPhone(s string) bool { return schema.IsPhone(s) }

// The words of app clients; package appclient has the rules.
type (
	Client         = appclient.Client
	OpenID         = appclient.OpenID
	ClientSecret   = appclient.ClientSecret
	ClientSettings = appclient.ClientSettings
	ValidityUnits  = appclient.ValidityUnits
	Rotation       = appclient.Rotation
	Analytics      = appclient.Analytics
)

// The flows that a client may allow.
const (
	FlowSRP           = appclient.FlowSRP
	FlowPassword      = appclient.FlowPassword
	FlowAdminPassword = appclient.FlowAdminPassword
	FlowCustom        = appclient.FlowCustom
	FlowChoice        = appclient.FlowChoice
	FlowRefresh       = appclient.FlowRefresh
	FlowClientToken   = appclient.FlowClientToken
)
