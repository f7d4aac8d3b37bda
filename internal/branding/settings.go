package branding

import (
	"bytes"
	_ "embed" // the default settings
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/fault"
)

// defaults are the settings of a style that has none of its own.
//
//go:embed defaults.json
var defaults []byte

// sections are the members that settings can have.
var sections = []string{"categories", "componentClasses", "components"}

// maxDepth bounds the nesting of settings.
const maxDepth = 16

// mergeSettings merges settings into others, member by member (RFC 7396). Either may be nil.
func mergeSettings(base, over []byte) (json.RawMessage, error) {
	if len(over) == 0 {
		over = []byte("{}")
	}
	into, err := object(base)
	if err != nil {
		return nil, err
	}
	from, err := object(over)
	if err != nil {
		return nil, err
	}
	if err := checkDepth(from, maxDepth); err != nil {
		return nil, err
	}
	merge(into, from)
	out, err := json.Marshal(into)
	if err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	return out, nil
}

// object reads settings and refuses what is none.
func object(data []byte) (map[string]any, error) {
	if len(data) == 0 {
		return map[string]any{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil || out == nil {
		return nil, fault.Invalidf("Settings must be a JSON object.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.Invalidf("Settings must be one JSON object.")
	}
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if !slices.Contains(sections, name) {
			return nil, fault.Invalidf("Settings cannot have the member %s.", name)
		}
	}
	return out, nil
}

func checkDepth(value any, left int) error {
	if left == 0 {
		return fault.Invalidf("Settings are nested too deeply.")
	}
	switch x := value.(type) {
	case map[string]any:
		for _, v := range x {
			if err := checkDepth(v, left-1); err != nil {
				return err
			}
		}
	case []any:
		for _, v := range x {
			if err := checkDepth(v, left-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func merge(into, from map[string]any) {
	for name, value := range from {
		over, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case !isObject:
			into[name] = value
		default:
			under, ok := into[name].(map[string]any)
			if !ok {
				under = map[string]any{}
				into[name] = under
			}
			merge(under, over)
		}
	}
}
