// Package secret seals small values under a master key and derives keyed digests from it. It owns the sealed
// format, the key file and its rotation. What is worth sealing, and under which purpose, is its callers' choice.
package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// ErrOpen means that a sealed value was damaged, belongs to another purpose or other associated data, or was
// sealed under a key that this ring does not hold. An answer to a caller must not tell these apart.
var ErrOpen = errors.New("secret: value cannot be opened")

// MACKeyID is the reserved key id of the key behind MAC. It never seals.
const MACKeyID = "mac"

const (
	formatVersion = 1
	tagSize       = 4  // names the master key
	saltSize      = 16 // diversifies the message key
	headerSize    = 1 + tagSize + saltSize
	minSealed     = headerSize + 12 + 16 // GCM nonce and tag
)

// Key is a master key with the id that the key file calls it by.
type Key struct {
	ID     string
	Secret [32]byte
}

// Format writes the id alone, so that no verb prints the secret.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "key %s", k.ID) }

// MarshalText gives the id alone, so that no encoder or log handler writes the secret.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.ID), nil }

// Keyring seals with its active key and opens with any of its keys. Its keys can be replaced, and another one of them made
// the active one, while others use it (Replace, Activate). Safe for concurrent use.
type Keyring struct {
	keys atomic.Pointer[keyset]
	mac  [32]byte
	macs sync.Map // purpose -> [32]byte
}

// keyset is the keys of a ring at one moment. It never changes.
type keyset struct {
	active *sealer
	order  []*sealer // as they were given
	byTag  map[[tagSize]byte]*sealer
}

// NewKeyring makes a ring that seals under active and still opens what the older keys sealed. MAC uses the key
// with the id MACKeyID when one is given, else the last key, so that neither changes when a new key becomes active.
func NewKeyring(active Key, older ...Key) (*Keyring, error) {
	keys := append([]Key{active}, older...)
	ring := &Keyring{mac: keys[len(keys)-1].Secret}
	set := &keyset{byTag: make(map[[tagSize]byte]*sealer, len(keys))}
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		if err := checkID(key.ID); err != nil {
			return nil, err
		}
		if key.Secret == [32]byte{} {
			return nil, fmt.Errorf("secret: key %s is all zero", key.ID)
		}
		if seen[key.ID] {
			return nil, fmt.Errorf("secret: two keys have the id %s", key.ID)
		}
		seen[key.ID] = true
		if key.ID == MACKeyID {
			ring.mac = key.Secret
			continue
		}
		s := newSealer(key)
		if set.byTag[s.tag] != nil {
			return nil, fmt.Errorf("secret: rename key %s: its short form is taken", key.ID)
		}
		set.byTag[s.tag] = s
		set.order = append(set.order, s)
	}
	if active.ID == MACKeyID {
		return nil, fmt.Errorf("secret: the key %s cannot be the active key", MACKeyID)
	}
	set.active = set.order[0]
	ring.keys.Store(set)
	return ring, nil
}

// Seal encrypts and authenticates plain for one purpose (a constant of the program, never outside input, because a
// key is kept per purpose) and authenticates aad with it. Two calls never give the same bytes.
//
// Layout: version (1) ‖ key tag (4) ‖ salt (16) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag. The message key is
// derived from the purpose's key and the salt, so the number of values sealed under one master key is not limited
// by the 96-bit nonce.
func (r *Keyring) Seal(purpose string, plain, aad []byte) []byte {
	active := r.keys.Load().active
	out := make([]byte, headerSize, minSealed+len(plain))
	out[0] = formatVersion
	copy(out[1:], active.tag[:])
	rand.Read(out[1+tagSize : headerSize])
	return active.aead(purpose, out[1+tagSize:]).Seal(out, nil, plain, bound(out[:headerSize], aad))
}

// Open reverses Seal for the same purpose and aad. Every failure is ErrOpen.
func (r *Keyring) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	if len(sealed) < minSealed || sealed[0] != formatVersion {
		return nil, ErrOpen
	}
	key := r.keys.Load().byTag[[tagSize]byte(sealed[1:])]
	if key == nil {
		return nil, fmt.Errorf("%w: no key of this ring sealed it", ErrOpen)
	}
	header := sealed[:headerSize]
	plain, err := key.aead(purpose, header[1+tagSize:]).Open(nil, nil, sealed[headerSize:], bound(header, aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// SealString is Seal in unpadded base64url, for strings that clients carry.
func (r *Keyring) SealString(purpose string, plain, aad []byte) string {
	return base64.RawURLEncoding.EncodeToString(r.Seal(purpose, plain, aad))
}

// OpenString reverses SealString. Exactly one string opens to a sealed value: other spellings of the same bytes
// (line breaks, stray bits) are refused, so that "used once" may be remembered by the string.
func (r *Keyring) OpenString(purpose, sealed string, aad []byte) ([]byte, error) {
	if strings.ContainsAny(sealed, "\r\n") { // the decoder skips them even when strict
		return nil, ErrOpen
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, ErrOpen
	}
	return r.Open(purpose, raw, aad)
}

// MAC is HMAC-SHA256 (32 bytes) over the parts, each prefixed by its length, under a key of the purpose that stays
// the same when the active key changes. It suits digests that are stored or must repeat for years.
func (r *Keyring) MAC(purpose string, parts ...[]byte) []byte {
	cached, ok := r.macs.Load(purpose)
	if !ok {
		cached, _ = r.macs.LoadOrStore(purpose, derive(r.mac, "mac:"+purpose))
	}
	key := cached.([32]byte)
	mac := hmac.New(sha256.New, key[:])
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// sealer is one master key with its cached keys per purpose.
type sealer struct {
	id       string
	tag      [tagSize]byte
	master   [32]byte
	purposes sync.Map // purpose -> [32]byte
}

func newSealer(key Key) *sealer { return &sealer{id: key.ID, tag: tagOf(key.ID), master: key.Secret} }

// aead is the cipher for one message.
func (s *sealer) aead(purpose string, salt []byte) cipher.AEAD {
	cached, ok := s.purposes.Load(purpose)
	if !ok {
		cached, _ = s.purposes.LoadOrStore(purpose, derive(s.master, "seal:"+purpose))
	}
	key := cached.([32]byte)
	message := hmac.New(sha256.New, key[:])
	message.Write(salt)
	block, err := aes.NewCipher(message.Sum(nil))
	if err != nil {
		panic(err) // only for a key of another length
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a cipher other than AES
	}
	return gcm
}

// derive is HKDF-SHA256 (RFC 5869) without salt: the master is uniformly random already.
func derive(master [32]byte, info string) [32]byte {
	key, err := hkdf.Key(sha256.New, master[:], nil, info, 32)
	if err != nil {
		panic(err) // only for an output beyond 255 blocks
	}
	return [32]byte(key)
}

// bound joins the header, whose size is fixed, and the caller's associated data.
func bound(header, aad []byte) []byte { return bytes.Join([][]byte{header, aad}, nil) }

func tagOf(id string) [tagSize]byte {
	sum := sha256.Sum256([]byte(id))
	return [tagSize]byte(sum[:])
}

// checkID keeps ids printable and the key file's lines unambiguous.
func checkID(id string) error {
	if len(id) < 1 || len(id) > 32 {
		return fmt.Errorf("secret: key id %q must have 1 to 32 characters", id)
	}
	if strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
		return fmt.Errorf("secret: key id %q has a character other than letters, digits, - and _", id)
	}
	return nil
}
