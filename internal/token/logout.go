package token

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/random"
)

// Logout says that a user has signed out of a strict issuer.
type Logout struct {
	PoolID, Issuer, ClientID, UserID string
	SessionID                        string // sid of the ID tokens that the client has got
}

const (
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	logoutLife  = 2 * time.Minute
)

// Logout mints a logout token. Its header has a typ of its own, so that nobody, we included, takes it for another token.
// OpenID Connect Back-Channel Logout 1.0, section 2.4.
func (m *Minter) Logout(ctx context.Context, l Logout) (string, error) {
	signer, err := m.Keys.Signer(ctx, l.PoolID, key.ForID)
	if err != nil {
		return "", fmt.Errorf("find signing key: %w", err)
	}
	now := moment(m.Now)
	return signAs("logout+jwt", signer, map[string]any{
		"iss": l.Issuer, "aud": l.ClientID, "sub": l.UserID, "sid": l.SessionID, "iat": now.Unix(), "exp": now.Add(logoutLife).Unix(),
		"jti": random.UUID(), "events": map[string]any{logoutEvent: map[string]any{}},
	})
}

// signAs is sign with a typ in the header.
func signAs(kind string, s *key.Signing, claims map[string]any) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": s.KID, "typ": kind})
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	input := bytes.Join([][]byte{encoding.AppendEncode(nil, header), encoding.AppendEncode(nil, payload)}, []byte("."))
	digest := sha256.Sum256(input)
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.Key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return string(input) + "." + encoding.EncodeToString(signature), nil
}
