package key_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"

	"cognate.dev/cognate/internal/key"
)

// TestCertificateStays fails when two nodes, or a node before and after a rotation, give different certificates, or the
// certificate is not for the key that signs.
func TestCertificateStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.ring().Certificate(t.Context(), poolID)
	if err != nil {
		t.Fatal(err)
	}
	ring := w.ring()
	if err := ring.Rotate(t.Context(), poolID, 0); err != nil {
		t.Fatal(err)
	}
	again, err := ring.Certificate(t.Context(), poolID)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("another certificate (%v)", err)
	}
	c, err := x509.ParseCertificate(first)
	if err != nil {
		t.Fatal(err)
	}
	if s := signer(t, ring, poolID, key.ForSAML); !s.Key.PublicKey.Equal(c.PublicKey) || c.NotAfter.Year()-c.NotBefore.Year() != 10 {
		t.Errorf("a certificate until %s for another key", c.NotAfter)
	}
}

// TestSAMLKeySignsNoTokens fails when the key whose certificate others hold would verify a token.
func TestSAMLKeySignsNoTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ring := w.ring()
	saml := signer(t, ring, poolID, key.ForSAML)
	set, err := ring.Public(t.Context(), poolID)
	if err != nil || len(set.Keys) != 2 {
		t.Errorf("%d keys are published (%v), want 2", len(set.Keys), err)
	}
	for _, use := range []key.Use{key.ForID, key.ForAccess, key.ForSAML} {
		if _, err := ring.PublicKey(t.Context(), poolID, saml.KID, use); !errors.Is(err, key.ErrUnknown) {
			t.Errorf("as a key for %s: %v", use, err)
		}
	}
}

// TestACertificateIsSignedOnce fails when each request to a SAML provider signs the certificate anew.
func TestACertificateIsSignedOnce(t *testing.T) {
	t.Parallel()
	ring := newWorld(t).ring()
	_, first, err := ring.Certified(t.Context(), poolID)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, err := ring.Certified(t.Context(), poolID); err != nil || again != first {
		t.Errorf("made again (%v)", err)
	}
	if _, other, err := ring.Certified(t.Context(), "eu-west-1_Pool00002"); err != nil || other.Equal(first) {
		t.Errorf("another pool has the same (%v)", err)
	}
}
