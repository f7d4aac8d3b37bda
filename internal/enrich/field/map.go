package field

import (
	"fmt"
	"slices"
)

// Config is one field: where the source says it, where policies find it, and what it must be.
type Config struct {
	From     string `yaml:"from" doc:"where the source says it: names divided by / (a JSON Pointer), * is every element of a list"`
	To       string `yaml:"to" doc:"where policies find it below the attribute of the source, likewise; empty means as from"`
	Type     string `yaml:"type" doc:"string, number, bool, list, timestamp (RFC 3339, a date or seconds; policies get RFC 3339) or json (text that holds JSON); empty means as it is. A value that does not fit is a failure of the source"`
	Default  any    `yaml:"default" doc:"value when the source has none; nothing means that the field is left out"`
	Required bool   `yaml:"required" doc:"an answer without it is a failure of the source"`
	Secret   bool   `yaml:"secret" doc:"policies see it, previews and logs do not"`
}

// one is a field, ready for use.
type one struct {
	Config
	from, to Path
}

// Map is a list of fields. Without any, everything that the source says is taken as it is.
type Map []one

// Compile reads fields.
func Compile(fields []Config) (Map, error) {
	var m Map
	for i, c := range fields {
		if c.To == "" {
			c.To = c.From
		}
		f := one{Config: c}
		var err error
		if f.from, err = ParsePath(c.From); err != nil {
			return nil, fmt.Errorf("fields[%d].from: %w", i, err)
		}
		if f.to, err = ParsePath(c.To); err != nil {
			return nil, fmt.Errorf("fields[%d].to: %w", i, err)
		}
		switch {
		case slices.Contains(f.to, Each):
			return nil, fmt.Errorf("fields[%d].to: %s stands only in from; say where the list goes", i, Each)
		case !slices.Contains(Types, c.Type):
			return nil, fmt.Errorf("fields[%d].type: %q is none of %q", i, c.Type, Types[1:])
		case c.Required && c.Default != nil:
			return nil, fmt.Errorf("fields[%d]: required and default exclude each other", i)
		}
		if c.Default != nil {
			if f.Default, err = plain(c.Default); err != nil {
				return nil, fmt.Errorf("fields[%d].default: %w", i, err)
			}
		}
		for _, other := range m {
			if overlap(f.to, other.to) {
				return nil, fmt.Errorf("fields[%d]: %s and %s would overwrite each other", i, f.to, other.to)
			}
		}
		m = append(m, f)
	}
	return m, nil
}

// plain makes of what a YAML file says what JSON would.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return float64(v), nil
	case []any:
		for i := range v {
			var err error
			if v[i], err = plain(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			var err error
			if v[name], err = plain(v[name]); err != nil {
				return nil, err
			}
		}
	}
	_, err := Value(v)
	return v, err
}

func overlap(a, b Path) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// Apply picks the fields of an answer. The error names the field and not its value.
func (m Map) Apply(doc map[string]any) (map[string]any, error) {
	if m == nil {
		return doc, nil
	}
	out := make(map[string]any, len(m))
	for _, f := range m {
		v, ok := f.from.Get(doc)
		switch {
		case ok:
			var err error
			if v, err = As(f.Type, v); err != nil {
				return nil, fmt.Errorf("field %s: %w", f.from, err)
			}
		case f.Required:
			return nil, fmt.Errorf("field %s: the source does not say it", f.from)
		case f.Default == nil:
			continue
		default:
			v = f.Default
		}
		if err := f.to.put(out, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Tops are the names at which the fields begin.
func (m Map) Tops() (names []string) {
	for _, f := range m {
		if !slices.Contains(names, f.to[0]) {
			names = append(names, f.to[0])
		}
	}
	return names
}

// Secrets are the paths of secret fields.
func (m Map) Secrets() (paths []Path) {
	for _, f := range m {
		if f.Secret {
			paths = append(paths, f.to)
		}
	}
	return paths
}
