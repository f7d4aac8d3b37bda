package sts

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/secret"
)

// ErrUnknownKey means that no live access key has this id.
var ErrUnknownKey = errors.New("sts: unknown access key")

const (
	rootName = "root"
	purpose  = "access-key"
	// fresh is how long a node may still honour a key that another node has disabled or deleted.
	fresh     = time.Second
	maxKeyID  = 128
	secretLen = 40
)

// Sealer keeps secrets unreadable at rest and derives digests that never change; *secret.Keyring is one.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
	MAC(purpose string, parts ...[]byte) []byte
}

// Sealed is how secrets of access keys are sealed, in rows of an id.
func Sealed() secret.Kind {
	return secret.Kind{Purpose: purpose, Bound: func(row []string) []byte { return []byte(row[0]) }}
}

// Keys gives out access keys. Safe for concurrent use.
type Keys struct {
	store   Store
	sealer  Sealer
	now     clock.Clock
	secrets *cache.Cache[string, []byte]
}

// NewKeys makes the access keys over a store.
func NewKeys(store Store, sealer Sealer, now clock.Clock) *Keys {
	k := &Keys{store: store, sealer: sealer, now: now}
	k.secrets = cache.New(cache.Config{TTL: fresh, Max: 1000, Clock: now}, k.load)
	return k
}

// EnsureRoot makes the root access key when there is none. The id has 20 characters (AKIA and 16 of A-Z2-7), the
// secret 40. The secret is returned only by the call that made it; of several nodes that start at once, one does.
func (k *Keys) EnsureRoot(ctx context.Context) (id, secret string, created bool, err error) {
	all, err := k.store.ListAccessKeys(ctx)
	if err != nil {
		return "", "", false, fmt.Errorf("list access keys: %w", err)
	}
	if i := slices.IndexFunc(all, func(a AccessKey) bool { return a.Name == rootName }); i >= 0 {
		return all[i].ID, "", false, nil
	}
	// All nodes derive the same id, so the store's uniqueness decides which of them makes the key.
	id = "AKIA" + base32.StdEncoding.EncodeToString(k.sealer.MAC("access-key-id", []byte(rootName))[:10])
	secret = random.Alnum(secretLen)
	made := AccessKey{ID: id, Sealed: k.sealer.Seal(purpose, []byte(secret), []byte(id)), Name: rootName, CreatedAt: k.now().UTC()}
	if err := k.store.InsertAccessKey(ctx, made); err != nil {
		if there, lookErr := k.store.AccessKey(ctx, id); lookErr == nil && there != nil {
			return id, "", false, nil
		}
		return "", "", false, fmt.Errorf("store root access key: %w", err)
	}
	k.secrets.Invalidate(id)
	return id, secret, true, nil
}

// Secret returns the secret of a live access key. An unknown or disabled one is ErrUnknownKey. The caller must not
// change the bytes.
func (k *Keys) Secret(ctx context.Context, accessKeyID string) ([]byte, error) {
	if accessKeyID == "" || len(accessKeyID) > maxKeyID {
		return nil, ErrUnknownKey
	}
	got, err := k.secrets.Get(ctx, accessKeyID)
	if err != nil {
		return nil, fmt.Errorf("look up access key: %w", err)
	}
	if !got.Found {
		return nil, ErrUnknownKey
	}
	return got.Value, nil
}

// Forget makes this node read an access key anew, or all when id is empty, because another node has changed it.
func (k *Keys) Forget(id string) {
	if id == "" {
		k.secrets.InvalidateAll()
		return
	}
	k.secrets.Invalidate(id)
}

// load reads one secret. Unknown ids are not kept: anybody can invent them.
func (k *Keys) load(ctx context.Context, id string) (cache.Loaded[[]byte], error) {
	stored, err := k.store.AccessKey(ctx, id)
	if err != nil || stored == nil || stored.Disabled {
		return cache.Loaded[[]byte]{}, err
	}
	secret, err := k.sealer.Open(purpose, stored.Sealed, []byte(id))
	if err != nil {
		return cache.Loaded[[]byte]{}, fmt.Errorf("open secret: %w", err)
	}
	return cache.Loaded[[]byte]{Value: secret, Found: true}, nil
}
