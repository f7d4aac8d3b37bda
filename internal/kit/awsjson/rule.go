package awsjson

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text is the constraint of a string shape. Lengths count Unicode code points. Max 0 means no upper bound;
// an empty Enum and a nil Pattern allow everything.
type Text struct {
	Min, Max int
	Enum     []string
	Pattern  *Pattern
	Secret   bool // the value is not repeated in an error
}

// Hidden is the same constraint on a value that must not be repeated.
func (r Text) Hidden() *Text {
	r.Secret = true
	return &r
}

// broken calls each for every constraint that s breaks.
func (r *Text) broken(s string, each func(constraint string)) {
	if r.Min > 0 || r.Max > 0 {
		size(utf8.RuneCountInString(s), r.Min, r.Max, each)
	}
	if r.Pattern != nil && !r.Pattern.Match(s) {
		each("Member must satisfy regular expression pattern: " + r.Pattern.Source())
	}
	if len(r.Enum) > 0 && !slices.Contains(r.Enum, s) {
		each("Member must satisfy enum value set: [" + strings.Join(r.Enum, ", ") + "]")
	}
}

// holds reports whether s keeps every constraint.
func (r *Text) holds(s string) bool {
	ok := true
	r.broken(s, func(string) { ok = false })
	return ok
}

// all lists every constraint, the way AWS describes the elements of a list or map.
func (r *Text) all() string {
	var list []string
	if r.Max > 0 {
		list = append(list, lengthAtMost+strconv.Itoa(r.Max))
	}
	if r.Min > 0 || r.Max > 0 {
		list = append(list, lengthAtLeast+strconv.Itoa(r.Min))
	}
	if r.Pattern != nil {
		list = append(list, "Member must satisfy regular expression pattern: "+r.Pattern.Source())
	}
	if len(r.Enum) > 0 {
		list = append(list, "Member must satisfy enum value set: ["+strings.Join(r.Enum, ", ")+"]")
	}
	return "[" + strings.Join(list, ", ") + "]"
}

const (
	lengthAtMost  = "Member must have length less than or equal to "
	lengthAtLeast = "Member must have length greater than or equal to "
)

func size(n, least, most int, each func(constraint string)) {
	if most > 0 && n > most {
		each(lengthAtMost + strconv.Itoa(most))
	}
	if n < least {
		each(lengthAtLeast + strconv.Itoa(least))
	}
}

// Text checks an optional string.
func (v *Violations) Text(member string, value *string, rule *Text) {
	if value == nil {
		return
	}
	rule.broken(*value, func(constraint string) { v.add(show(*value, rule.Secret), member, constraint) })
}

// Size is the constraint on the number of elements of a list or map, or of bytes of a blob. Max 0 means no upper bound.
type Size struct{ Min, Max int }

// Size checks how many elements a member has; the value itself is not repeated.
func (v *Violations) Size(member string, present bool, n int, rule Size) {
	if present {
		size(n, rule.Min, rule.Max, func(constraint string) { v.add("Value", member, constraint) })
	}
}

// Texts is the constraint of a list of strings: its size and its elements. A nil Each allows every string.
type Texts struct {
	Size
	Each   *Text
	Secret bool
}

// Texts checks an optional list of strings.
func (v *Violations) Texts(member string, list []string, rule *Texts) {
	if list == nil {
		return
	}
	shown := func() string { return show("["+strings.Join(list, ", ")+"]", rule.Secret) }
	size(len(list), rule.Min, rule.Max, func(constraint string) { v.add(shown(), member, constraint) })
	if rule.Each != nil && !holdAll(slices.Values(list), rule.Each) {
		v.add(shown(), member, "Member must satisfy constraint: "+rule.Each.all())
	}
}
