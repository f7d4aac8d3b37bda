package certfile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/certfile"
	"cognate.dev/cognate/internal/kit/clock"
)

// write makes a certificate and its key, with a file time of its own.
func write(t *testing.T, dir, name string, at time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: cert}, "key": {Type: "PRIVATE KEY", Bytes: secret}} {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARenewedCertificateIsTakenIntoUse(t *testing.T) {
	t.Parallel()
	dir, fake := t.TempDir(), clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	write(t, dir, "first", fake.Now())
	var reports []error
	p, err := certfile.Load(filepath.Join(dir, "cert"), filepath.Join(dir, "key"), func(err error) { reports = append(reports, err) }, fake.Now)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string, told int) {
		t.Helper()
		got, err := p.Certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		if err != nil || leaf.Subject.CommonName != want || len(reports) != told {
			t.Errorf("%s after %d reports, want %s after %d (%v)", leaf.Subject.CommonName, len(reports), want, told, err)
		}
	}
	expect("first", 0)
	write(t, dir, "second", fake.Now().Add(time.Minute))
	expect("first", 0) // not looked at again so soon
	fake.Advance(time.Second)
	expect("second", 1)
	if reports[0] != nil {
		t.Error(reports[0])
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	fake.Advance(time.Second)
	expect("second", 2)
	fake.Advance(time.Second)
	expect("second", 2) // a broken file is reported once
	if reports[1] == nil {
		t.Error("a broken key was not reported")
	}
	write(t, dir, "third", fake.Now().Add(time.Hour))
	fake.Advance(time.Second)
	expect("third", 3)
}

func TestNoCertificateIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	if _, err := certfile.Load("no such file", "nor this", nil, clock.System); err == nil {
		t.Error("loaded")
	}
}
