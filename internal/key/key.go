// Package key owns the RSA keys that sign: two per user pool for tokens, one for ID and one for access tokens, created,
// rotated, retired and published here, and one for SAML requests, with its certificate. It leaves what is signed to token.
package key

import (
	"context"
	"time"
)

// Use says which tokens a key signs.
type Use string

// The two uses of Cognito: ID tokens are signed with one key, access tokens with the other.
const (
	ForID     Use = "id"
	ForAccess Use = "access"
)

// ForIdentity signs what identity pools say of identities. Its key is no pool's: a ring of its own has it.
const ForIdentity Use = "identity"

// ForSAML signs what a pool says to SAML providers. It is in no key set: its certificate is what they are given, and
// since each of them must be told of a new one, Rotate leaves it alone.
const ForSAML Use = "saml"

// Stored is a signing key at rest. Private is PKCS #8, sealed.
type Stored struct {
	PoolID    string
	KID       string // base64 of 32 bytes
	Use       Use
	Private   []byte
	Public    []byte // PKIX
	CreatedAt time.Time
	// RetiredAt is when a newer key took over; zero: this key signs. PublishUntil is when it leaves the key set.
	RetiredAt    time.Time
	PublishUntil time.Time
}

// Store keeps signing keys.
type Store interface {
	// Keys lists the keys of a pool that are published at the given time, newest first.
	Keys(ctx context.Context, poolID string, at time.Time) ([]Stored, error)
	// PutActiveKey inserts k as the signing key of its pool and use. If another key is active and differs from
	// expected (its KID; "" for none), nothing changes and won is false: somebody else was first. The key that was
	// active is retired at k.CreatedAt and published until publishUntil.
	PutActiveKey(ctx context.Context, k Stored, expected string, publishUntil time.Time) (won bool, err error)
	// DropExpiredKeys removes keys whose PublishUntil has passed.
	DropExpiredKeys(ctx context.Context, at time.Time) error
}
