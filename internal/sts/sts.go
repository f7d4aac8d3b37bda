// Package sts owns the access keys that sign requests: the root key that the first start makes, and the temporary
// credentials of roles; who signed a request, and what their role lets them do. It leaves judging the tokens that are
// exchanged for credentials to identitypool.
package sts

import (
	"context"
	"time"
)

// AccessKey is a key pair at rest. Verifying a signature needs the secret itself, so it is kept, sealed.
type AccessKey struct {
	ID        string // AKIA…, 20 characters
	Sealed    []byte
	Name      string // root
	CreatedAt time.Time
	Disabled  bool
}

// Store keeps access keys.
type Store interface {
	InsertAccessKey(ctx context.Context, k AccessKey) error
	AccessKey(ctx context.Context, id string) (*AccessKey, error) // nil when unknown
	ListAccessKeys(ctx context.Context) ([]AccessKey, error)
	DeleteAccessKey(ctx context.Context, id string) error
}
