// Package factor is what people have registered to prove themselves with, besides passwords: authenticator apps,
// passkeys and remembered devices, and which second factors they have switched on. It owns their secrets and the rules
// for registering them. It leaves the order of a sign-in to signin and the truth about people to directory.
package factor

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// The second factors by their names on the wire.
const (
	SMSMFA           = "SMS_MFA"
	SoftwareTokenMFA = "SOFTWARE_TOKEN_MFA" // #nosec G101 -- a name, no secret
	EmailOTP         = "EMAIL_OTP"
)

// Registered is what a user has registered.
type Registered struct {
	SoftwareToken bool // verified
	Passkeys      int
}

// Store keeps what is registered; *store.Store does.
type Store interface {
	// Registered counts in one query.
	Registered(ctx context.Context, poolID, userID string) (Registered, error)
	SoftwareTokenStore
	PasskeyStore
}

// Users changes people; *directory.Users does.
type Users interface {
	Change(ctx context.Context, pool *directory.Pool, id string, change func(*directory.User) error) (*directory.User, error)
}

// Sealer encrypts what must not lie readable on the disk; *secret.Keyring does.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
	MAC(purpose string, parts ...[]byte) []byte // a digest that never changes
}

// Parts is what the room is built from. All but RelyingParties are needed.
type Parts struct {
	Store       Store
	DeviceStore DeviceStore
	Tx          directory.Transactor
	Users       Users
	Sealer      Sealer
	Now         clock.Clock
	// RelyingParties is asked for pools that name no relying party. Nil: they have none.
	RelyingParties RelyingParties
}

// Factors is the room's one service. Safe for concurrent use.
type Factors struct {
	Parts
	tokens *cursor.Codec
}

// New builds the service.
func New(p Parts) *Factors { return &Factors{Parts: p, tokens: cursor.New(p.Sealer, p.Now)} }

// Registered tells what a user has registered.
func (f *Factors) Registered(ctx context.Context, poolID, userID string) (Registered, error) {
	return f.Store.Registered(ctx, poolID, userID)
}

// moment is the current time in the resolution that is stored.
func (f *Factors) moment() time.Time { return f.Now().UTC().Truncate(time.Millisecond) }

// SealedToken is how the secrets of authenticator apps are sealed, in rows of a pool and a user id.
func SealedToken() secret.Kind {
	return secret.Kind{Purpose: tokenPurpose, Bound: func(row []string) []byte { return owner(row[0], row[1]) }}
}

// SealedDevice is how verifiers of devices are sealed, in rows of a pool, a user id and a key.
func SealedDevice() secret.Kind {
	return secret.Kind{Purpose: devicePurpose, Bound: func(row []string) []byte { return owner(row[0], row[1]+"\x00"+row[2]) }}
}

// owner binds a sealed value to its user; ids have no NUL.
func owner(poolID, userID string) []byte { return []byte(poolID + "\x00" + userID) }

func gone(err error) bool { return fault.Is(err, fault.Missing, fault.User) }
