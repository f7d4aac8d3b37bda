package localca

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

var names = []string{"localhost", "*.auth.localhost"}

func open(t *testing.T, dir string, now clock.Clock) *Authority {
	t.Helper()
	a, err := Open(dir, names, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func leaf(t *testing.T, a *Authority) *tls.Certificate {
	t.Helper()
	c, err := a.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trusting checks a certificate as a client does that trusts nobody but the authority in a folder.
func trusting(t *testing.T, dir string, c *tls.Certificate, name string, at time.Time) error {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, CertFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(raw)
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at})
	return err
}

func TestCertificatesAreForThisMachineAndNobodyElse(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), clock.NewFake(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	c := leaf(t, open(t, dir, now.Now))
	for name, good := range map[string]bool{
		"localhost": true, "contacts.auth.localhost": true, "127.0.0.1": true, "::1": true,
		"example.com": false, "a.b.auth.localhost": false, "other.localhost": false, "192.0.2.1": false,
	} {
		if err := trusting(t, dir, c, name, now.Now()); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAStolenAuthorityCannotVouchForTheWorld fails when trusting the authority means more than trusting this machine.
func TestAStolenAuthorityCannotVouchForTheWorld(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), clock.NewFake(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	a := open(t, dir, now.Now)
	a.names = []string{"bank.example.com"}
	if trusting(t, dir, leaf(t, a), "bank.example.com", now.Now()) == nil {
		t.Error("a certificate for a foreign name is good")
	}
}

func TestTheAuthorityIsMadeOnceAndItsKeyIsPrivate(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), clock.NewFake(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	first := open(t, dir, now.Now)
	if again := open(t, dir, now.Now); !again.cert.Equal(first.cert) {
		t.Error("a second start made another authority: whoever trusted the first has to begin anew")
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info.Mode(), err)
	}
	now.Advance(caLife)
	if later := open(t, dir, now.Now); later.cert.Equal(first.cert) {
		t.Error("an authority that has ended is in use")
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, names, now.Now); err == nil {
		t.Error("a broken key was accepted")
	}
}

func TestACertificateIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), clock.NewFake(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	a := open(t, dir, now.Now)
	first := leaf(t, a)
	now.Advance(leafLife/2 - time.Second)
	if leaf(t, a) != first {
		t.Error("a new certificate for each handshake")
	}
	now.Advance(time.Second)
	if second := leaf(t, a); second == first || trusting(t, dir, second, "localhost", now.Now().Add(leafLife/2)) != nil {
		t.Error("the certificate was not renewed")
	}
}
