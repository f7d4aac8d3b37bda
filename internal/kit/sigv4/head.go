package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
)

// Payload is what a verified head says of the body behind it, which nobody has read yet.
type Payload struct {
	// Proven says that the signature is good. It is where the request states the hash of its body, which is then all that is open.
	// Otherwise nobody has proven anything before Check is content: somebody has named a key that there is.
	Proven bool
	check  func(body []byte) error
}

// Believed is the payload of a request whose signature nobody checks.
func Believed() Payload {
	return Payload{Proven: true, check: func([]byte) error { return nil }}
}

// Check refuses, with an *Error, a body that is not the one that was signed.
func (p Payload) Check(body []byte) error {
	if p.check == nil {
		return otherPayload()
	}
	return p.check(body)
}

// VerifyHead is Verify before the body is read, for who reads much only for whom they know. Its last word is the payload's Check.
func (v *Verifier) VerifyHead(r *http.Request) (Identity, Payload, error) {
	c, err := parse(r)
	if err != nil {
		return Identity{}, Payload{}, err
	}
	if err := v.checkScope(r, c); err != nil {
		return Identity{}, Payload{}, err
	}
	if err := v.checkTime(c); err != nil {
		return Identity{}, Payload{}, err
	}
	key, err := v.key(r.Context(), c)
	if err != nil {
		return Identity{}, Payload{}, err
	}
	id := Identity{Scope: c.Scope, SignedAt: c.signedAt, Principal: key.Principal}
	hash, stated := c.stated(r)
	if !stated {
		return id, Payload{check: func(body []byte) error { return v.signs(r, c, key, body) }}, nil
	}
	if _, err := hex.DecodeString(hash); (err != nil || len(hash) != 2*sha256.Size) && (hash != unsignedPayload || !v.UnsignedPayload) {
		return Identity{}, Payload{}, otherPayload()
	}
	canonical, err := canonicalRequest(r, c, hash)
	if err != nil {
		return Identity{}, Payload{}, err
	}
	if err := c.prove(key, canonical); err != nil {
		return Identity{}, Payload{}, err
	}
	return id, Payload{Proven: true, check: func(body []byte) error { return hasHash(body, hash) }}, nil
}

// signs refuses a signature that is not of a key over a request with a body.
func (v *Verifier) signs(r *http.Request, c *claim, key Key, body []byte) error {
	payload, err := v.payloadHash(r, c, body)
	if err != nil {
		return err
	}
	canonical, err := canonicalRequest(r, c, payload)
	if err != nil {
		return err
	}
	return c.prove(key, canonical)
}

func hasHash(body []byte, hash string) error {
	sum := sha256.Sum256(body)
	if hash != unsignedPayload && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(hash)) != 1 {
		return otherPayload()
	}
	return nil
}
