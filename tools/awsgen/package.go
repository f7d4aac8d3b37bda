package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// pkg is a Go package in the making.
type pkg struct {
	name string
	*model
	inputs  map[string]bool // structures that are or belong to a request
	used    map[string]bool // all shapes that an operation reaches
	checked map[string]bool // structures with anything to check
	secret  map[string]bool // shapes whose values must not be repeated
}

func newPackage(name string, m *model) (*pkg, error) {
	p := &pkg{name: name, model: m, inputs: map[string]bool{}, used: map[string]bool{}}
	for _, n := range p.opNames() {
		o := m.Operations[n]
		if err := p.reach(o.Input, p.used, p.inputs); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		if o.Output == "" {
			continue
		}
		if err := p.reach(o.Output, p.used); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	p.secret = p.spread(func(s *shape) bool { return s.Sensitive }, func(s *shape) []string {
		return []string{s.Member, s.Key, s.Value}
	})
	p.checked = p.spread(p.hasOwnRule, func(s *shape) []string {
		var parts []string
		for _, m := range s.Members {
			parts = append(parts, m.shape)
		}
		return append(parts, s.Member, s.Key, s.Value)
	})
	for n := range m.Operations { // every request can be validated, even one with nothing to check
		p.checked[m.Operations[n].Input] = true
	}
	if err := p.checkForms(); err != nil {
		return nil, err
	}
	return p, p.checkNames()
}

// checkForms refuses shapes that the decoder or the checks have no code for.
func (p *pkg) checkForms() error {
	for _, name := range p.sortedUsed() {
		s := p.Shapes[name]
		for _, part := range []string{s.Member, s.Value} {
			if part == "" {
				continue
			}
			if e := p.Shapes[part]; e.Type != "string" && (e.Type != "structure" || e.Document) {
				return fmt.Errorf("%s: a %s of %s has no Go form yet", name, s.Type, e.Type)
			}
		}
		if s.Type != "structure" || !s.Sensitive || !p.inputs[name] {
			continue
		}
		for _, m := range s.Members {
			if p.Shapes[m.shape].Type != "string" && p.checked[m.shape] {
				return fmt.Errorf("%s.%s: its check would repeat a part of a secret", name, m.name)
			}
		}
	}
	return nil
}

// reach marks a shape and all that it contains.
func (p *pkg) reach(name string, marks ...map[string]bool) error {
	s, ok := p.Shapes[name]
	if !ok {
		return fmt.Errorf("no shape %q", name)
	}
	seen := true
	for _, m := range marks {
		seen = seen && m[name]
		m[name] = true
	}
	if seen {
		return nil
	}
	parts := []string{}
	for _, m := range s.Members {
		parts = append(parts, m.shape)
	}
	for _, part := range append(parts, s.Member, s.Key, s.Value) {
		if part == "" {
			continue
		}
		if err := p.reach(part, marks...); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// spread finds the shapes that have a property themselves or through their parts, recursion included.
func (p *pkg) spread(own func(*shape) bool, parts func(*shape) []string) map[string]bool {
	has := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for name, s := range p.Shapes {
			if has[name] || !own(s) && !slices.ContainsFunc(parts(s), func(n string) bool { return has[n] }) {
				continue
			}
			has[name], changed = true, true
		}
	}
	return has
}

// hasOwnRule reports a constraint that needs no look at the parts.
func (p *pkg) hasOwnRule(s *shape) bool {
	return len(s.Required) > 0 || bounded(s) || s.Pattern != "" || len(s.Enum) > 0
}

// bounded reports bounds that can be broken: a least length of 0 cannot.
func bounded(s *shape) bool {
	least := s.Min != nil && (*s.Min != 0 || s.Type == "integer" || s.Type == "long")
	return least || s.Max != nil
}

func (p *pkg) opNames() []string { return slices.Sorted(maps.Keys(p.Operations)) }

// structs lists the structures that become Go types.
func (p *pkg) structs() []string {
	var names []string
	for name := range p.used {
		if s := p.Shapes[name]; s.Type == "structure" && !s.Document {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// checkNames refuses two things of one Go name, and patterns that do not compile.
func (p *pkg) checkNames() error {
	owner := map[string]string{"Service": "the package", "Target": "the package", "Protocol": "the package",
		"APIVersion": "the package", "Operations": "the package"}
	claim := func(name, by string) error {
		if old, ok := owner[name]; ok {
			return fmt.Errorf("%s wants the name %s of %s", by, name, old)
		}
		owner[name] = by
		return nil
	}
	for _, n := range append(p.opNames(), p.structs()...) {
		if err := claim(n, "shape or operation "+n); err != nil {
			return err
		}
	}
	for name := range p.used {
		s := p.Shapes[name]
		for _, value := range s.Enum {
			if err := claim(name+camel(value), "enum "+name); err != nil {
				return err
			}
		}
		if _, err := regexp.Compile(`\A(?:` + s.re2() + `)\z`); err != nil {
			return fmt.Errorf("%s: %w (give its re2 in patches.json)", name, err)
		}
	}
	return nil
}

func (s *shape) re2() string {
	if s.RE2 != "" {
		return s.RE2
	}
	return s.Pattern
}

// camel turns an enum value such as FORCE_CHANGE_PASSWORD into ForceChangePassword.
func camel(value string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if word == strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		b.WriteString(upperFirst(word))
	}
	return b.String()
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
