package smtp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server is a small SMTP server (RFC 5321) that keeps what it is given.
type server struct {
	cert     *tls.Certificate  // nil: STARTTLS is not offered
	implicit bool              // TLS from the first byte
	auth     bool              // AUTH PLAIN is offered and demanded
	answers  map[string]string // a command's first word → the answer instead of the usual one
	silent   bool              // accepts connections and says nothing
	once     bool              // closes a connection after its first mail

	connections atomic.Int32
	listener    net.Listener
	group       sync.WaitGroup
	mails       chan delivery // each mail that was accepted
}

type delivery struct {
	from, to, auth string
	encrypted      bool
	data           string
}

func (s *server) start(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.mails = l, make(chan delivery, 10)
	s.group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			s.group.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); s.group.Wait() })
	return l.Addr().(*net.TCPAddr).Port
}

func (s *server) serve(raw net.Conn) {
	conn := raw
	defer func() { _ = conn.Close() }()
	if s.silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	d := delivery{}
	if s.implicit {
		conn, d.encrypted = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}}), true
	}
	text := textproto.NewConn(conn)
	_ = text.PrintfLine("220 mail.example.com ESMTP")
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		word := strings.ToUpper(strings.Fields(line + " ?")[0])
		if answer, ok := s.answers[word]; ok {
			_ = text.PrintfLine("%s", answer)
			continue
		}
		switch word {
		case "EHLO":
			extensions := []string{"mail.example.com", "8BITMIME"}
			if s.cert != nil && !d.encrypted {
				extensions = append(extensions, "STARTTLS")
			}
			if s.auth {
				extensions = append(extensions, "AUTH PLAIN")
			}
			for i, e := range extensions {
				_ = text.PrintfLine("250%s%s", map[bool]string{true: " ", false: "-"}[i == len(extensions)-1], e)
			}
		case "STARTTLS":
			_ = text.PrintfLine("220 go ahead")
			conn, d.encrypted = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}}), true
			text = textproto.NewConn(conn)
		case "AUTH":
			d.auth = line
			_ = text.PrintfLine("235 welcome")
		case "MAIL":
			if s.auth && d.auth == "" {
				_ = text.PrintfLine("530 authenticate first")
				continue
			}
			d.from = line
			_ = text.PrintfLine("250 ok")
		case "RCPT":
			d.to = line
			_ = text.PrintfLine("250 ok")
		case "DATA":
			_ = text.PrintfLine("354 go on")
			data, err := text.ReadDotBytes()
			if err != nil {
				return
			}
			d.data = string(data)
			s.mails <- d
			_ = text.PrintfLine("250 taken")
			if s.once {
				return
			}
		case "QUIT":
			_ = text.PrintfLine("221 bye")
			return
		default:
			_ = text.PrintfLine("250 ok")
		}
	}
}

// certificate makes a self-signed certificate for a host and the file to trust it by.
func certificate(t *testing.T, host string) (*tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	if err := pem.Encode(&buffer, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, buffer.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}
