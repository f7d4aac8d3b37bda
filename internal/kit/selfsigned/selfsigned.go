// Package selfsigned makes X.509 certificates that vouch for nothing but their own key, as SAML uses them to carry one.
// It leaves keys, and whether a certificate may be trusted, to its callers.
package selfsigned

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Certificate makes a self-signed certificate (DER) for a key, valid for years from a moment on. The same arguments
// give the same bytes: the serial number follows from the key, and RSA signatures of PKCS #1 v1.5 have nothing random.
func Certificate(key *rsa.PrivateKey, name string, from time.Time, years int) ([]byte, error) {
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	digest := sha256.Sum256(public)
	digest[0] &= 0x7f                            // a serial number is positive,
	digest[0] |= 0x40                            // not zero,
	serial := new(big.Int).SetBytes(digest[:20]) // and has at most 20 octets: RFC 5280 section 4.1.2.2
	from = from.UTC().Truncate(time.Second)      // all that a certificate can say
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: from.AddDate(years, 0, 0),
		KeyUsage:           x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return der, nil
}
