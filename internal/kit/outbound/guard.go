package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
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
		if translated.Contains(ip) {
			raw := ip.As16()
			ip = netip.AddrFrom4([4]byte(raw[12:]))
		}
		for _, network := range allowed {
			if network.Contains(ip) {
				return nil
			}
		}
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || slices.ContainsFunc(special, func(n netip.Prefix) bool { return n.Contains(ip) }) {
			return fmt.Errorf("%s is no public address", ip)
		}
		return nil
	}
}

// special are networks that look public and are not: this network, of carriers (RFC 6598), of protocols and of some clouds'
// metadata (RFC 6890), of benchmarks, reserved, and IPv6 that leads to any IPv4 (RFC 8215, RFC 3056).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),
}

// translated is IPv4 in IPv6, as networks without IPv4 reach it: RFC 6052. The last four bytes are where it leads.
var translated = netip.MustParsePrefix("64:ff9b::/96")

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
