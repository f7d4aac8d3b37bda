package cerbos

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"cognate.dev/cognate/internal/policy"
)

// Whatever stands in a policy file, loading it ends in a table or an error: never in a panic, and never in a table
// that cannot answer.
func FuzzPolicyFile(f *testing.F) {
	files, err := filepath.Glob("../../../examples/policies/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, c := range wrong {
		for _, text := range c.files {
			f.Add("apiVersion: api.cerbos.dev/v1\n" + text)
		}
	}
	compiler, err := New(policy.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := compiler.Compile(context.Background(), folder(map[string]string{"x.yml": text}))
		if (d == nil) == (err == nil) {
			t.Fatalf("table %v, error %v", d, err)
		}
		if err == nil {
			allowed(t, d, ask{role: "user", kind: "contact", action: "read"})
		}
	})
}
