package forwarded_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"cognate.dev/cognate/internal/kit/forwarded"
)

// TestOnlyTrustedProxiesAreBelieved fails when somebody can choose the address that they are seen from.
func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	t.Parallel()
	proxies, err := forwarded.Parse([]string{"10.0.0.0/8", "192.0.2.1", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, peer string
		header     []string
		want       string
	}{
		{"no proxy", "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9:1"},
		{"one proxy", "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"one proxy by its address", "192.0.2.1:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"an IPv4 peer on an IPv6 socket", "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1:0"},
		{"the client forged an entry", "10.0.0.1:1", []string{"127.0.0.1, 198.51.100.1"}, "198.51.100.1:0"},
		{"the client forged a header", "10.0.0.1:1", []string{"127.0.0.1", "198.51.100.1"}, "198.51.100.1:0"},
		{"the client claims to be a proxy", "10.0.0.1:1", []string{"203.0.113.7, 10.9.9.9, 198.51.100.1"}, "198.51.100.1:0"},
		{"two proxies", "10.0.0.1:1", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1:0"},
		{"proxies alone", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3:0"},
		{"with ports", "10.0.0.1:1", []string{"198.51.100.1:4711, [fd00::1]:99"}, "198.51.100.1:0"},
		{"IPv6", "[fd00::9]:1", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		{"nothing", "10.0.0.1:1", nil, "10.0.0.1:1"},
		{"nonsense", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1:1"},
		{"nonsense before a proxy", "10.0.0.1:1", []string{"unknown, 10.0.0.2"}, "10.0.0.2:0"},
		{"no address at all", "@", []string{"198.51.100.1"}, "@"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, h := range c.header {
			r.Header.Add("X-Forwarded-For", h)
		}
		var got string
		proxies.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: seen from %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := forwarded.Parse([]string{"10.0.0.0/40"}); err == nil {
		t.Error("a network of 40 bits is taken")
	}
}

// FuzzClient fails when a header makes an address out of nothing, or crashes.
func FuzzClient(f *testing.F) {
	f.Add("198.51.100.1, 10.0.0.2")
	f.Add("[::1]:1,,")
	proxies, _ := forwarded.Parse([]string{"10.0.0.0/8"})
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": {header}}}
		if a, ok := proxies.Client(r); ok != (a != netip.Addr{}) {
			t.Errorf("%q: %v %v", header, a, ok)
		}
	})
}
