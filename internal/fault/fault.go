// Package fault is the product's error vocabulary: what went wrong (Kind), with what (Subject), the sentence a
// caller may read (Text) and the private cause that only the log sees. Rooms return faults; each front owns the
// table that turns (Kind, Subject) into a name and status of its protocol. Any other error means "internal".
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong, independent of any protocol.
type Kind string

// The kinds. The comment names the AWS exception that the kind alone (with no Subject) becomes.
const (
	Invalid       Kind = "invalid"        // InvalidParameterException
	Missing       Kind = "missing"        // ResourceNotFoundException
	Exists        Kind = "exists"         // the subject's own "…ExistsException"
	Denied        Kind = "denied"         // NotAuthorizedException
	Unconfirmed   Kind = "unconfirmed"    // UserNotConfirmedException
	ResetRequired Kind = "reset-required" // PasswordResetRequiredException
	Mismatch      Kind = "mismatch"       // CodeMismatchException
	Expired       Kind = "expired"        // ExpiredCodeException
	Limited       Kind = "limited"        // LimitExceededException
	TooManyTries  Kind = "too-many-tries" // TooManyFailedAttemptsException
	Throttled     Kind = "throttled"      // TooManyRequestsException
	Reused        Kind = "reused"         // RefreshTokenReuseException
	Unsupported   Kind = "unsupported"    // UnsupportedOperationException
	Undelivered   Kind = "undelivered"    // CodeDeliveryFailureException
	Conflict      Kind = "conflict"       // ConcurrentModificationException
	Precondition  Kind = "precondition"   // PreconditionNotMetException
	Misconfigured Kind = "misconfigured"  // InvalidUserPoolConfigurationException
	Unavailable   Kind = "unavailable"    // a dependency is down; nothing was changed
	NotYet        Kind = "not-yet"        // an operation that no handler serves yet
	Internal      Kind = "internal"       // InternalErrorException
)

// Subject narrows a Kind to the thing concerned. The empty Subject is the general case.
type Subject string

// The subjects that change what a front answers.
const (
	User            Subject = "user"
	Username        Subject = "username"
	Alias           Subject = "alias"
	Group           Subject = "group"
	Provider        Subject = "provider"
	Device          Subject = "device"
	Level           Subject = "level" // of authentication
	Password        Subject = "password"
	PasswordHistory Subject = "password-history"
	Scope           Subject = "scope"
	OAuthFlow       Subject = "oauth-flow"
	TokenType       Subject = "token-type"
	Client          Subject = "client"
	ClientSecret    Subject = "client-secret"
	UserState       Subject = "user-state"
	Tier            Subject = "tier"
	Tags            Subject = "tags"
	MFAMethod       Subject = "mfa-method"
	SoftwareToken   Subject = "software-token"
	Lambda          Subject = "lambda"
	LambdaResponse  Subject = "lambda-response"
	LambdaError     Subject = "lambda-error"
	Feature         Subject = "feature"
	Branding        Subject = "branding"
	AddOn           Subject = "add-on"
	Quota           Subject = "quota"
	Terms           Subject = "terms"
	Operation       Subject = "operation"
	Load            Subject = "load" // of the server: nothing is wrong with the request
	Passkey         Subject = "passkey"
	PasskeyOrigin   Subject = "passkey-origin"
	PasskeyClient   Subject = "passkey-client"
	PasskeyParty    Subject = "passkey-party"
	Import          Subject = "import"
	Stale           Subject = "stale" // it was good once
	SessionPolicy   Subject = "session-policy"
)

// Fault is an error with a public face. Text is safe to show to any caller; Cause is for the log only.
type Fault struct {
	Kind    Kind
	Subject Subject
	Text    string
	Cause   error
	// After is when it makes sense to ask again; 0: not said.
	After time.Duration
}

// Error joins the public text and the private cause; it is for logs, never for answers.
func (f *Fault) Error() string {
	name := string(f.Kind)
	if f.Subject != "" {
		name += "/" + string(f.Subject)
	}
	if f.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", name, f.Text, f.Cause)
	}
	return name + ": " + f.Text
}

// Unwrap gives the private cause.
func (f *Fault) Unwrap() error { return f.Cause }

// New makes a fault of a kind with a public text.
func New(kind Kind, subject Subject, text string) *Fault {
	return &Fault{Kind: kind, Subject: subject, Text: text}
}

// Newf is New with a formatted text.
func Newf(kind Kind, subject Subject, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Subject: subject, Text: fmt.Sprintf(format, args...)}
}

// Because returns a copy of f that carries a private cause.
func (f *Fault) Because(cause error) *Fault {
	g := *f
	g.Cause = cause
	return &g
}

// As finds the fault in err, or reports an internal one that wraps it. As(nil) is nil.
func As(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Internal, Text: "Internal error", Cause: err}
}

// Is reports whether err is a fault of this kind and, unless subject is empty, of this subject.
func Is(err error, kind Kind, subject Subject) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == kind && (subject == "" || f.Subject == subject)
}
