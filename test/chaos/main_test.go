package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cognate.dev/cognate/test/built"
)

// binary is the server under test, built once for the whole package.
var binary string

func TestMain(m *testing.M) { built.Main(m, &binary, "chaos is for make test, not for the fast gate") }

// need skips a test whose program is missing, loudly; under CI that is a failure.
func need(t testing.TB, program string) string {
	t.Helper()
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	if path, err := exec.LookPath(filepath.Join("/usr/sbin", program)); err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and under CI nothing is skipped", program)
	}
	t.Skipf("SKIPPED: %s is not installed", program)
	return ""
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
