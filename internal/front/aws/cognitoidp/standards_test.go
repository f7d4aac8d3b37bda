package cognitoidp

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidentity"
)

const root = "../../../.."

// standards is what docs/standards.md says.
type standards struct {
	served   map[string]map[string]claim // by service, then operation
	later    map[string][]string         // by service
	settings []string                    // Operation.Member.Member
}

// claim is one row of a table of operations. File and test are links, as seen from docs.
type claim struct{ state, file, test, note string }

// TestStandardsListEveryOperationOnce fails when docs/standards.md forgets an operation, invents one or names one twice.
func TestStandardsListEveryOperationOnce(t *testing.T) {
	t.Parallel()
	doc := readStandards(t)
	for _, service := range []string{"cognito-idp", "cognito-identity", "verifiedpermissions"} {
		want := slices.Sorted(maps.Keys(facts(t, service).Operations))
		got := append(slices.Collect(maps.Keys(doc.served[service])), doc.later[service]...)
		slices.Sort(got)
		for _, name := range got {
			if !slices.Contains(want, name) {
				t.Errorf("%s has no operation %s", service, name)
			}
		}
		for _, name := range want {
			if n := occurrences(got, name); n != 1 {
				t.Errorf("%s of %s stands %d times in docs/standards.md, want once", name, service, n)
			}
		}
	}
}

// TestStandardsTellTheTruthAboutHandlers fails when docs/standards.md calls an operation served that has no handler,
// or the other way round, or links a file that does not hold the handler, or a test that does not name it.
func TestStandardsTellTheTruthAboutHandlers(t *testing.T) {
	t.Parallel()
	doc, table := readStandards(t), aws.NewTable()
	Register(table, &Service{})
	cognitoidentity.Register(table, &cognitoidentity.Service{})
	for _, row := range table.Rows() {
		c, said := doc.served[row.Service][row.Name]
		if row.Service == "verifiedpermissions" {
			continue // its own package has its own handlers
		}
		if said != row.Served() {
			t.Errorf("%s: docs/standards.md says served=%v, the table says %v", row.Name, said, row.Served())
		}
		if !said {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, "docs", c.file))
		if err != nil {
			t.Errorf("%s: %v", row.Name, err)
		}
		if method := strings.ToLower(row.Name[:1]) + row.Name[1:]; !strings.Contains(string(src), "func (s *Service) "+method+"(") {
			t.Errorf("%s: %s has no method %s", row.Name, c.file, method)
		}
		tests, err := os.ReadFile(filepath.Join(root, "docs", c.test))
		if err != nil || !strings.HasSuffix(c.test, "_test.go") || !strings.Contains(string(tests), row.Name) {
			t.Errorf("%s: %s is no test of it: %v", row.Name, c.test, err)
		}
		if (c.state == "partly") != (c.note != "") {
			t.Errorf("%s is %q with the note %q: partly says what is missing, yes has nothing to add", row.Name, c.state, c.note)
		}
	}
}

// TestStandardsNameRealSettings fails when a setting in docs/standards.md is not a member of its operation.
func TestStandardsNameRealSettings(t *testing.T) {
	t.Parallel()
	doc, api := readStandards(t), facts(t, "cognito-idp")
	if len(doc.settings) < 10 {
		t.Fatalf("found only %d settings: the tables are not where the test looks", len(doc.settings))
	}
	for _, path := range doc.settings {
		parts := strings.Split(path, ".")
		shape := api.Operations[parts[0]].Input
		for _, member := range parts[1:] {
			next, ok := api.Shapes[shape].Members[member]
			if !ok {
				t.Errorf("%s: %s has no member %s", path, shape, member)
				break
			}
			shape = next
		}
	}
}

var (
	sectionLine = regexp.MustCompile("^## .*\\(`([a-z-]+)`")
	claimLine   = regexp.MustCompile("^\\| `(\\w+)` \\| (yes|partly) \\| \\[`[\\w/.]+`\\]\\(([^)]+)\\) \\| \\[`[\\w/.]+`\\]\\(([^)]+)\\) \\| (.*?) ?\\|$")
	settingLine = regexp.MustCompile("^\\| `([A-Z]\\w+(?:\\.\\w+)+)` \\|")
	opWord      = regexp.MustCompile("`([A-Z]\\w+)`")
)

func readStandards(t *testing.T) standards {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "docs/standards.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := standards{served: map[string]map[string]claim{}, later: map[string][]string{}}
	service, later := "", false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			service, later = "", false
			if m := sectionLine.FindStringSubmatch(line); m != nil {
				service = m[1]
				doc.served[service] = map[string]claim{}
			}
		case strings.HasPrefix(line, "### "):
			later = line == "### Not yet"
		case service != "" && later:
			for _, m := range opWord.FindAllStringSubmatch(line, -1) {
				doc.later[service] = append(doc.later[service], m[1])
			}
		case service != "" && claimLine.MatchString(line):
			m := claimLine.FindStringSubmatch(line)
			if _, twice := doc.served[service][m[1]]; twice {
				t.Errorf("%s has two rows in docs/standards.md", m[1])
			}
			doc.served[service][m[1]] = claim{state: m[2], file: m[3], test: m[4], note: m[5]}
		case service != "" && strings.HasPrefix(line, "| `"):
			t.Errorf("this row of docs/standards.md is not understood: %s", line)
		case settingLine.MatchString(line):
			doc.settings = append(doc.settings, settingLine.FindStringSubmatch(line)[1])
		}
	}
	return doc
}

// model is the part of the API facts that the tests compare with.
type model struct {
	Operations map[string]struct{ Input string }
	Shapes     map[string]struct{ Members map[string]string }
}

func facts(t *testing.T, service string) model {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "api", service+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var m model
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func occurrences(list []string, name string) (n int) {
	for _, s := range list {
		if s == name {
			n++
		}
	}
	return n
}
