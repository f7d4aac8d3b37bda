// Package certfile gives a TLS server its certificate from two files, and takes new ones into use when the files change,
// as they do when a certificate is renewed. It owns when to look; what TLS otherwise needs, it leaves to its callers.
package certfile

import (
	"crypto/tls"
	"fmt"
	"slices"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/filestamp"
)

// every is how often the files are looked at, at most: with a handshake, so that an idle server does nothing.
const every = time.Second

// Pair is a certificate and its key. Safe for concurrent use.
type Pair struct {
	cert, key string
	report    func(error)
	now       clock.Clock

	mu     sync.Mutex
	inUse  *tls.Certificate
	seen   []filestamp.Stamp
	looked time.Time
}

// Load reads PEM files. Report, which may be nil, is told when files that changed cannot be used: once for each change,
// nil for a good one. Until then the certificate of before is.
func Load(cert, key string, report func(error), now clock.Clock) (*Pair, error) {
	if report == nil {
		report = func(error) {}
	}
	p := &Pair{cert: cert, key: key, report: report, now: now, looked: now()}
	p.seen = filestamp.Of(cert, key)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("load the certificate: %w", err)
	}
	p.inUse = &pair
	return p, nil
}

// Certificate is for tls.Config's GetCertificate.
func (p *Pair) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := p.now(); at.Sub(p.looked) >= every {
		p.looked = at
		p.refresh()
	}
	return p.inUse, nil
}

func (p *Pair) refresh() {
	stamps := filestamp.Of(p.cert, p.key)
	if slices.Equal(stamps, p.seen) {
		return
	}
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	p.seen = stamps
	p.report(err)
	if err == nil {
		p.inUse = &pair
	}
}
