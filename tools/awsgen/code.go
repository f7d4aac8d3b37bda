package main

import (
	"fmt"
	"slices"
	"strings"
)

func (p *pkg) isInput(name string) bool {
	for _, o := range p.Operations {
		if o.Input == name {
			return true
		}
	}
	return false
}

func (p *pkg) isOutput(name string) bool {
	for _, o := range p.Operations {
		if o.Output == name {
			return true
		}
	}
	return false
}

// operations writes the package's constants, one value for each operation and the list of all.
func (p *pkg) operations() []string {
	parts := []string{fmt.Sprintf(`// What every request to the service carries.
const (
	Service = %q // the SigV4 service name
	Target = %q // the part of X-Amz-Target before the dot
	Protocol = %q // the version of the JSON protocol
	APIVersion = %q
)

`, p.Service, p.Target, strings.TrimPrefix(p.Protocol, "json-"), p.Version)}
	var list strings.Builder
	for _, name := range p.opNames() {
		o := p.Operations[name]
		output := o.Output
		if output == "" {
			output = "awsjson.Empty"
		}
		auth := "awsjson.SigV4"
		if o.Auth == "none" {
			auth = "awsjson.Unsigned"
		}
		errs := slices.Clone(o.Errors)
		slices.Sort(errs)
		errs = slices.Compact(errs)
		parts = append(parts, fmt.Sprintf(`// %s is the operation of that name.
var %s = awsjson.Operation[%s, %s]{Spec: awsjson.Spec{
	Service: Service, Target: Target, Protocol: Protocol, Name: %q, Auth: %s,
	Errors: []string{
%s
	},
}}

`, name, name, o.Input, output, name, auth, quoteList(errs)))
		fmt.Fprintf(&list, "\t\t%s.Spec,\n", name)
	}
	return append(parts, "// Operations lists every operation of the service by name.\nfunc Operations() []awsjson.Spec {\n\treturn []awsjson.Spec{\n"+
		list.String()+"\t}\n}\n")
}

func quoteList(list []string) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%q,\n", s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// enums writes the string constants of every enumeration.
func (p *pkg) enums() []string {
	var parts []string
	for _, name := range p.sortedUsed() {
		s := p.Shapes[name]
		if len(s.Enum) == 0 {
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "// The values of %s.\nconst (\n", name)
		for _, value := range s.Enum {
			fmt.Fprintf(&b, "\t%s%s = %q\n", name, camel(value), value)
		}
		parts = append(parts, b.String()+")\n\n")
	}
	return parts
}

func (p *pkg) sortedUsed() []string {
	var names []string
	for name := range p.used {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// structure writes one type and, when a request can hold it, its checks.
func (p *pkg) structure(name string) string {
	s := p.Shapes[name]
	var b strings.Builder
	fmt.Fprintf(&b, "// %s %s.\ntype %s struct {\n", name, p.role(name), name)
	for _, m := range s.Members {
		fmt.Fprintf(&b, "\t%s %s `json:\"%s,omitzero\"`\n", upperFirst(m.name), p.goType(m.shape), m.name)
	}
	b.WriteString("}\n\n")
	if p.inputs[name] && p.checked[name] {
		b.WriteString(p.validate(name, s))
	}
	return b.String()
}

// role tells in a comment what a structure is for.
func (p *pkg) role(name string) string {
	var in, out []string
	for _, o := range p.opNames() {
		if p.Operations[o].Input == name {
			in = append(in, o)
		}
		if p.Operations[o].Output == name {
			out = append(out, o)
		}
	}
	var says []string
	if len(in) > 0 {
		says = append(says, "is the request of "+strings.Join(in, ", "))
	}
	if len(out) > 0 {
		says = append(says, "is the answer of "+strings.Join(out, ", "))
	}
	if len(says) == 0 {
		return "is a part of requests or answers"
	}
	return strings.Join(says, " and ")
}

// goType gives the Go type of a member.
func (p *pkg) goType(name string) string {
	s := p.Shapes[name]
	switch s.Type {
	case "string":
		return "*string"
	case "integer":
		return "*int32"
	case "long":
		return "*int64"
	case "boolean":
		return "*bool"
	case "blob":
		return "[]byte"
	case "timestamp":
		if s.TimestampFormat == "iso8601" {
			return "*awsjson.DateTime"
		}
		return "*awsjson.Time"
	case "structure":
		if s.Document {
			return "json.RawMessage"
		}
		return "*" + name
	case "list":
		return "[]" + strings.TrimPrefix(p.goType(s.Member), "*")
	case "map":
		return "map[string]" + strings.TrimPrefix(p.goType(s.Value), "*")
	}
	return "unknown_" + s.Type // does not compile, which is what a new kind of shape should do
}
