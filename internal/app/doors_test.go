package app

import (
	"testing"

	"cognate.dev/cognate/internal/app/config"
)

func TestTheDoorForGRPCCanBeOff(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"", "off"} {
		d, err := listen(t.Context(), Config{Listen: "127.0.0.1:0", PDPListen: "127.0.0.1:0", PDPGRPCListen: addr})
		if err != nil || d.rpc != nil {
			t.Errorf("%q: %v, %v", addr, d.rpc, err)
		}
		d.close()
	}
}

func TestAddressesOfTheDecisionPointAreChecked(t *testing.T) {
	t.Parallel()
	for addr, good := range map[string]bool{"127.0.0.1:1": true, "unix:/run/x.sock": true, "unix:": false, "nowhere": false} {
		c := config.Default()
		c.PDPGRPCListen = addr
		if err := c.Check(); (err == nil) != good {
			t.Errorf("%q: %v", addr, err)
		}
	}
	c := config.Default()
	c.Decisions.TLS.Cert = "x"
	if c.Check() == nil {
		t.Error("a certificate without a key passed")
	}
}

// TestASecondServerStartsBesideTheFirst fails when a port that nobody asked for keeps a server from starting. It takes
// the default port, or finds it taken; what matters is the same.
func TestASecondServerStartsBesideTheFirst(t *testing.T) {
	t.Parallel()
	cfg := Config{Listen: "127.0.0.1:0", PDPListen: "127.0.0.1:0", PDPGRPCListen: config.Default().PDPGRPCListen}
	for range 2 {
		d, err := listen(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
	}
	taken, err := listen(t.Context(), Config{Listen: "127.0.0.1:0", PDPListen: "127.0.0.1:0", PDPGRPCListen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.close()
	cfg.PDPGRPCListen = taken.rpc.Addr().String()
	if _, err := listen(t.Context(), cfg); err == nil {
		t.Error("a port that was asked for and is taken did not stop the start")
	}
}
