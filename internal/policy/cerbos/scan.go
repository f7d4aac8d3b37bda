package cerbos

import (
	"bytes"
	"regexp"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
)

// The engine's reader takes as long over a file as the compiler, which reads it again. What has to be known of a policy to
// group it stands in a few lines, if it is written as policies mostly are: in blocks, without anchors and escapes. Scan
// reads these, and leaves every file in which something might be meant otherwise to the engine's reader. Whether files are
// what they were taken for is seen once they are compiled.

var (
	topKey   = regexp.MustCompile(`^(\$?[A-Za-z]\w*):(?:\s+(.*))?$`)
	blockKey = regexp.MustCompile(`^([A-Za-z]\w*):(?:\s+(.*))?$`)
	anchored = regexp.MustCompile(`(^|[\s\[{,:-])&[^\s&]`)
	scalar   = regexp.MustCompile(`^(?:"([\w.@:/-]*)"|'([\w.@:/-]*)'|([A-Za-z][\w.@/-]*))(?:\s+#.*)?$`)
	imports  = regexp.MustCompile(`^(importDerivedRoles|import):(?:\s+(.*))?$`)
	flowList = regexp.MustCompile(`^\[\s*((?:["']?[\w.-]+["']?\s*,?\s*)*)\](?:\s+#.*)?$`)
	item     = regexp.MustCompile(`^-\s+(?:"([\w.-]+)"|'([\w.-]+)'|([\w.-]+))(?:\s+#.*)?$`)
	noText   = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n)$`)
)

// scan gives a policy with its kind, its names and what it imports, and nothing else. Of variables and constants it does
// not tell which is imported; it names both.
func scan(content []byte) (p *policyv1.Policy, ok bool) {
	if bytes.ContainsAny(content, "\\\t\r\x00") || bytes.Contains(content, []byte("<<")) || anchored.Match(content) {
		return nil, false
	}
	s := scanned{names: map[string]string{}}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		if text == "" || text[0] == '#' {
			continue
		}
		if strings.Count(text, `"`)%2 != 0 || strings.Count(text, `'`)%2 != 0 || strings.HasPrefix(text, "? ") {
			return nil, false
		}
		if !s.line(strings.TrimRight(text, " "), len(line)-len(text)) {
			return nil, false
		}
		if strings.Contains(text, "import") && !s.imports(lines[i:]) {
			return nil, false
		}
	}
	return s.policy()
}

// scanned is what was found so far.
type scanned struct {
	began  bool
	kind   string
	inside bool // the block of the kind
	indent int  // of the keys in it; 0: none seen yet
	names  map[string]string

	derivedRoles, others []string // imported
}

// line takes one line, and reports whether it is understood.
func (s *scanned) line(text string, indent int) bool {
	if indent == 0 {
		return s.top(text)
	}
	if !s.inside || s.indent > 0 && indent > s.indent {
		return true
	}
	if s.indent == 0 {
		s.indent = indent
	}
	if indent < s.indent {
		return false
	}
	if strings.HasPrefix(text, "- ") {
		return true // of the key before
	}
	key := blockKey.FindStringSubmatch(text)
	if key == nil {
		return false
	}
	switch key[1] {
	case "resource", "principal", "role", "name", "version", "scope":
	default:
		return true
	}
	value := scalar.FindStringSubmatch(key[2])
	_, twice := s.names[key[1]]
	if value == nil || twice || noText.MatchString(value[3]) {
		return false
	}
	s.names[key[1]] = value[1] + value[2] + value[3]
	return true
}

func (s *scanned) top(text string) bool {
	if text == "---" && !s.began {
		s.began = true
		return true
	}
	s.began = true
	key := topKey.FindStringSubmatch(text)
	if key == nil {
		return false
	}
	s.inside = false
	switch key[1] {
	case "resourcePolicy", "principalPolicy", "rolePolicy", "derivedRoles", "exportVariables", "exportConstants":
		if s.kind != "" || key[2] != "" && !strings.HasPrefix(key[2], "#") {
			return false
		}
		s.kind, s.inside = key[1], true
	case "disabled":
		return key[2] == "false"
	}
	return true
}

// imports reads a list of names, which begins in the first line.
func (s *scanned) imports(lines []string) bool {
	found := imports.FindStringSubmatch(strings.TrimSpace(lines[0]))
	if found == nil {
		return false
	}
	to := &s.others
	if found[1] == "importDerivedRoles" {
		to = &s.derivedRoles
	}
	if list := flowList.FindStringSubmatch(found[2]); list != nil {
		for name := range strings.FieldsFuncSeq(list[1], func(r rune) bool { return strings.ContainsRune(` ,"'`, r) }) {
			*to = append(*to, name)
		}
		return true
	}
	if found[2] != "" && !strings.HasPrefix(found[2], "#") {
		return false
	}
	some := false
	for _, line := range lines[1:] {
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			continue
		}
		one := item.FindStringSubmatch(text)
		if one == nil {
			return some && text[0] != '-' && text[0] != '['
		}
		some = true
		*to = append(*to, one[1]+one[2]+one[3])
	}
	return some
}

func (s *scanned) policy() (*policyv1.Policy, bool) {
	variables, constants := &policyv1.Variables{Import: s.others}, &policyv1.Constants{Import: s.others}
	version, scope := s.names["version"], s.names["scope"]
	name, p := "", &policyv1.Policy{}
	switch s.kind {
	case "resourcePolicy":
		name = s.names["resource"]
		p.PolicyType = &policyv1.Policy_ResourcePolicy{ResourcePolicy: &policyv1.ResourcePolicy{Resource: name, Version: version, Scope: scope,
			ImportDerivedRoles: s.derivedRoles, Variables: variables, Constants: constants}}
	case "principalPolicy":
		name = s.names["principal"]
		p.PolicyType = &policyv1.Policy_PrincipalPolicy{PrincipalPolicy: &policyv1.PrincipalPolicy{Principal: name, Version: version, Scope: scope,
			Variables: variables, Constants: constants}}
	case "rolePolicy":
		name = s.names["role"]
		p.PolicyType = &policyv1.Policy_RolePolicy{RolePolicy: &policyv1.RolePolicy{PolicyType: &policyv1.RolePolicy_Role{Role: name}, Version: version, Scope: scope,
			Variables: variables, Constants: constants}}
	case "derivedRoles":
		name = s.names["name"]
		p.PolicyType = &policyv1.Policy_DerivedRoles{DerivedRoles: &policyv1.DerivedRoles{Name: name, Variables: variables, Constants: constants}}
	case "exportVariables":
		name = s.names["name"]
		p.PolicyType = &policyv1.Policy_ExportVariables{ExportVariables: &policyv1.ExportVariables{Name: name}}
	case "exportConstants":
		name = s.names["name"]
		p.PolicyType = &policyv1.Policy_ExportConstants{ExportConstants: &policyv1.ExportConstants{Name: name}}
	}
	return p, name != ""
}
