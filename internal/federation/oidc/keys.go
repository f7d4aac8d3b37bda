package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/federation"
)

const (
	keysLife     = time.Hour
	refetchEvery = 30 * time.Second // at most, when a key is missing
)

// algorithms are those that ID tokens may be signed with: only asymmetric ones, so that nobody can pass off a public key as
// a shared secret.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

func algorithmNames() []string {
	names := make([]string, 0, len(algorithms))
	for _, a := range algorithms {
		names = append(names, string(a))
	}
	return names
}

// keySets are the keys of providers by their addresses.
type keySets struct {
	connector *Connector

	mu   sync.Mutex
	sets map[string]*keySet
}

// keySet is the keys at one address. Who needs a newer one waits for who is fetching it.
type keySet struct {
	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time
	tried   time.Time
}

func (s *keySets) of(url string) *keySet {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.sets[url]
	if set == nil {
		if len(s.sets) >= maxProviders {
			clear(s.sets)
		}
		set = &keySet{}
		s.sets[url] = set
	}
	return set
}

// source verifies signatures with the keys of one provider.
type source struct {
	sets     *keySets
	provider *federation.Provider
	url      string
	failed   error // why there are no keys; the verifier would hide it
}

var errNoKey = errors.New("no key of the provider has made the signature")

// VerifySignature gives what a token says if one of the provider's keys has signed it.
func (s *source) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, fmt.Errorf("read signature: %w", errors.Join(err, errNoKey))
	}
	set := s.sets.of(s.url)
	for _, fresh := range []bool{false, true} {
		keys, err := set.current(ctx, s, fresh)
		if err != nil {
			s.failed = err
			return nil, err
		}
		if payload, ok := verify(jws, keys); ok {
			return payload, nil
		}
	}
	return nil, errNoKey
}

// verify tries the keys that a signature may be of.
func verify(jws *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, bool) {
	header := jws.Signatures[0].Header
	for _, k := range keys {
		if header.KeyID != "" && k.KeyID != header.KeyID || k.Algorithm != "" && k.Algorithm != header.Algorithm {
			continue
		}
		if payload, err := jws.Verify(k); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// current gives the keys, and fetches them where they are old, or a newer set is wanted and was not just looked for.
func (k *keySet) current(ctx context.Context, s *source, fresh bool) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := s.sets.connector.now()
	old := k.fetched.IsZero() || now.Sub(k.fetched) >= keysLife
	if !old && !fresh || !k.tried.IsZero() && now.Sub(k.tried) < refetchEvery && len(k.keys) > 0 {
		return k.keys, nil
	}
	k.tried = now
	keys, err := s.fetch(ctx)
	switch {
	case err == nil:
		k.keys, k.fetched = keys, now
	case len(k.keys) == 0:
		return nil, err
	}
	return k.keys, nil
}

func (s *source) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := s.sets.connector.call(s.provider, "jwks uri", r)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, federation.Refuse(nil, "%s Error - %d error getting jwks", s.provider.Label(), answer.Status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(answer.Body, &set); err != nil {
		return nil, federation.Refuse(err, "%s Error - the jwks is no JSON", s.provider.Label())
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) == nil && k.Valid() && k.IsPublic() && signs(k.Use, raw) { // others are of kinds that nothing here is signed with
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// signs tells whether a key is one of signatures, as far as it says what it is for. RFC 7517 sections 4.2 and 4.3.
func signs(use string, raw json.RawMessage) bool {
	var key struct {
		Ops []string `json:"key_ops"`
	}
	if json.Unmarshal(raw, &key) != nil || use != "" && use != "sig" {
		return false
	}
	return key.Ops == nil || slices.Contains(key.Ops, "verify") || slices.Contains(key.Ops, "sign")
}
