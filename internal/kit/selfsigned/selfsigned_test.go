package selfsigned_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/selfsigned"
)

// TestCertificateCarriesItsKeyAndStaysTheSame fails when a certificate cannot be verified with its own key, holds
// another one, or changes from call to call.
func TestCertificateCarriesItsKeyAndStaysTheSame(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	der, err := selfsigned.Certificate(key, "eu-west-1_abc", from, 10)
	if err != nil {
		t.Fatal(err)
	}
	again, err := selfsigned.Certificate(key, "eu-west-1_abc", from, 10)
	if err != nil || !bytes.Equal(der, again) {
		t.Errorf("the second certificate differs (%v)", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		t.Error(err)
	}
	if !key.PublicKey.Equal(c.PublicKey) || c.Subject.CommonName != "eu-west-1_abc" || c.NotAfter.Year() != 2036 || c.SerialNumber.Sign() != 1 {
		t.Errorf("certificate of %s until %s, serial %s", c.Subject, c.NotAfter, c.SerialNumber)
	}
}
