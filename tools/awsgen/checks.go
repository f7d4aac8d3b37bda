package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// validate writes the method that checks one structure, member by member in the model's order.
func (p *pkg) validate(name string, s *shape) string {
	var b strings.Builder
	for _, m := range s.Members {
		field, path := "r."+upperFirst(m.name), strconv.Quote(lowerFirst(m.name))
		if slices.Contains(s.Required, m.name) {
			fmt.Fprintf(&b, "v.Required(%s, %s == nil)\n", path, field)
		}
		b.WriteString(p.check(path, field, m.shape, s.Sensitive))
	}
	receiver := "r *" + name
	if b.Len() == 0 {
		receiver = "*" + name
	}
	param := "v *awsjson.Violations"
	if b.Len() == 0 {
		param = "*awsjson.Violations"
	}
	return fmt.Sprintf("// Validate records every constraint of the model that the value breaks.\nfunc (%s) Validate(%s) {\n%s}\n\n",
		receiver, param, b.String())
}

// check writes the checks of one member that may be absent; a string in a secret structure is a secret too.
func (p *pkg) check(path, field, name string, secret bool) string {
	s := p.Shapes[name]
	switch s.Type {
	case "string":
		switch {
		case p.hasRule(name) && secret:
			return fmt.Sprintf("v.Text(%s, %s, rule%s.Hidden())\n", path, field, name)
		case p.hasRule(name):
			return fmt.Sprintf("v.Text(%s, %s, &rule%s)\n", path, field, name)
		}
	case "integer":
		if p.hasRule(name) {
			return fmt.Sprintf("v.Int(%s, %s, &rule%s)\n", path, field, name)
		}
	case "long":
		if p.hasRule(name) {
			return fmt.Sprintf("v.Long(%s, %s, &rule%s)\n", path, field, name)
		}
	case "blob":
		return sizeCheck(path, field, s)
	case "structure":
		if p.checked[name] && !s.Document {
			return fmt.Sprintf("if %s != nil {\nv.Enter(%s)\n%s.Validate(v)\nv.Leave()\n}\n", field, path, field)
		}
	case "list":
		return p.checkList(path, field, name, s)
	case "map":
		return p.checkMap(path, field, name, s)
	}
	return ""
}

func (p *pkg) checkList(path, field, name string, s *shape) string {
	if p.Shapes[s.Member].Type == "string" {
		if p.hasRule(name) {
			return fmt.Sprintf("v.Texts(%s, %s, &rule%s)\n", path, field, name)
		}
		return ""
	}
	code := sizeCheck(path, field, s)
	if p.checked[s.Member] {
		code += fmt.Sprintf("for i := range %s {\nif v.Full() {\nbreak\n}\nv.Index(%s, i)\n%s[i].Validate(v)\nv.Leave()\n}\n", field, path, field)
	}
	return code
}

func (p *pkg) checkMap(path, field, name string, s *shape) string {
	if p.Shapes[s.Value].Type == "string" {
		if p.hasRule(name) {
			return fmt.Sprintf("v.Texted(%s, %s, &rule%s)\n", path, field, name)
		}
		return ""
	}
	code := sizeCheck(path, field, s)
	if p.hasRule(s.Key) {
		code += fmt.Sprintf("v.Keys(%s, maps.Keys(%s), &rule%s)\n", path, field, s.Key)
	}
	if p.checked[s.Value] {
		key := "key"
		if s.Sensitive || p.secret[s.Key] {
			key = `"key"`
		}
		code += fmt.Sprintf("for _, key := range slices.Sorted(maps.Keys(%s)) {\nif v.Full() {\nbreak\n}\nv.Key(%s, %s)\nvalue := %s[key]\nvalue.Validate(v)\nv.Leave()\n}\n",
			field, path, key, field)
	}
	return code
}

func sizeCheck(path, field string, s *shape) string {
	if !bounded(s) {
		return ""
	}
	return fmt.Sprintf("v.Size(%s, %s != nil, len(%s), %s)\n", path, field, field, size(s))
}

func size(s *shape) string {
	var parts []string
	if s.Min != nil && *s.Min != 0 {
		parts = append(parts, fmt.Sprintf("Min: %d", *s.Min))
	}
	if s.Max != nil {
		parts = append(parts, fmt.Sprintf("Max: %d", *s.Max))
	}
	return "awsjson.Size{" + strings.Join(parts, ", ") + "}"
}

// hasRule reports whether a rule variable exists for a shape.
func (p *pkg) hasRule(name string) bool {
	s := p.Shapes[name]
	switch s.Type {
	case "string", "integer", "long":
		return p.hasOwnRule(s)
	case "list":
		return p.Shapes[s.Member].Type == "string" && (bounded(s) || p.hasRule(s.Member))
	case "map":
		return p.Shapes[s.Value].Type == "string" && (bounded(s) || p.hasRule(s.Key) || p.hasRule(s.Value))
	}
	return false
}

// rules writes one variable for each constrained shape that a request can hold.
func (p *pkg) rules() []string {
	parts := []string{}
	for _, name := range p.sortedUsed() {
		if p.inputs[name] && p.hasRule(name) {
			parts = append(parts, fmt.Sprintf("var rule%s = %s\n\n", name, p.rule(name)))
		}
	}
	return parts
}

func (p *pkg) rule(name string) string {
	s := p.Shapes[name]
	var fields []string
	add := func(format string, args ...any) { fields = append(fields, fmt.Sprintf(format, args...)) }
	each := func(field, part string) {
		if p.hasRule(part) {
			add("%s: &rule%s", field, part)
		}
	}
	kind := ""
	switch s.Type {
	case "integer", "long":
		if s.Min != nil {
			add("Min: awsjson.Bound(%d)", *s.Min)
		}
		if s.Max != nil {
			add("Max: awsjson.Bound(%d)", *s.Max)
		}
		return "awsjson.Number{" + strings.Join(fields, ", ") + "}"
	case "string":
		kind = "awsjson.Text"
		textFields(s, add)
	case "list":
		kind = "awsjson.Texts"
		if bounded(s) {
			add("Size: %s", size(s))
		}
		each("Each", s.Member)
	case "map":
		kind = "awsjson.Texted"
		if bounded(s) {
			add("Size: %s", size(s))
		}
		each("Key", s.Key)
		each("Value", s.Value)
	}
	if p.secret[name] {
		add("Secret: true")
	}
	return kind + "{" + strings.Join(fields, ", ") + "}"
}

func textFields(s *shape, add func(string, ...any)) {
	if s.Min != nil && *s.Min != 0 {
		add("Min: %d", *s.Min)
	}
	if s.Max != nil {
		add("Max: %d", *s.Max)
	}
	if s.Pattern != "" {
		shown := ""
		if s.RE2 != "" {
			shown = fmt.Sprintf(".Shown(%s)", literal(s.Pattern))
		}
		add("Pattern: awsjson.NewPattern(%s)%s", literal(s.re2()), shown)
	}
	if len(s.Enum) > 0 {
		add("Enum: []string{\n%s\n}", quoteList(s.Enum))
	}
}

func literal(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}
