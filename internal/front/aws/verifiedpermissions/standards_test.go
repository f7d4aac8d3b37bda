package verifiedpermissions

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/front/aws"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
)

var claimed = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (yes|partly) \\| \\[`[\\w/.]+`\\]\\(([^)]+verifiedpermissions/[^)]+)\\) \\| \\[`[\\w/.]+`\\]\\(([^)]+)\\) \\| (.*?) ?\\|$")

// TestStandardsTellTheTruth fails when docs/standards.md calls an operation served that has no handler, or the other way round,
// or links a file that does not hold the handler, or a test that does not name it.
func TestStandardsTellTheTruth(t *testing.T) {
	t.Parallel()
	docs := filepath.Join("../../../..", "docs")
	raw, err := os.ReadFile(filepath.Join(docs, "standards.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, m := range claimed.FindAllStringSubmatch(string(raw), -1) {
		said[m[1]] = m
	}
	table := aws.NewTable()
	Register(table, &Service{})
	served := 0
	for _, row := range table.Rows() {
		if row.Service != avp.Service {
			continue
		}
		m := said[row.Name]
		if (m != nil) != row.Served() {
			t.Errorf("%s: docs/standards.md says served=%v, the table says %v", row.Name, m != nil, row.Served())
		}
		if m == nil {
			continue
		}
		served++
		code, err := os.ReadFile(filepath.Join(docs, m[3]))
		if method := strings.ToLower(row.Name[:1]) + row.Name[1:]; err != nil || !strings.Contains(string(code), "func (s *Service) "+method+"(") {
			t.Errorf("%s has no method %s: %v", m[3], method, err)
		}
		tests, err := os.ReadFile(filepath.Join(docs, m[4]))
		if err != nil || !strings.HasSuffix(m[4], "_test.go") || !strings.Contains(string(tests), row.Name) {
			t.Errorf("%s is no test of %s: %v", m[4], row.Name, err)
		}
		if (m[2] == "partly") != (m[5] != "") {
			t.Errorf("%s is %q with the note %q", row.Name, m[2], m[5])
		}
	}
	if served != len(said) || served < 30 {
		t.Errorf("%d operations are served, %d are said to be", served, len(said))
	}
}
