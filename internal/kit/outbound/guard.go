package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Guard is the Control of a dialer that connects to public addresses only, and to those of some networks: what somebody
// else chose as an address must not become a request within our own network. It looks at the address that was found for
// a name, so that no name can hide one.
func Guard(allowed ...netip.Prefix) func(network, address string, conn syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := at.Addr().Unmap()
		for _, network := range allowed {
			if network.Contains(ip) {
				return nil
			}
		}
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip) {
			return fmt.Errorf("%s is no public address", ip)
		}
		return nil
	}
}

// shared is the address space of carriers: RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// NewGuarded makes a client that goes where Guard lets it, waits so long for each part of an answer, and keeps a few
// connections for a minute. Redirects are not followed, and no proxy is asked: it would hide where a request goes.
func NewGuarded(wait time.Duration, allowed ...netip.Prefix) *http.Client {
	dialer := &net.Dialer{Timeout: wait, Control: Guard(allowed...)}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: wait, ResponseHeaderTimeout: wait, MaxIdleConnsPerHost: 4,
			IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
