package factor

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// MaxPasskeys is how many passkeys a user can have.
const MaxPasskeys = 20

// Passkey is a WebAuthn credential of a user. https://www.w3.org/TR/webauthn-3/#credential-record
type Passkey struct {
	ID             string    `json:"-"` // base64url, unique in the pool
	PublicKey      []byte    `json:"public_key"`
	RelyingPartyID string    `json:"relying_party_id"`
	Name           string    `json:"name"`
	Attachment     string    `json:"attachment,omitempty"` // platform, cross-platform
	Transports     []string  `json:"transports,omitempty"`
	BackupEligible bool      `json:"backup_eligible,omitempty"`
	BackedUp       bool      `json:"backed_up,omitempty"`
	SignCount      uint32    `json:"-"`
	CreatedAt      time.Time `json:"-"`
	UsedAt         time.Time `json:"-"` // zero: never
}

// PasskeyStore keeps passkeys.
type PasskeyStore interface {
	// InsertPasskey adds a passkey unless the user has that many already (fault Limited); two at once cannot both be the
	// last. A credential that is registered in the pool is a fault Exists, an unknown user fault.NoUser.
	InsertPasskey(ctx context.Context, poolID, userID string, p Passkey, most int) error
	Passkeys(ctx context.Context, poolID, userID string) ([]Passkey, error) // oldest first
	// UpdatePasskey changes a passkey by a function of its old value, with no writer in between. An unknown one is a fault
	// Missing.
	UpdatePasskey(ctx context.Context, poolID, userID, id string, change func(*Passkey) error) error
	DeletePasskey(ctx context.Context, poolID, userID, id string) (found bool, err error)
	// Consume marks an id as used and reports whether this was the first time.
	Consume(ctx context.Context, id string, expires time.Time) (first bool, err error)
}

// Passkeys lists what a user has registered, oldest first.
func (f *Factors) Passkeys(ctx context.Context, poolID, userID string) ([]Passkey, error) {
	return f.Store.Passkeys(ctx, poolID, userID)
}

// DeletePasskey removes a passkey of a user.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteWebAuthnCredential.html
func (f *Factors) DeletePasskey(ctx context.Context, pool *directory.Pool, userID, id string) error {
	return f.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := f.Store.DeletePasskey(ctx, pool.ID, userID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missingf("The passkey does not exist.")
		}
		has, err := f.Store.Registered(ctx, pool.ID, userID)
		if err != nil || has.Passkeys > 0 {
			return err
		}
		_, err = f.Users.Change(ctx, pool, userID, func(u *directory.User) error { u.MFA.Passkey = false; return nil })
		return err
	})
}

// credentialText writes bytes as WebAuthn's JSON does.
var credentialText = base64.RawURLEncoding

// holder is a user as the WebAuthn library wants to see one.
type holder struct {
	user     *directory.User
	passkeys []webauthn.Credential
}

// WebAuthnID is the user handle: the sub.
func (h holder) WebAuthnID() []byte { return []byte(h.user.ID) }

// WebAuthnName is the username.
func (h holder) WebAuthnName() string { return h.user.Username }

// WebAuthnDisplayName is the username.
func (h holder) WebAuthnDisplayName() string { return h.user.Username }

// WebAuthnCredentials are the user's passkeys of the relying party.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.passkeys }

// hold makes a holder of those passkeys that belong to the relying party: others are dead since it changed.
func hold(user *directory.User, list []Passkey, relyingParty string) (holder, error) {
	h := holder{user: user}
	for _, p := range list {
		if p.RelyingPartyID != relyingParty {
			continue
		}
		id, err := credentialText.DecodeString(p.ID)
		if err != nil {
			return h, err
		}
		c := webauthn.Credential{ID: id, PublicKey: p.PublicKey}
		c.Flags.BackupEligible, c.Flags.BackupState = p.BackupEligible, p.BackedUp
		c.Authenticator.SignCount = p.SignCount
		for _, t := range p.Transports {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
		}
		h.passkeys = append(h.passkeys, c)
	}
	return h, nil
}

// library sets the WebAuthn library up for one answer, whose origin has been found good. Extensions that nobody asked
// for are ignored: some password managers add them.
func library(relyingParty, origin string) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: relyingParty, RPDisplayName: relyingParty, RPOrigins: []string{origin},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

var _ webauthn.User = holder{}
