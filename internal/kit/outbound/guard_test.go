package outbound_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/outbound"
)

func TestOnlyPublicAddressesAreReached(t *testing.T) {
	t.Parallel()
	guard := outbound.Guard(netip.MustParsePrefix("10.1.0.0/16"))
	for address, want := range map[string]bool{
		"93.184.216.34:443": true, "[2606:2800:220:1::1]:443": true, "10.1.2.3:443": true,
		"10.2.0.1:443": false, "127.0.0.1:80": false, "[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "169.254.169.254:80": false,
		"192.168.1.1:443": false, "100.64.0.1:443": false, "0.0.0.0:80": false, "[fe80::1]:80": false, "[fd00::1]:80": false, "x": false,
		"[64:ff9b::a9fe:a9fe]:80": false, "[64:ff9b::7f00:1]:80": false, "[64:ff9b::808:808]:443": true, "[64:ff9b::a01:203]:443": true,
		"192.0.0.192:80": false, "0.1.2.3:80": false, "240.0.0.1:80": false, "[2002:7f00:1::1]:80": false, "[64:ff9b:1::a9fe:a9fe]:80": false,
	} {
		if err := guard("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestAGuardedClientLooksBehindNames fails when a name for this machine, which no list of names can know, is called.
func TestAGuardedClientLooksBehindNames(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for name, c := range map[string]struct {
		allowed []netip.Prefix
		want    bool
	}{"public only": {nil, false}, "this machine, too": {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, true}} {
		client := outbound.NewGuarded(time.Minute, c.allowed...)
		defer client.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := outbound.Do(client, request, 1000); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
