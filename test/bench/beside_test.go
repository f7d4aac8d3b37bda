package main

import (
	"os"
	"testing"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

func TestTheUnitsOfPoliciesCompile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeUnits(dir, 2); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 16 {
		t.Errorf("%d files, %v", len(files), err)
	}
	c, err := cerbos.New(policy.Default())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile(t.Context(), os.DirFS(dir)); err != nil {
		t.Error(err)
	}
}
