package seed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeedsNeedNoIDs fails when a pool must be given an id, or gets another one at the next start.
func TestSeedsNeedNoIDs(t *testing.T) {
	t.Parallel()
	read := func() Seeds {
		t.Helper()
		s, err := Read(file(t, "pools: [{name: staff}, {name: customers}, {id: eu-west-1_Pinned, name: tests}]"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Settle("us-east-1"); err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, second := read(), read()
	for i, p := range first.Pools {
		if p.ID == "" || p.ID != second.Pools[i].ID {
			t.Errorf("%s has the ids %q and %q", p.Name, p.ID, second.Pools[i].ID)
		}
	}
	if first.Pools[0].ID == first.Pools[1].ID || first.Pools[2].ID != "eu-west-1_Pinned" {
		t.Errorf("the ids are %q, %q, %q", first.Pools[0].ID, first.Pools[1].ID, first.Pools[2].ID)
	}
}

// TestMistakesInTheSeedsStopTheStart fails when a seed is silently dropped.
func TestMistakesInTheSeedsStopTheStart(t *testing.T) {
	t.Parallel()
	s, err := Read(file(t, "pools: [{id: us-east-1_A, name: a}, {id: us-east-1_A, name: b}]"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Settle("us-east-1"); err == nil || !strings.Contains(err.Error(), "us-east-1_A") {
		t.Errorf("two pools of one id: %v", err)
	}
	_, err = Read(file(t, "pools: [{titel: a}]"))
	if err == nil || !strings.Contains(err.Error(), "titel") || strings.Contains(err.Error(), "app.") {
		t.Errorf("a misspelt key: %v", err)
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seeds.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
