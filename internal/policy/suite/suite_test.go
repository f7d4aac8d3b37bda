package suite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/policy/suite"
)

// That the output is Cerbos' to the byte is tested beside Cerbos, in test/clients.

const (
	policies = `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  schemas: {resourceSchema: {ref: "cerbos:///doc.json"}}
  rules:
    - {actions: [read], effect: EFFECT_ALLOW, roles: [user]}
    - {actions: [read], effect: EFFECT_DENY, roles: [user], condition: {match: {expr: R.attr.none.such}}}
`
	tests = `name: Docs
tests:
  - name: reading
    input: {principals: [alice], resources: [doc], actions: [read]}
    expected: [{principal: alice, resource: doc, actions: {read: EFFECT}}]
principals: {alice: {id: alice, roles: [user]}}
resources: {doc: {kind: doc, id: "1", attr: {size: 1}}}
`
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, o suite.Options) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := suite.Run(context.Background(), o, &out)
	return out.String(), err
}

func TestFlagsChangeHowRequestsAreDecided(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema, effect string
		options        suite.Options
	}{
		"as it is":               {"{}", "EFFECT_ALLOW", suite.Options{}},
		"strict":                 {"{}", "EFFECT_DENY", suite.Options{Strict: true}},
		"schema broken":          {`{"required":["owner"]}`, "EFFECT_DENY", suite.Options{}},
		"schema broken, ignored": {`{"required":["owner"]}`, "EFFECT_ALLOW", suite.Options{IgnoreSchemas: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Dir = folder(t, map[string]string{"doc.yaml": policies, "_schemas/doc.json": c.schema})
			c.options.Tests = folder(t, map[string]string{"doc_test.yaml": strings.Replace(tests, "EFFECT", c.effect, 1)})
			if out, err := run(t, c.options); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestASuiteThatStopsTheClockIsNotRunWithAnother(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"doc.yaml": strings.Replace(policies, "  schemas: {resourceSchema: {ref: \"cerbos:///doc.json\"}}\n", "", 1),
		"doc_test.yaml": "options: {now: \"2020-01-01T00:00:00Z\"}\n" + strings.Replace(tests, "EFFECT", "EFFECT_ALLOW", 1)})
	if out, err := run(t, suite.Options{Dir: dir}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := run(t, suite.Options{Dir: dir, Strict: true}); err == nil || errors.Is(err, suite.ErrTests) {
		t.Errorf("with --strict-evaluation: %v", err)
	}
}

func TestFiltersThatMeanNothingAreRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"doc.yaml": "# nothing"})
	for _, o := range []suite.Options{{Run: "("}, {Filter: []string{"who=alice"}}, {Filter: []string{"principal"}}, {Filter: []string{"action=[a"}}} {
		o.Dir = dir
		if _, err := run(t, o); err == nil || errors.Is(err, suite.ErrCompile) || errors.Is(err, suite.ErrTests) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
