package auxdata

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/kit/clock"
)

// KeySet says where the keys of an issuer are: exactly one of URL, File and Data.
type KeySet struct {
	ID              string        `yaml:"id" doc:"what requests call it (keySetId); cognate and cognate-live are taken by the user pools of this server"`
	URL             string        `yaml:"url" doc:"where the JSON Web Key Set is fetched"`
	RefreshInterval time.Duration `yaml:"refresh_interval" doc:"how often it is fetched anew; 0 means 1h. A key id that is not in it leads to a fetch at once, but not more often than every 30s"`
	File            string        `yaml:"file" doc:"file of a JSON Web Key, a key set, or with pem PEM"`
	Data            string        `yaml:"data" doc:"the same, base64"`
	PEM             bool          `yaml:"pem" doc:"file or data is PEM: public keys or certificates. Such keys have neither alg nor kid, so both must be optional"`
	OptionalAlg     bool          `yaml:"optional_alg" doc:"insecure: keys need no alg; the token's is taken when it fits the key's type"`
	OptionalKid     bool          `yaml:"optional_kid" doc:"insecure: neither keys nor tokens need a kid; every fitting key is tried"`
}

func (c KeySet) open(client *http.Client, now clock.Clock) (keySet, error) {
	sources := 0
	for _, s := range []string{c.URL, c.File, c.Data} {
		if s != "" {
			sources++
		}
	}
	switch {
	case c.ID == "" || c.ID == PoolKeySet || c.ID == LiveKeySet:
		return nil, fmt.Errorf("the id must be neither empty nor %s nor %s", PoolKeySet, LiveKeySet)
	case sources != 1:
		return nil, errors.New("exactly one of url, file and data must be given")
	case c.RefreshInterval < 0:
		return nil, errors.New("refresh_interval must not be negative")
	case c.URL != "":
		u, err := url.Parse(c.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || c.PEM {
			return nil, errors.New("url must be http or https, and not PEM")
		}
		return newRemote(c, client, now), nil
	}
	var raw []byte
	var err error
	if c.File != "" {
		raw, err = os.ReadFile(c.File)
	} else {
		raw, err = base64.StdEncoding.DecodeString(c.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return c.parse(raw)
}

// keys are a set of verification keys and how strictly they are chosen.
type keys struct {
	list                     []jose.JSONWebKey
	optionalAlg, optionalKid bool
}

// parse reads keys by Cerbos' rules: each must say its alg and kid, unless these are optional.
func (c KeySet) parse(raw []byte) (*keys, error) {
	k := &keys{optionalAlg: c.OptionalAlg, optionalKid: c.OptionalKid}
	if c.PEM {
		return k, k.addPEM(raw)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("parse the keys: %w", err)
	}
	if set.Keys == nil {
		set.Keys = []json.RawMessage{raw} // a single key
	}
	for i, one := range set.Keys {
		var says struct{ Kty, Alg, Kid string }
		if err := json.Unmarshal(one, &says); err != nil {
			return nil, fmt.Errorf("parse key %d: %w", i, err)
		}
		switch {
		case says.Alg == "" && !c.OptionalAlg:
			return nil, fmt.Errorf("key %d: missing algorithm (alg)", i)
		case says.Kid == "" && !c.OptionalKid:
			return nil, fmt.Errorf("key %d: missing key ID (kid)", i)
		}
		if !slices.Contains([]string{"RSA", "EC", "OKP", "oct"}, says.Kty) {
			continue // a set may hold keys of types to come
		}
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(one); err != nil {
			return nil, fmt.Errorf("parse key %d: %w", i, err)
		}
		k.add(key)
	}
	if len(k.list) == 0 {
		return nil, errors.New("no usable key")
	}
	return k, nil
}

// add keeps what verifies signatures. A private key is there for its public half.
func (k *keys) add(key jose.JSONWebKey) {
	if _, symmetric := key.Key.([]byte); !symmetric && !key.IsPublic() {
		key = key.Public()
	}
	if key.Use == "" || key.Use == "sig" {
		k.list = append(k.list, key)
	}
}

func (k *keys) addPEM(raw []byte) error {
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch block.Type {
		case "PUBLIC KEY":
			key, err = x509.ParsePKIXPublicKey(block.Bytes)
		case "RSA PUBLIC KEY":
			key, err = x509.ParsePKCS1PublicKey(block.Bytes)
		case "CERTIFICATE":
			var cert *x509.Certificate
			if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
				key = cert.PublicKey
			}
		default:
			err = fmt.Errorf("%q is neither a public key nor a certificate", block.Type)
		}
		if err != nil {
			return fmt.Errorf("parse the PEM: %w", err)
		}
		k.add(jose.JSONWebKey{Key: key})
	}
	if len(k.list) == 0 {
		return errors.New("no usable key in the PEM")
	}
	return nil
}

var errUnknownKey = errors.New("no key of the set has the token's key ID and algorithm")

// verify is keySet's.
func (k *keys) verify(_ context.Context, token string) ([]byte, error) {
	t, err := parse(token, algorithms)
	if err != nil {
		return nil, err
	}
	header := t.Signatures[0].Header
	if header.KeyID == "" && !k.optionalKid {
		return nil, errors.New("the token names no key ID (kid)")
	}
	err = errUnknownKey
	for i := range k.list {
		key := &k.list[i]
		if !k.optionalKid && key.KeyID != header.KeyID {
			continue
		}
		if key.Algorithm != header.Algorithm && (key.Algorithm != "" || !k.optionalAlg) {
			continue
		}
		payload, failed := t.Verify(key.Key)
		if failed == nil {
			return payload, nil
		}
		err = failed
	}
	return nil, err
}
