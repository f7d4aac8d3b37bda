package mapping

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Raw is what a provider has said, by source, as it said it: JSON objects.
type Raw map[Source]map[string]any

// Line is one step on the way to a context, for people who ask why something has the value that it has.
type Line struct {
	Step    string `json:"step"`              // attribute, mapping, or what came later
	From    string `json:"from,omitempty"`    // SOURCE PATH, or the step's own words
	To      string `json:"to,omitempty"`      // a path in the context
	Outcome string `json:"outcome"`           // set, absent, left out
	Reason  string `json:"reason,omitempty"`  // why it was left out
	Value   any    `json:"value,omitempty"`   // what was set
	Cached  bool   `json:"cached,omitempty"`  // it was kept from an earlier sign-in
	Changed bool   `json:"changed,omitempty"` // there was another value before
}

// The outcomes of lines.
const (
	Set     = "set"
	Absent  = "absent"
	LeftOut = "left out"
)

// Extract keeps the attributes that a connection declares, each in its source, and nothing else. A value of another type than
// is declared stays: the mapping says whether it is decoded.
func Extract(raw Raw, attributes []Attribute) (Raw, []Line) {
	out := Raw{}
	var lines []Line
	for _, a := range attributes {
		line := Line{Step: "attribute", From: string(a.Source) + " " + a.Name, Outcome: Absent}
		path, err := Parse(a.Name)
		if err == nil {
			if value, ok := path.Get(raw[a.Source]); ok {
				if out[a.Source] == nil {
					out[a.Source] = map[string]any{}
				}
				value = plain(value)
				line.Outcome, line.Value = Set, value
				if _, unfit := Decode(value, a.Type, false); unfit != nil {
					line.Reason = unfit.Error()
				}
				err = path.flat().put(out[a.Source], value)
			}
		}
		if err != nil {
			line.Outcome, line.Reason, line.Value = LeftOut, err.Error(), nil
		}
		lines = append(lines, line)
	}
	return out, lines
}

// flat is a path under which a value is kept that lay in a list: lists that are only partly known do not exist.
func (p Path) flat() Path {
	if !p.indexed() {
		return p
	}
	return Path{[]step{{p.String(), -1}}}
}

// Apply writes a context of a schema: each mapping in its turn, the later one wins. What does not fit is left out, and the
// lines say why.
func Apply(known Raw, mappings []Mapping, schema []Attribute) (map[string]any, []Line) {
	context := map[string]any{}
	lines := make([]Line, 0, len(mappings))
	for _, m := range mappings {
		line := Line{Step: "mapping", From: m.Source, To: m.Target, Outcome: Set}
		if m.Mode == Static {
			line.From = "a fixed value"
		}
		value, found, err := m.read(known)
		switch {
		case err == nil && !found:
			line.Outcome = Absent
		case err == nil:
			line.Value, line.Changed, err = m.write(context, value, schema)
		}
		if err != nil {
			line.Outcome, line.Reason, line.Value = LeftOut, err.Error(), nil
		}
		lines = append(lines, line)
	}
	return context, lines
}

// read finds what a mapping writes.
func (m Mapping) read(known Raw) (any, bool, error) {
	if m.Mode == Static {
		return plain(m.Static), m.Static != nil, nil
	}
	path, err := Parse(m.Source)
	if err != nil {
		return nil, false, err
	}
	if path.whole() {
		all := map[string]any{}
		for _, s := range slices.Backward(Sources()) {
			maps.Copy(all, known[s])
		}
		return all, len(all) > 0, nil
	}
	value, found := lookUp(known, path)
	return value, found, nil
}

// lookUp finds a path behind the name of its source, or in the first source that has it.
func lookUp(known Raw, path Path) (any, bool) {
	if source := Source(path.Root()); slices.Contains(Sources(), source) {
		if len(path.steps) == 1 {
			return known[source], len(known[source]) > 0
		}
		return getFlat(known[source], path.under())
	}
	for _, s := range Sources() {
		if value, ok := getFlat(known[s], path); ok {
			return value, true
		}
	}
	return nil, false
}

func getFlat(object map[string]any, path Path) (any, bool) {
	if value, ok := path.Get(object); ok {
		return value, true
	}
	if !path.indexed() {
		return nil, false
	}
	return path.flat().Get(object)
}

func (m Mapping) decode(value any, want Type) (any, error) { return Decode(value, want, m.Weak) }

// write puts a value into a context.
func (m Mapping) write(context map[string]any, value any, schema []Attribute) (written any, changed bool, err error) {
	target, err := Parse(m.Target)
	if err != nil {
		return nil, false, err
	}
	value, err = m.decode(value, m.want(target, schema))
	if err != nil {
		return nil, false, err
	}
	if target.whole() {
		return spread(context, value, schema)
	}
	root := find(schema, target.Root())
	if root == nil {
		return nil, false, errors.New("the authentication context has no such attribute")
	}
	if len(target.steps) > 1 && root.Type != Object && root.Type != Any {
		return nil, false, errors.New("the attribute is no object")
	}
	if len(target.steps) == 1 {
		if value, err = Decode(value, root.Type, m.Weak); err != nil {
			return nil, false, err
		}
	}
	_, changed = target.Get(context)
	return plain(value), changed, target.put(context, value) // the line keeps its own: later mappings write into this one
}

// spread writes the members of an object that the schema has, each in its type.
func spread(context map[string]any, value any, schema []Attribute) (any, bool, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, false, mismatch(value, Object)
	}
	written, changed := map[string]any{}, false
	var unfit []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		a := find(schema, name)
		if a == nil {
			continue
		}
		decoded, err := Decode(object[name], a.Type, false)
		if err != nil {
			unfit = append(unfit, name)
			continue
		}
		_, had := context[name]
		changed = changed || had
		context[name], written[name] = decoded, decoded
	}
	if len(written) == 0 && len(unfit) > 0 {
		return nil, false, errors.New("of another type: " + strings.Join(unfit, ", "))
	}
	return written, changed, nil
}

// Keep writes into a context what came from somewhere else, such as a script: only attributes that the schema has, in their
// types. Lines say what was written and what was not; the context that is given is not changed.
func Keep(step string, context, given map[string]any, schema []Attribute) (map[string]any, []Line) {
	out := maps.Clone(context)
	if out == nil {
		out = map[string]any{}
	}
	var lines []Line
	for _, name := range slices.Sorted(maps.Keys(given)) {
		line := Line{Step: step, To: Escape(name), Outcome: Set}
		a := find(schema, name)
		var err error
		if a == nil {
			err = errors.New("the authentication context has no such attribute")
		} else {
			line.Value, err = Decode(given[name], a.Type, false)
		}
		if err != nil {
			line.Outcome, line.Reason, line.Value = LeftOut, err.Error(), nil
		} else {
			_, line.Changed = out[name]
			out[name] = line.Value
		}
		lines = append(lines, line)
	}
	return out, lines
}
