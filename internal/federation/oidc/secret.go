package oidc

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/federation"
)

// secretLife is how long a client secret that was made for one request is good.
const secretLife = 5 * time.Minute

// clientSecret is what we prove to a provider who we are with. Apple's is a token, signed for the occasion.
// https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
func (c *Connector) clientSecret(p *federation.Provider) (string, error) {
	if p.Type != federation.Apple {
		return p.Secrets["client_secret"], nil
	}
	key, err := appleKey(p.Secrets["private_key"])
	if err != nil {
		return "", federation.Refuse(err, "%s Error - the private key of the provider cannot be used", p.Label())
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", p.Details["key_id"]))
	if err != nil {
		return "", federation.Refuse(err, "%s Error - the private key of the provider cannot be used", p.Label())
	}
	now := c.now()
	payload, err := json.Marshal(map[string]any{
		"iss": p.Details["team_id"], "sub": p.Details["client_id"], "aud": "https://appleid.apple.com",
		"iat": now.Unix(), "exp": now.Add(secretLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// appleKey reads a private key, in PEM or as the bare base64 that AWS's console takes.
func appleKey(text string) (*ecdsa.PrivateKey, error) {
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, errors.New("it is neither PEM nor base64")
		}
		der = raw
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it is no PKCS #8 key")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no key of an elliptic curve")
	}
	return key, nil
}
