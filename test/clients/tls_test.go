package clients

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"cognate.dev/cognate/test/started"
)

// selfSigned writes a certificate for this machine and gives a pool that trusts it.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, content := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

func TestAllPortsSpeakTLSAndTakeANewCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := selfSigned(t, dir)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	s := serve(t, "COGNATE_DECISIONS_TLS_CERT="+cert, "COGNATE_DECISIONS_TLS_KEY="+key, "COGNATE_TLS_CERT="+cert, "COGNATE_TLS_KEY="+key)
	ask := func(pool *x509.CertPool) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		for _, address := range []string{s.pdp + "/api/server_info", s.cognito + "/us-east-1_Cognate01/.well-known/openid-configuration"} {
			res, err := (&http.Client{Transport: transport, Timeout: started.Patience}).Get(address)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.ProtoMajor != 2 {
				t.Errorf("%s, %v", res.Proto, err)
			}
			if issuer := `"issuer":"` + s.cognito; strings.HasPrefix(address, s.cognito) && !strings.Contains(string(body), issuer) {
				t.Errorf("no %s in %s", issuer, body)
			}
		}
		for _, addr := range []string{s.grpc, strings.TrimPrefix(s.pdp, "https://")} {
			conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool})))
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := svcv1.NewCerbosServiceClient(conn).ServerInfo(t.Context(), &requestv1.ServerInfoRequest{}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := ask(first); err != nil {
		t.Fatal(err)
	}
	second := selfSigned(t, dir)
	var err error
	for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = ask(second); err == nil {
			return
		}
	}
	t.Errorf("the new certificate is not in use: %v", err)
}

func TestADecisionPointOnASocket(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pdp-") // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := serveOn(t, "unix:"+dir+"/http", "unix:"+dir+"/grpc")
	client := bySocket(t, strings.TrimPrefix(s.pdp, "unix:"))
	res, err := client.Get("http://pdp/_cerbos/health")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	conn, err := grpc.NewClient(s.grpc, plainText)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := svcv1.NewCerbosServiceClient(conn).ServerInfo(t.Context(), &requestv1.ServerInfoRequest{}); err != nil {
		t.Error(err)
	}
}
