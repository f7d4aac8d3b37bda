package key

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
)

// ErrUnknown means that a pool publishes no key with this id and use.
var ErrUnknown = errors.New("key: unknown signing key")

const (
	bits = 2048
	// fresh is how long a node may go without seeing another node's rotation. A key that was retired meanwhile stays
	// published, so what it signs in that time still verifies.
	fresh = time.Second
	// maxParsed bounds the parsed private keys in memory, about 4 KiB each.
	maxParsed = 4096
	purpose   = "signing-key"
)

// Sealer keeps private keys unreadable at rest; *secret.Keyring is one.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}

// Signing is a key to sign with and the id to sign under. Readers share it.
type Signing struct {
	KID       string
	Key       *rsa.PrivateKey
	CreatedAt time.Time
}

// Ring gives out the signing keys of all pools. A pool's keys come into being when they are first asked for; when
// several nodes ask at once, the key of one of them wins. Safe for concurrent use.
type Ring struct {
	// Pairs makes key pairs: RSA of 2048 bits. Tests set it before anything else, because finding primes takes longer
	// than they do.
	Pairs func() (*rsa.PrivateKey, error)
	// Uses are the keys that a pool publishes, and Algorithm is what key sets say that they sign with. A ring that is not of user
	// pools sets them before anything else.
	Uses      []Use
	Algorithm string

	store  Store
	sealer Sealer
	now    clock.Clock
	sets   *cache.Cache[string, *set]
	spares chan *rsa.PrivateKey

	mu     sync.Mutex
	parsed map[string]*rsa.PrivateKey   // by KID: a stored key never changes
	issued map[string]*x509.Certificate // by KID: the same key always has the same one
}

// NewRing makes a ring over a store.
func NewRing(store Store, sealer Sealer, now clock.Clock) *Ring {
	r := &Ring{
		Pairs: generate, Uses: []Use{ForID, ForAccess}, Algorithm: "RS256", store: store, sealer: sealer, now: now,
		parsed: map[string]*rsa.PrivateKey{}, issued: map[string]*x509.Certificate{},
	}
	r.spares = make(chan *rsa.PrivateKey, 1) // and one more in the hands of Run
	r.sets = cache.New(cache.Config{TTL: fresh, Max: 2000, Clock: now}, r.load)
	return r
}

// Forget makes this node read the keys of a pool anew, or of all when it is empty, because another node has changed them.
func (r *Ring) Forget(poolID string) {
	if poolID == "" {
		r.sets.InvalidateAll()
		return
	}
	r.sets.Invalidate(poolID)
}

// Run keeps two unused key pairs at hand until ctx ends, so that the first token of a new pool need not wait for
// prime numbers. Without it the ring works all the same.
func (r *Ring) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		k, err := r.Pairs()
		if err != nil {
			return fmt.Errorf("generate spare key: %w", err)
		}
		select {
		case r.spares <- k:
		case <-ctx.Done():
		}
	}
	return nil
}

// Signer returns the key that signs a pool's tokens of this use, and makes it when there is none. The pool must exist.
func (r *Ring) Signer(ctx context.Context, poolID string, use Use) (*Signing, error) {
	s, err := r.set(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if signer := s.signers[use]; signer != nil {
		return signer, nil
	}
	if err := r.put(ctx, poolID, use, "", 0); err != nil {
		return nil, err
	}
	r.sets.Invalidate(poolID)
	if s, err = r.set(ctx, poolID); err != nil {
		return nil, err
	}
	if signer := s.signers[use]; signer != nil {
		return signer, nil
	}
	return nil, fmt.Errorf("make %s key of pool %s: it is not there after it was stored", use, poolID)
}

// PublicKey returns a published key. A key that this node has not seen yet is looked for in the store at once;
// unknown ids and ids of another use are ErrUnknown.
func (r *Ring) PublicKey(ctx context.Context, poolID, kid string, use Use) (*rsa.PublicKey, error) {
	s, err := r.set(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if k, ok := s.public[kid]; ok && k.use == use {
		return k.key, nil
	}
	r.sets.Invalidate(poolID)
	if s, err = r.set(ctx, poolID); err != nil {
		return nil, err
	}
	if k, ok := s.public[kid]; ok && k.use == use {
		return k.key, nil
	}
	return nil, ErrUnknown
}

// Rotate gives a pool new signing keys. The old ones stay published for keepFor, which should be at least the
// life of the longest token they signed (one day at most). When another rotation wins, that one counts.
func (r *Ring) Rotate(ctx context.Context, poolID string, keepFor time.Duration) error {
	r.sets.Invalidate(poolID)
	defer r.sets.Invalidate(poolID)
	for _, use := range r.Uses {
		current, err := r.Signer(ctx, poolID, use)
		if err != nil {
			return err
		}
		if err := r.put(ctx, poolID, use, current.KID, max(keepFor, 0)); err != nil {
			return err
		}
	}
	return nil
}

// put stores a new signing key in the place of the expected one; losing the race is no error.
func (r *Ring) put(ctx context.Context, poolID string, use Use, expected string, keepFor time.Duration) error {
	k, err := r.pair()
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return fmt.Errorf("encode private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		return fmt.Errorf("encode public key: %w", err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	now := r.now().UTC()
	stored := Stored{PoolID: poolID, KID: base64.StdEncoding.EncodeToString(id), Use: use, Public: public, CreatedAt: now}
	stored.Private = r.sealer.Seal(purpose, private, bound(poolID, stored.KID))
	if _, err := r.store.PutActiveKey(ctx, stored, expected, now.Add(keepFor)); err != nil {
		return fmt.Errorf("store %s key of pool %s: %w", use, poolID, err)
	}
	return nil
}

func (r *Ring) pair() (*rsa.PrivateKey, error) {
	select {
	case k := <-r.spares:
		return k, nil
	default:
	}
	k, err := r.Pairs()
	if err != nil {
		return nil, fmt.Errorf("generate signing key: %w", err)
	}
	return k, nil
}

func generate() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, bits) }

// bound is the associated data of a sealed private key: it opens only as this key of this pool.
func bound(poolID, kid string) []byte { return []byte(poolID + "\x00" + kid) }

// Sealed is how private keys are sealed, in rows of a pool and a key id.
func Sealed() secret.Kind {
	return secret.Kind{Purpose: purpose, Bound: func(row []string) []byte { return bound(row[0], row[1]) }}
}
