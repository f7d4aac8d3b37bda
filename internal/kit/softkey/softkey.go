// Package softkey is a WebAuthn authenticator in software with the browser around it: it creates one ES256 passkey and
// signs with it, in WebAuthn's JSON forms. It is for tests and tools; it protects no key, and whom it serves is its
// caller's choice.
package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// Key is an authenticator with at most one passkey. The exported fields may be changed between ceremonies, to be a
// browser elsewhere or an authenticator that misbehaves.
type Key struct {
	Origin   string // of the page that asks
	RPID     string // empty: as the options say
	Verified bool   // whether it says to have verified its person
	Counter  uint32 // counts before each signature, unless Static
	Static   bool
	Roaming  bool // a security key, and no part of the device

	ID      []byte // of the credential; nil before Create
	private *ecdsa.PrivateKey
	user    []byte
}

// New makes an authenticator in a browser that shows a page of an origin.
func New(origin string) *Key { return &Key{Origin: origin, Verified: true} }

func (k *Key) attachment() string {
	if k.Roaming {
		return "cross-platform"
	}
	return "platform"
}

var text = base64.RawURLEncoding

// The flags of authenticator data. https://www.w3.org/TR/webauthn-3/#authdata-flags
const (
	present  = 1 << 0
	verified = 1 << 2
	attested = 1 << 6
)

// Create answers PublicKeyCredentialCreationOptionsJSON with RegistrationResponseJSON.
func (k *Key) Create(options []byte) ([]byte, error) {
	var o struct {
		RP        struct{ ID string }
		User      struct{ ID string }
		Challenge string
	}
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, fmt.Errorf("softkey: read options: %w", err)
	}
	var err error
	if k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	k.ID = make([]byte, 32)
	_, _ = rand.Read(k.ID)
	if k.user, err = text.DecodeString(o.User.ID); err != nil {
		return nil, fmt.Errorf("softkey: read user handle: %w", err)
	}
	public, err := k.cose()
	if err != nil {
		return nil, err
	}
	data := k.data(o.RP.ID, attested)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID)))
	data = append(append(data, k.ID...), public...)
	// {"fmt": "none", "attStmt": {}, "authData": data}, in CBOR.
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData")
	object = append(binary.BigEndian.AppendUint16(append(object, 0x59), uint16(len(data))), data...)
	return json.Marshal(map[string]any{
		"id": text.EncodeToString(k.ID), "rawId": text.EncodeToString(k.ID), "type": "public-key",
		"authenticatorAttachment": k.attachment(), "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON":    text.EncodeToString(k.clientData("webauthn.create", o.Challenge)),
			"attestationObject": text.EncodeToString(object),
			"transports":        []string{"internal"},
		},
	})
}

// Get answers PublicKeyCredentialRequestOptionsJSON with AuthenticationResponseJSON.
func (k *Key) Get(options []byte) ([]byte, error) {
	if k.private == nil {
		return nil, errors.New("softkey: there is no passkey")
	}
	var o struct{ RPID, Challenge string }
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, fmt.Errorf("softkey: read options: %w", err)
	}
	if !k.Static {
		k.Counter++
	}
	data, client := k.data(o.RPID, 0), k.clientData("webauthn.get", o.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"id": text.EncodeToString(k.ID), "rawId": text.EncodeToString(k.ID), "type": "public-key",
		"authenticatorAttachment": k.attachment(), "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON":    text.EncodeToString(client),
			"authenticatorData": text.EncodeToString(data),
			"signature":         text.EncodeToString(signature),
			"userHandle":        text.EncodeToString(k.user),
		},
	})
}

// data is authenticator data up to the counter.
func (k *Key) data(rpID string, flags byte) []byte {
	if k.RPID != "" {
		rpID = k.RPID
	}
	if k.Verified {
		flags |= verified
	}
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags|present), k.Counter)
}

func (k *Key) clientData(ceremony, challenge string) []byte {
	data, _ := json.Marshal(map[string]any{"type": ceremony, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
	return data
}

// cose is the public key: {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR (RFC 9053 section 7.1.1).
func (k *Key) cose() ([]byte, error) {
	point, err := k.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	out := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}
	out = append(out, point[1:33]...)
	return append(append(out, 0x22, 0x58, 0x20), point[33:]...), nil
}
