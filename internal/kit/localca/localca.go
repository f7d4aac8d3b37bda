// Package localca is a certificate authority for programs on one machine: made once, kept in a folder, and able to vouch
// for names of that machine alone. It owns the authority and the certificates it signs; that somebody trusts it, and what
// is served with them, it leaves to its callers.
package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// The files of an authority within its folder.
const (
	CertFile = "dev-ca.pem"
	keyFile  = "dev-ca-key.pem"
)

const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 30 * 24 * time.Hour // browsers take no more than 398 days
	slack    = time.Hour           // for a clock that was set back
)

// Authority signs certificates for this machine. Safe for concurrent use.
type Authority struct {
	dir   string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	names []string
	now   clock.Clock

	mu   sync.Mutex
	leaf *tls.Certificate
}

// Open reads the authority of a folder, or makes one. Names are what its certificates are for, beside 127.0.0.1 and ::1:
// "localhost", or below it, where a first label may be "*". An authority that has ended is replaced by a new one.
func Open(dir string, names []string, now clock.Clock) (*Authority, error) {
	a := &Authority{dir: dir, names: names, now: now}
	err := a.load()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !now().Before(a.cert.NotAfter.Add(-leafLife)) {
		err = a.make()
	}
	if err != nil {
		return nil, fmt.Errorf("local certificate authority: %w", err)
	}
	return a, nil
}

// Path is the file of the authority's certificate (PEM), for those who are to trust it.
func (a *Authority) Path() string {
	path, err := filepath.Abs(filepath.Join(a.dir, CertFile))
	if err != nil {
		return filepath.Join(a.dir, CertFile)
	}
	return path
}

func (a *Authority) load() error {
	cert, err := readPEM(filepath.Join(a.dir, CertFile))
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(cert); err != nil {
		return fmt.Errorf("%s: %w", CertFile, err)
	}
	secret, err := readPEM(filepath.Join(a.dir, keyFile))
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return fmt.Errorf("%s: %w", keyFile, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(a.cert.PublicKey) {
		return fmt.Errorf("%s is not the key of %s: remove both to get new ones", keyFile, CertFile)
	}
	a.key = key
	return nil
}

func readPEM(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", path)
	}
	return block.Bytes, nil
}

// make writes a new authority. It is constrained (RFC 5280 section 4.2.1.10): whoever steals its key can vouch for
// nothing but the machine of somebody who trusts it.
func (a *Authority) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	at := a.now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Cognate development CA (" + host + ")"},
		NotBefore: at.Add(-slack), NotAfter: at.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}, {IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(a.dir, keyFile), "PRIVATE KEY", secret, 0o600); err != nil {
		return err
	}
	if err := writePEM(filepath.Join(a.dir, CertFile), "CERTIFICATE", der, 0o644); err != nil {
		return err
	}
	a.key = key
	a.cert, err = x509.ParseCertificate(der)
	return err
}

// writePEM replaces a file as a whole, so that a crash leaves no half of one.
func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	draft := path + ".new"
	if err := os.WriteFile(draft, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

// Certificate is for tls.Config's GetCertificate. Certificates are made when they are needed, and anew in time.
func (a *Authority) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leaf != nil && a.now().Before(a.leaf.Leaf.NotAfter.Add(-leafLife/2)) {
		return a.leaf, nil
	}
	leaf, err := a.sign()
	if err == nil {
		a.leaf = leaf
	}
	return leaf, err
}

func (a *Authority) sign() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	at := a.now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: at.Add(-slack), NotAfter: at.Add(leafLife),
		DNSNames: a.names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback},
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: parsed}, err
}

// serial is a random number of 127 bits: RFC 5280 section 4.1.2.2.
func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return n.Add(n, big.NewInt(1))
}
