package key

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"cognate.dev/cognate/internal/kit/cache"
)

// JWKS is a JSON Web Key Set as a pool publishes it (RFC 7517 section 5).
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWK is a public RSA key with Cognito's members (RFC 7517 section 4, RFC 7518 section 6.3.1).
type JWK struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	KID       string `json:"kid"`
	Type      string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

// set is what a pool publishes at one moment. It is never changed.
type set struct {
	signers map[Use]*Signing
	public  map[string]published
	jwks    JWKS
	json    []byte
}

type published struct {
	use Use
	key *rsa.PublicKey
}

// Public returns the key set of a pool, and makes its keys when there are none: a verifier may ask before the first
// token exists. The pool must exist.
func (r *Ring) Public(ctx context.Context, poolID string) (JWKS, error) {
	s, err := r.whole(ctx, poolID)
	if err != nil {
		return JWKS{}, err
	}
	return JWKS{Keys: slices.Clone(s.jwks.Keys)}, nil
}

// JSON is Public as the document that is served. The caller must not change it.
func (r *Ring) JSON(ctx context.Context, poolID string) ([]byte, error) {
	s, err := r.whole(ctx, poolID)
	if err != nil {
		return nil, err
	}
	return s.json, nil
}

func (r *Ring) whole(ctx context.Context, poolID string) (*set, error) {
	for _, use := range r.Uses {
		if _, err := r.Signer(ctx, poolID, use); err != nil {
			return nil, err
		}
	}
	return r.set(ctx, poolID)
}

func (r *Ring) set(ctx context.Context, poolID string) (*set, error) {
	got, err := r.sets.Get(ctx, poolID)
	if err != nil {
		return nil, fmt.Errorf("load keys of pool %s: %w", poolID, err)
	}
	return got.Value, nil
}

// load reads a pool's keys. A pool without keys is a negative answer, which the cache does not keep.
func (r *Ring) load(ctx context.Context, poolID string) (cache.Loaded[*set], error) {
	stored, err := r.store.Keys(ctx, poolID, r.now().UTC())
	if err != nil {
		return cache.Loaded[*set]{}, err
	}
	s := &set{signers: map[Use]*Signing{}, public: map[string]published{}}
	for _, k := range stored {
		if err := r.add(s, k); err != nil {
			return cache.Loaded[*set]{}, fmt.Errorf("key %s: %w", k.KID, err)
		}
	}
	if s.json, err = json.Marshal(s.jwks); err != nil {
		return cache.Loaded[*set]{}, err
	}
	return cache.Loaded[*set]{Value: s, Found: len(stored) > 0}, nil
}

func (r *Ring) add(s *set, k Stored) error {
	parsed, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return fmt.Errorf("parse public key: %w", err)
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("public key is a %T", parsed)
	}
	if k.RetiredAt.IsZero() {
		private, err := r.private(k)
		if err != nil {
			return err
		}
		s.signers[k.Use] = &Signing{KID: k.KID, Key: private, CreatedAt: k.CreatedAt}
	}
	if k.Use == ForSAML {
		return nil // no token may be signed with it
	}
	s.public[k.KID] = published{use: k.Use, key: public}
	s.jwks.Keys = append(s.jwks.Keys, JWK{
		Algorithm: r.Algorithm, Type: "RSA", Use: "sig", KID: k.KID,
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
		Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
	})
	return nil
}

// private opens a key once; parsing checks and precomputes, which costs more than a token's signature.
func (r *Ring) private(k Stored) (*rsa.PrivateKey, error) {
	r.mu.Lock()
	known := r.parsed[k.KID]
	r.mu.Unlock()
	if known != nil {
		return known, nil
	}
	plain, err := r.sealer.Open(purpose, k.Private, bound(k.PoolID, k.KID))
	if err != nil {
		return nil, fmt.Errorf("open private key: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("private key is a %T", parsed)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.parsed) >= maxParsed {
		clear(r.parsed)
	}
	r.parsed[k.KID] = private
	return private, nil
}
