package cerbos

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	cerbospolicy "github.com/cerbos/cerbos/private/policy"
)

// agree compares what scan makes of a file with what the engine's reader makes of it. It reports whether scan took it.
func agree(t *testing.T, content []byte) bool {
	t.Helper()
	quick, ok := scan(content)
	if !ok {
		return false
	}
	var slow fact
	var disabled bool
	err := guard("read", func() error {
		p, err := cerbospolicy.ReadFromFile(fstest.MapFS{"p.yaml": {Data: content}}, "p.yaml")
		if err == nil && p != nil {
			disabled, slow = p.GetDisabled(), factAbout(p)
		}
		return err
	})
	if err != nil || slow.fqn == "" {
		return true // what is not good is left to the compilation
	}
	got := factAbout(quick)
	if disabled || got.fqn != slow.fqn || got.group != slow.group || got.role != slow.role {
		t.Errorf("taken for %+v, and is %+v, disabled %v:\n%s", got, slow, disabled, content)
	}
	for _, needed := range slow.imports {
		if !slices.Contains(got.imports, needed) {
			t.Errorf("imports %s, and was taken for %q:\n%s", needed, got.imports, content)
		}
	}
	return true
}

const blocks = `# a comment
---
apiVersion: api.cerbos.dev/v1
metadata:
  annotations: {resource: other, "a": 'b'}
description: |
  resourcePolicy:
    resource: other
resourcePolicy:
  resource: "leave-request" # of all
  version: default
  scope: acme.hr
  importDerivedRoles:
    # two
    - one
    - "two"
  constants:
    import: [sizes, 'more']
  variables:
    import:
    - shared
    local:
      name: R.attr.name
  rules:
  - actions: ["*"]
    effect: EFFECT_ALLOW
    roles: [user]
    name: other
    condition:
      match:
        expr: R.attr.a && P.attr.b
`

// What is read quickly is what the engine's reader finds, and the usual is read quickly.
func TestAScanFindsWhatTheReaderFinds(t *testing.T) {
	t.Parallel()
	if !agree(t, []byte(blocks)) {
		t.Errorf("not read quickly:\n%s", blocks)
	}
	quick, all := 0, 0
	err := filepath.WalkDir("../../../examples", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yaml" || strings.Contains(name, "_test.") || strings.Contains(name, "testdata") {
			return err
		}
		content, err := os.ReadFile(name)
		if strings.Contains(string(content), "api.cerbos.dev") {
			all++
			if agree(t, content) {
				quick++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if quick*2 < all {
		t.Errorf("%d of %d examples were read quickly", quick, all)
	}
}

// What could mean something else is not read quickly.
func TestAScanLeavesWhatItMayNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"an escape": {`"leave-request"`, `"leave\x2drequest"`}, "an anchor": {`version: default`, `version: &v default`},
		"a merge": {`  version: default`, "  <<: {version: other}\n  version: default"}, "disabled": {`apiVersion`, "disabled: true\napiVersion"},
		"disabled otherwise": {`apiVersion`, "disabled: True\napiVersion"}, "a quoted key": {`  version:`, `  "version":`},
		"two documents": {"\nresourcePolicy:\n", "\nresourcePolicy:\n---\n"}, "in one line": {"\nresourcePolicy:\n", "\nresourcePolicy: {resource: x}\n"},
		"an import in one line": {"  variables:\n    import:\n    - shared\n    local:\n      name: R.attr.name\n", "  variables: {import: [shared]}\n"},
		"a key in snake case":   {"importDerivedRoles", "import_derived_roles"}, "a number": {"version: default", "version: 20210210"},
		"two kinds": {"\nresourcePolicy:\n", "\nrolePolicy:\nresourcePolicy:\n"}, "a list over two lines": {"[sizes, 'more']", "[sizes,\n      more]"},
		"an open quote": {"scope: acme.hr", "description: \"open\n    scope: acme.hr\""},
	} {
		content := strings.Replace(blocks, change[0], change[1], 1)
		if content == blocks {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, ok := scan([]byte(content)); ok {
			t.Errorf("%s was read quickly:\n%s", name, content)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(blocks))
	for name, list := range variants {
		for _, body := range list {
			f.Add(header(name, body))
		}
	}
	f.Add([]byte("apiVersion: api.cerbos.dev/v1\nderivedRoles:\n  name: x\n  variables:\n    import: [a]\n  definitions:\n  - name: owner\n    parentRoles: [user]\n"))
	f.Add([]byte("apiVersion: api.cerbos.dev/v1\nrolePolicy:\n  role: clerk\n  scope: acme\n  rules:\n    - resource: album\n      allowActions: [view]\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) < 4096 {
			agree(t, content)
		}
	})
}
