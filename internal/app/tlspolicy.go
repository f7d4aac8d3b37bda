package app

import (
	"crypto/tls"

	"cognate.dev/cognate/internal/domain"
)

// asDomainsSay lets a port ask for the version of TLS that the policy of a domain wants, where a client names one. TLS 1.2 is
// the least for everybody, whatever an older policy would still take.
func (h *house) asDomainsSay(base *tls.Config) *tls.Config {
	if base == nil {
		return nil
	}
	newest := base.Clone()
	newest.MinVersion = tls.VersionTLS13
	own := base.Clone()
	own.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		r := h.rooms.Load()
		if r == nil || hello.ServerName == "" {
			return nil, nil
		}
		// A database that cannot be asked is no reason to send people away.
		if d, err := r.domains.ByHost(hello.Context(), hello.ServerName); err == nil && d != nil && d.SecurityPolicy == domain.NewestTLS {
			return newest, nil
		}
		return nil, nil
	}
	return own
}
