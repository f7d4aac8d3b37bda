package enrich

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/enrich/field"
)

// selector is a Selector, ready for use.
type selector struct {
	Selector
	attrs []attrPattern
}

type attrPattern struct {
	path    field.Path
	pattern string
}

func (s Selector) compile() (selector, error) {
	c := selector{Selector: s}
	for path, pattern := range s.Attrs {
		p, err := field.ParsePath(path)
		if err != nil {
			return c, err
		}
		c.attrs = append(c.attrs, attrPattern{p, pattern})
	}
	return c, nil
}

// kindFits reports whether resources of a kind are the source's.
func (s *selector) kindFits(kind string) bool {
	return len(s.Kinds) == 0 || anyMatches(s.Kinds, kind)
}

// fits reports whether the source is asked about somebody or something.
func (s *selector) fits(id string, roles []string, attr map[string]*structpb.Value) bool {
	if len(s.IDs) > 0 && !anyMatches(s.IDs, id) {
		return false
	}
	if len(s.Roles) > 0 && !anyHas(s.Roles, roles) {
		return false
	}
	for _, a := range s.attrs {
		if text, ok := textOf(at(attr, a.path)); !ok || !matches(a.pattern, text) {
			return false
		}
	}
	return true
}

func anyHas(patterns, roles []string) bool {
	for _, role := range roles {
		if anyMatches(patterns, role) {
			return true
		}
	}
	return false
}

func anyMatches(patterns []string, s string) bool {
	for _, p := range patterns {
		if matches(p, s) {
			return true
		}
	}
	return false
}

// matches reports whether a pattern, in which * stands for any text, matches the whole of s.
func matches(pattern, s string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, middle := range parts[:len(parts)-1] {
		i := strings.Index(s, middle)
		if i < 0 {
			return false
		}
		s = s[i+len(middle):]
	}
	return strings.HasSuffix(s, last)
}

// at is what a path leads to in attributes; nil: nothing.
func at(attr map[string]*structpb.Value, path field.Path) *structpb.Value {
	var v *structpb.Value
	for i, name := range path {
		if i > 0 {
			attr = v.GetStructValue().GetFields()
		}
		if v = attr[name]; v == nil {
			return nil
		}
	}
	return v
}

// textOf is a scalar as text.
func textOf(v *structpb.Value) (string, bool) {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue, true
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(v.NumberValue, 'f', -1, 64), true
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(v.BoolValue), true
	}
	return "", false
}
