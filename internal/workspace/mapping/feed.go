package mapping

import "slices"

// Feeds tells whether an attribute of a connection can end in what a mapping writes: whether the mapping reads it, something inside
// of it, or something that it is inside of.
func (m Mapping) Feeds(a Attribute) bool {
	if m.Mode == Static {
		return false
	}
	path, err := Parse(m.Source)
	named, bad := Parse(a.Name)
	if err != nil || bad != nil {
		return false
	}
	if path.whole() {
		return true
	}
	if source := Source(path.Root()); slices.Contains(Sources(), source) {
		if source != a.Source {
			return false
		}
		path = path.under()
	}
	n := min(len(path.steps), len(named.steps))
	return slices.Equal(path.steps[:n], named.steps[:n])
}

// Writes are the attributes of a schema that a mapping writes for an attribute that it reads: one, or with "." for a target the one
// of the same name.
func (m Mapping) Writes(a Attribute, schema []Attribute) string {
	target, err := Parse(m.Target)
	if err != nil {
		return ""
	}
	name := target.Root()
	if target.whole() {
		named, err := Parse(a.Name)
		if err != nil {
			return ""
		}
		name = named.Root()
	}
	if find(schema, name) == nil {
		return ""
	}
	return name
}
