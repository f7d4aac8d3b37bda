package enrich_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// storm is a server that can be broken in many ways, by TLS.
type storm struct {
	*httptest.Server
	how   atomic.Value // of string; "" works
	asked atomic.Int64
	ca    string
}

// certified makes a certificate for this machine, and writes it to a file that can be trusted.
func certified(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func newStorm(t *testing.T) *storm {
	t.Helper()
	s := &storm{}
	s.how.Store("")
	good, ca := certified(t)
	strange, _ := certified(t)
	s.ca = ca
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		shown := good
		if s.how.Load() == "tls" {
			shown = strange
		}
		return &tls.Config{Certificates: []tls.Certificate{shown}}, nil
	}}
	s.Config.SetKeepAlivesEnabled(false) // each look-up shakes hands
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *storm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.asked.Add(1)
	how := s.how.Load()
	if how == "flapping" && n%2 == 0 {
		how = "500"
	}
	switch how {
	case "slow":
		<-r.Context().Done()
	case "trickle":
		_, _ = io.WriteString(w, `{"level":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "cut":
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			c.Close()
		}
	case "html":
		_, _ = io.WriteString(w, "<html>maintenance</html>")
	case "list":
		_, _ = io.WriteString(w, `[]`)
	case "wrong type":
		_, _ = io.WriteString(w, `{"level":"none","groups":["admin"]}`)
	case "missing field":
		_, _ = io.WriteString(w, `{"groups":["admin"]}`)
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"level":9,"groups":["admin"]}`)
	default:
		_, _ = io.WriteString(w, `{"level":1,"groups":["user"]}`)
	}
}

// However a source breaks, no decision is made on what it did not say, none waits longer than the timeout (but for a
// busy machine), and it is used again when it works, without a restart.
func TestABrokenSourceDecidesNothingAndRecovers(t *testing.T) {
	t.Parallel()
	const timeout, patience = 250 * time.Millisecond, 5 * time.Minute
	for _, how := range []string{"slow", "trickle", "cut", "html", "list", "wrong type", "missing field", "500", "tls"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := newStorm(t)
			at := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
			client, err := rest.New(rest.Config{URL: s.URL + "/{id}", Server: upstream.Config{CAFile: s.ca}})
			if err != nil {
				t.Fatal(err)
			}
			make := func(c enrich.SourceConfig) *enrich.Enricher {
				c = outside("a", c)
				c.TTL, c.Stale, c.Timeout, c.Jitter = 10*time.Second, 5*time.Second, timeout, 1e-9
				c.Groups, c.Fields, c.Breaker = "groups", []field.Config{{From: "level", Type: "number", Required: true}}, enrich.Breaker{Failures: 3, Pause: 5 * time.Second}
				e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{c}}, func(enrich.SourceConfig) (enrich.Source, error) {
					return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) {
						return client.Find(ctx, q.Kind, q.ID)
					}, nil), nil
				}, nil, at.Now)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(e.Wait)
				return e
			}
			closed, open := make(enrich.SourceConfig{}), make(enrich.SourceConfig{OnFailure: "open"})
			ask := func(e *enrich.Enricher) (*enginev1.Principal, enrich.Trace, error) {
				began := time.Now()
				p := principal(map[string]any{"a": map[string]any{"level": 9}})
				p.Roles = nil
				trace, err := e.Enrich(t.Context(), p, nil)
				if took := time.Since(began); took > patience {
					t.Errorf("a decision took %v", took)
				}
				return p, trace, err
			}
			works := func(when, outcome string) {
				t.Helper()
				deadline := time.Now().Add(patience) // a busy machine may miss the timeout even then
				for {
					p, trace, err := ask(closed)
					if err == nil && attrOf(p.Attr)["a"].(map[string]any)["level"] == 1.0 && p.Roles[0] == "user" && string(trace[0].Outcome) == outcome {
						return
					}
					if time.Now().After(deadline) || err == nil {
						t.Fatalf("%s: %v, %v, trace %s", when, p, err, trace)
					}
					at.Advance(5 * time.Second)
				}
			}
			works("at first", "miss")

			s.how.Store(how)
			at.Advance(12 * time.Second)
			works("within the stale window", "stale")
			closed.Wait()
			at.Advance(5 * time.Second)
			before := s.asked.Load()
			for range 6 {
				if p, _, err := ask(closed); !fault.Is(err, fault.Unavailable, "") || p.Attr["a"] != nil || len(p.Roles) > 0 {
					t.Errorf("closed: %v, %v", p, err)
				}
				if p, _, err := ask(open); err != nil || p.Attr["a"] != nil || len(p.Roles) > 0 {
					t.Errorf("open: %v, %v", p, err)
				}
			}
			if n := s.asked.Load() - before; how != "tls" && how != "wrong type" && how != "missing field" && n > 6 {
				t.Errorf("asked %d times: the breakers stay closed", n)
			}

			s.how.Store("")
			at.Advance(5 * time.Second)
			works("after recovery", "miss")
		})
	}
}

func TestAFlappingSourceNeverSaysAnythingWrong(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	at := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	client, err := rest.New(rest.Config{URL: s.URL + "/{id}", Server: upstream.Config{CAFile: s.ca}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{outside("a", enrich.SourceConfig{TTL: time.Second, Groups: "groups", Timeout: time.Minute})}},
		func(enrich.SourceConfig) (enrich.Source, error) {
			return enrich.Outside(func(ctx context.Context, q enrich.Query) (map[string]any, error) {
				return client.Find(ctx, q.Kind, q.ID)
			}, nil), nil
		}, nil, at.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Wait)
	s.how.Store("flapping")
	right, refused := 0, 0
	for range 40 {
		at.Advance(2 * time.Second)
		p := &enginev1.Principal{Id: "alice"}
		switch _, err := e.Enrich(t.Context(), p, nil); {
		case err != nil && len(p.Roles) == 0:
			refused++
		case err == nil && len(p.Roles) == 1 && p.Roles[0] == "user" && attrOf(p.Attr)["a"].(map[string]any)["level"] == 1.0:
			right++
		default:
			t.Errorf("%v, %v", p, err)
		}
	}
	if right != 20 || refused != 20 {
		t.Errorf("%d right, %d refused", right, refused)
	}
}
