// Package forwarded finds out who is behind the proxies that one trusts: it puts the address of the client in the place
// of the proxy's, as X-Forwarded-For tells it. It leaves what the address means to its callers.
package forwarded

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For is believed. None: nobody's.
type Proxies []netip.Prefix

// Parse reads addresses and networks in CIDR notation.
func Parse(list []string) (Proxies, error) {
	var out Proxies
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil && !strings.Contains(text, "/") {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				a = a.Unmap()
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no address or network", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Trusts reports whether an address is one of theirs.
func (p Proxies) Trusts(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// Handler gives next the request with the client's address in RemoteAddr. The port is 0 when proxies were believed.
func (p Proxies) Handler(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, ok := p.Client(r); ok {
			r2 := *r
			r2.RemoteAddr = net.JoinHostPort(client.String(), "0")
			r = &r2
		}
		next.ServeHTTP(w, r)
	})
}

// Client is the address behind the trusted proxies: reading X-Forwarded-For from its end, the first that is no proxy of
// ours, since everything before it could have been written by anybody. Ok is false when the peer is no proxy, or says
// nothing that can be read.
func (p Proxies) Client(r *http.Request) (client netip.Addr, ok bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.Trusts(peer.Addr().Unmap()) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, good := address(strings.TrimSpace(hops[i]))
		if !good {
			break // what a trusted proxy wrote ends here
		}
		client, ok = a, true
		if !p.Trusts(a) {
			break
		}
	}
	return client, ok
}

// address reads one entry, with a port or without.
func address(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		ap, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone(""), true
}
