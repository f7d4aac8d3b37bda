package awsjson

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Texted is the constraint of a map from strings to strings: its size, keys and values. A nil Key or Value allows all.
type Texted struct {
	Size
	Key, Value *Text
	Secret     bool
}

// Texted checks an optional map of strings.
func (v *Violations) Texted(member string, dict map[string]string, rule *Texted) {
	if dict == nil {
		return
	}
	shown := func() string { return show(javaMap(dict), rule.Secret) }
	size(len(dict), rule.Min, rule.Max, func(constraint string) { v.add(shown(), member, constraint) })
	if rule.Key != nil && !holdAll(maps.Keys(dict), rule.Key) {
		v.add(shown(), member, "Map keys must satisfy constraint: "+rule.Key.all())
	}
	if rule.Value != nil && !holdAll(maps.Values(dict), rule.Value) {
		v.add(shown(), member, "Map value must satisfy constraint: "+rule.Value.all())
	}
}

// Keys checks the keys of a map whose values are structures; neither is repeated.
func (v *Violations) Keys(member string, keys iter.Seq[string], rule *Text) {
	if !holdAll(keys, rule) {
		v.add("Value", member, "Map keys must satisfy constraint: "+rule.all())
	}
}

func holdAll(values iter.Seq[string], rule *Text) bool {
	for s := range values {
		if !rule.holds(s) {
			return false
		}
	}
	return true
}

// javaMap prints a map as AWS's servers do, but in the order of its keys.
func javaMap(dict map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k + "=" + dict[k])
	}
	return "{" + b.String() + "}"
}

// Number is the constraint of an integer shape; a nil bound is none.
type Number struct{ Min, Max *int64 }

// Bound makes a bound of a Number.
func Bound(n int64) *int64 { return &n }

// Int checks an optional 32-bit integer.
func (v *Violations) Int(member string, value *int32, rule *Number) {
	if value != nil {
		v.whole(member, int64(*value), rule)
	}
}

// Long checks an optional 64-bit integer.
func (v *Violations) Long(member string, value *int64, rule *Number) {
	if value != nil {
		v.whole(member, *value, rule)
	}
}

func (v *Violations) whole(member string, n int64, rule *Number) {
	shown := show(strconv.FormatInt(n, 10), false)
	if rule.Max != nil && n > *rule.Max {
		v.add(shown, member, "Member must have value less than or equal to "+strconv.FormatInt(*rule.Max, 10))
	}
	if rule.Min != nil && n < *rule.Min {
		v.add(shown, member, "Member must have value greater than or equal to "+strconv.FormatInt(*rule.Min, 10))
	}
}
