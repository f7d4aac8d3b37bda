package repl_test

import (
	"bytes"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/policy/repl"
)

func TestLinesAreEvaluatedAsConditionsAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"sum":        {"1 + 2", "_ = 3"},
		"last":       {"[1, 2]\n_.size()", "_ = [1,2]\n_ = 2"},
		"name":       {":let x = {\"a\": \"b\"}\nx.a + \"c\"", "x = {\"a\":\"b\"}\n_ = \"bc\""},
		"principal":  {":let P = {\"id\": \"bob\", \"roles\": [\"admin\"], \"attr\": {\"team\": \"red\"}}\nP.id == \"bob\" && P.attr.team == \"red\"", "_ = true"},
		"resource":   {":let R = {\"id\": \"7\", \"attr\": {\"ip\": \"10.1.2.3\"}}\nR.attr.ip.inIPAddrRange(\"10.0.0.0/8\")", "_ = true"},
		"globals":    {":let G = {\"stage\": \"test\"}\nG.stage", "_ = \"test\""},
		"functions":  {"hierarchy(\"a.b\").ancestorOf(hierarchy(\"a.b.c\"))", "_ = true"},
		"missing":    {"R.attr.none", "error: no such key: none"},
		"syntax":     {"1 +\n2", "error: "},
		"unknown":    {":load x", "error: this is no command"},
		"own name":   {":let V = 1", "error: V has a meaning of its own"},
		"reset":      {":let x = 1\n:reset\nx", "error: "},
		"quit":       {":quit\n1", ""},
		"wrong part": {":let P = 3", "error: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := repl.Run(t.Context(), strings.NewReader(c.in), &out, ""); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("%q gives %q, want %q", c.in, got, c.want)
			}
		})
	}
}
