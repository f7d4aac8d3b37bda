package sealing

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// carried are sealed columns that hold what ends within minutes, and need not be sealed anew.
var carried = []string{"devices.waiting", "provider_trips.doc", "workspace_logins.doc", "workspace_script_runs.doc"}

// TestEverySealedColumnIsKnown reads of the migrations which columns are sealed: one that rotation does not know would be lost with
// the old master key.
func TestEverySealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../sqlite/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	table, column := regexp.MustCompile(`^CREATE TABLE (\w+)`), regexp.MustCompile(`^\s+(\w+) +(?:BLOB|TEXT)\b.*--.*\bsealed\b`)
	known, found := []string{}, []string{}
	for _, p := range sealedPlaces {
		known = append(known, p.table+"."+p.column)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := ""
		for _, line := range regexp.MustCompile(`\n`).Split(string(raw), -1) {
			if m := table.FindStringSubmatch(line); m != nil {
				in = m[1]
			}
			if m := column.FindStringSubmatch(line); m != nil {
				found = append(found, in+"."+m[1])
			}
		}
	}
	for _, name := range []string{"access_keys.sealed", "outbox.sealed", "credentials.hash"} { // whose lines do not say it
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %v are said to be sealed: has the form of migrations changed?", found)
	}
	for _, name := range found {
		if !slices.Contains(known, name) && !slices.Contains(carried, name) {
			t.Errorf("%s is sealed, and is not sealed anew when the master key changes: add it to sealedPlaces", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(found, name) {
			t.Errorf("no migration says that %s is sealed", name)
		}
	}
}
