package started

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"testing"
	"time"
)

// Patience is for whatever must happen sooner or later, on the slowest and busiest machine: who waits that long waits for what never
// comes.
const Patience = 5 * time.Minute

// Patient are settings of a server that is not hurried by a slow machine: nobody is turned away because there is much to do, answers
// wait for the messages that belong to them, scripts may take their time, and so may requests that run when it ends.
var Patient = []string{"COGNATE_PATIENCE=5m", "COGNATE_MESSAGE_OUTBOX_PATIENCE=1m", "COGNATE_EXTENSIONS_SCRIPTS_TIMEOUT=1m",
	"COGNATE_SHUTDOWN=2m"}

// PatientDecisions is a configuration in which decisions wait for what is known about people as long as everything else does.
const PatientDecisions = "enrich: {sources: [{type: pool, timeout: 1m}]}\n"

// Port is a port of loopback for a program that must be told one, before it listens. It is none of those that the system gives to
// whoever asks for any, and no other test gets it while this one runs.
func Port(t testing.TB) string {
	t.Helper()
	const from = 10_000
	below := 32_768
	if raw, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(raw), &below); err != nil || below <= from {
			below = 61_000 // all are the system's
		}
	}
	for range 1000 {
		port := strconv.Itoa(from + rand.IntN(below-from))
		held, err := net.Listen("unix", "@cognate-test-port-"+port) // where other tests look
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			held.Close()
			continue
		}
		l.Close()
		t.Cleanup(func() { held.Close() })
		return port
	}
	t.Fatal("no port is free")
	return ""
}
