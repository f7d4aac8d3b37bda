package federation

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/kit/selfsigned"
)

const (
	// EncryptionKey is the secret of a SAML provider that opens its answers: PKCS #8, in base64.
	EncryptionKey   = "encryption_key"
	encryptionBits  = 2048
	encryptionYears = 10
)

// readMetadata obeys that a SAML provider names its metadata exactly once. A document is read now; a URL is kept, and
// read when somebody signs in.
func (p *Provider) readMetadata() error {
	file, link := p.Details["MetadataFile"], p.Details["MetadataURL"]
	if (file == "") == (link == "") {
		return fault.Invalidf("ProviderDetails must contain either MetadataURL or MetadataFile.")
	}
	p.Metadata = nil
	if file == "" {
		return nil
	}
	read, err := metadata.Parse([]byte(file))
	if err != nil {
		return fault.Invalidf("Invalid SAML metadata: %v.", err)
	}
	p.Metadata = read
	return nil
}

// pair is a key pair for answers that are encrypted.
type pair struct{ private, certificate string }

// settleEncryption gives a provider that encrypts its answers a key pair of its own, and takes it away from one that
// does not. The fresh pair is for a provider that has none yet.
func (p *Provider) settleEncryption(fresh *pair) {
	switch {
	case p.Details["EncryptedResponses"] != "true":
		p.Encryption = ""
		delete(p.Secrets, EncryptionKey)
	case p.Secrets[EncryptionKey] == "":
		p.Secrets[EncryptionKey], p.Encryption = fresh.private, fresh.certificate
	}
}

// newPair makes a key pair when details ask for one. It takes its time and so must run before any transaction.
func newPair(details map[string]string, poolID string, at time.Time) (*pair, error) {
	if strings.TrimSpace(details["EncryptedResponses"]) != "true" {
		return nil, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, encryptionBits)
	if err != nil {
		return nil, fmt.Errorf("make encryption key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode encryption key: %w", err)
	}
	certificate, err := selfsigned.Certificate(key, poolID, at, encryptionYears)
	if err != nil {
		return nil, err
	}
	return &pair{base64.StdEncoding.EncodeToString(private), base64.StdEncoding.EncodeToString(certificate)}, nil
}
