package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryNamedTestExists fails when the threat model leans on a test that is gone, or a row leans on none.
func TestEveryNamedTestExists(t *testing.T) {
	t.Parallel()
	rows := 0
	for line := range strings.Lines(text(t, "docs/threat-model.md")) {
		if !strings.HasPrefix(line, "| a") && !strings.HasPrefix(line, "| somebody") || strings.HasPrefix(line, "| attacker |") {
			continue
		}
		rows++
		named := regexp.MustCompile("`([a-z0-9/]+): (Test[A-Za-z0-9]+)`").FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test shows this: %s", line)
		}
		for _, n := range named {
			if !declares(t, n[1], n[2]) {
				t.Errorf("%s has no %s", n[1], n[2])
			}
		}
	}
	if rows < 15 {
		t.Errorf("found only %d rows", rows)
	}
}

func declares(t *testing.T, dir, test string) bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}
