package token

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"cognate.dev/cognate/internal/key"
)

// maxToken bounds what is parsed; real tokens stay under about 20 KiB.
const maxToken = 64 << 10

// The header of every token, in this order and without typ, as Cognito writes it.
const (
	headerStart = `{"kid":"`
	headerEnd   = `","alg":"RS256"}`
	kidLength   = 44
)

var encoding = base64.RawURLEncoding.Strict()

// sign makes a compact JWS (RFC 7515 section 3.1) with RS256 (RFC 7518 section 3.3).
func sign(s *key.Signing, claims map[string]any) (string, error) {
	var payload bytes.Buffer
	e := json.NewEncoder(&payload)
	e.SetEscapeHTML(false)
	if err := e.Encode(claims); err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	body := bytes.TrimSuffix(payload.Bytes(), []byte("\n"))
	input := encoding.EncodeToString([]byte(headerStart+s.KID+headerEnd)) + "." + encoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.Key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return input + "." + encoding.EncodeToString(signature), nil
}

// parsed is a compact JWS of our own form, not yet verified.
type parsed struct {
	kid       string
	payload   []byte
	input     string // what is signed
	signature []byte
}

// parse takes a token apart. Only the very header that sign writes is accepted: there is no algorithm to confuse and
// no header parameter to smuggle in.
func parse(token string) (p parsed, ok bool) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // the decoder would skip line breaks
		return p, false
	}
	header, rest, ok1 := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok1 || !ok2 {
		return p, false
	}
	head, err1 := encoding.DecodeString(header)
	body, err2 := encoding.DecodeString(payload)
	sig, err3 := encoding.DecodeString(signature)
	if err1 != nil || err2 != nil || err3 != nil {
		return p, false
	}
	kid, ok1 := strings.CutPrefix(string(head), headerStart)
	kid, ok2 = strings.CutSuffix(kid, headerEnd)
	if !ok1 || !ok2 || len(kid) != kidLength {
		return p, false
	}
	return parsed{kid: kid, payload: body, input: token[:len(header)+1+len(payload)], signature: sig}, true
}

func (p parsed) verify(public *rsa.PublicKey) bool {
	return p.verifyDigest(public, sha256.Sum256([]byte(p.input)))
}

func (p parsed) verifyDigest(public *rsa.PublicKey, digest [sha256.Size]byte) bool {
	return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], p.signature) == nil
}

// accessHash is the at_hash of an access token (OpenID Connect Core section 3.1.3.6).
func accessHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return encoding.EncodeToString(sum[:16])
}
