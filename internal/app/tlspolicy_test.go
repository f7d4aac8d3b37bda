package app

import (
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/kit/localca"
)

// TestADomainGetsTheVersionOfTLSThatItsPolicyWants fails when SecurityPolicy changes nothing, or changes it for others.
func TestADomainGetsTheVersionOfTLSThatItsPolicyWants(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	domains := w.h.rooms.Load().domains
	const login = "login.example.com"
	_, err := domains.Create(t.Context(), domain.Spec{PoolID: testPool, Name: login, Settings: domain.Settings{
		ManagedLogin: 2, Custom: true, CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/one", SecurityPolicy: domain.NewestTLS}})
	w.check(err)
	ca, err := localca.Open(t.TempDir(), []string{"localhost"}, time.Now)
	w.check(err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	w.check(err)
	server := &http.Server{Handler: &w.h.main, ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { w.check(server.Close()) })
	go func() {
		_ = server.Serve(tls.NewListener(l, w.h.asDomainsSay(&tls.Config{MinVersion: tls.VersionTLS12,
			GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				asked := *hello
				asked.ServerName = "localhost"
				return ca.Certificate(&asked)
			}})))
	}()
	speaks := func(name string, newest uint16) bool {
		d := tls.Dialer{Config: &tls.Config{ServerName: name, MaxVersion: newest, InsecureSkipVerify: true}} // #nosec G402 -- who answers is not the question
		conn, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			return false
		}
		_, err = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		_ = conn.Close()
		return err == nil
	}
	for name, older := range map[string]bool{login: false, "other.example.com": true, "localhost": true, "": true} {
		if !speaks(name, tls.VersionTLS13) {
			t.Errorf("%q does not speak TLS 1.3", name)
		}
		if speaks(name, tls.VersionTLS12) != older {
			t.Errorf("%q speaks TLS 1.2: %t", name, !older)
		}
	}
	w.check(func() error {
		_, err := domains.Update(t.Context(), domain.Spec{PoolID: testPool, Name: login, Settings: domain.Settings{
			ManagedLogin: 2, Custom: true, CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/one", SecurityPolicy: "TLS_V1_2_2021"}})
		return err
	}())
	if !speaks(login, tls.VersionTLS12) {
		t.Error("a policy that takes TLS 1.2 does not")
	}
}
