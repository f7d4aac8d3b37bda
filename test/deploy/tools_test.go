package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// tool finds a program that looks at a file of deploy/, and skips loudly where it is not installed.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("NOT RUN: %s is not installed", name)
	}
	return path
}

// TestSystemdTakesTheUnit fails when systemd finds a mistake in the unit, or finds the service less locked in than it is now.
func TestSystemdTakesTheUnit(t *testing.T) {
	t.Parallel()
	analyze := tool(t, "systemd-analyze")
	unit := filepath.Join(t.TempDir(), "cognate.service")
	here := regexp.MustCompile(`(?m)^ExecStart=\S+`).ReplaceAllString(text(t, "deploy/cognate.service"), "ExecStart=/bin/true") // the binary is not installed
	if err := os.WriteFile(unit, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	const exposure = "20" // in tenths: 2.0 of 10
	if out, err := exec.CommandContext(t.Context(), analyze, "security", "--no-pager", "--offline=true", "--threshold="+exposure, unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// TestPrometheusTakesTheRules fails when a rule is not one.
func TestPrometheusTakesTheRules(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), tool(t, "promtool"), "check", "rules", filepath.Join(root, "deploy/monitoring/alerts.yaml")).CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}
