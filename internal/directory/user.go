package directory

import "time"

// Status is Cognito's UserStatusType.
type Status string

// The states a user can be in. https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
const (
	Unconfirmed         Status = "UNCONFIRMED"
	Confirmed           Status = "CONFIRMED"
	ForceChangePassword Status = "FORCE_CHANGE_PASSWORD"
	ResetRequired       Status = "RESET_REQUIRED"
	ExternalProvider    Status = "EXTERNAL_PROVIDER"
)

// User is a person in a pool.
type User struct {
	PoolID     string            `json:"pool_id"`
	ID         string            `json:"id"`       // the sub: a lower-case UUID, never reused
	Username   string            `json:"username"` // equals ID in pools with UsernameAttributes
	Status     Status            `json:"status"`
	Enabled    bool              `json:"enabled"`
	Attributes map[string]string `json:"attributes"`        // all but sub, by full name; values as strings
	Pending    map[string]string `json:"pending,omitempty"` // new values that wait for verification
	MFA        UserMFA           `json:"mfa"`
	// SignedOutAt is the last global sign-out; tokens without a session of their own that were issued before it are dead.
	SignedOutAt time.Time `json:"signed_out_at,omitzero"`
	CreatedAt   time.Time `json:"created_at"`
	ModifiedAt  time.Time `json:"modified_at"`
}

// UserMFA is what a user has switched on: SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP.
type UserMFA struct {
	Methods   []string `json:"methods,omitempty"`
	Preferred string   `json:"preferred,omitempty"`
	// Passkey says that a passkey with user verification counts as both factors; others are then switched on, too.
	Passkey bool `json:"passkey,omitempty"`
}

// Credential is the secret side of a user, kept apart so that reading a person never loads it.
type Credential struct {
	Hash           string    `json:"hash,omitempty"`           // PHC string; empty: no password
	SRP            []byte    `json:"srp,omitempty"`            // sealed salt and verifier; nil: none is kept
	TemporaryUntil time.Time `json:"temporary_until,omitzero"` // for a temporary password: when it dies
	History        []string  `json:"history,omitempty"`        // PHC strings of former passwords, newest first
	ChangedAt      time.Time `json:"changed_at"`
}

// Alias is one name, besides username and sub, that finds a user.
type Alias struct {
	Kind  string // email, phone_number, preferred_username
	Value string // folded when the pool ignores case
}

// Keys are the names under which the store must find a user; a clash is a fault Exists with Username or Alias.
type Keys struct {
	Username string // folded when the pool ignores case
	Aliases  []Alias
}

// Since is when something of the user begins that is begun at now: never before a global sign-out that is known already, since
// the clock of the node that signed out may have been ahead.
func (x *User) Since(now time.Time) time.Time {
	if x.SignedOutAt.After(now) {
		return x.SignedOutAt
	}
	return now
}
