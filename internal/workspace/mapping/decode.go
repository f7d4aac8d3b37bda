package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// Decode gives a value in a type; Any takes each as it is. Weak decoding follows the table that Cloudentity's documentation
// has from its decoder: truth and numbers to texts and back, numbers to truth, one value to a list of it, a list of objects
// to one object of all, and an empty list to an empty object and back. What does not fit is an error that names the types
// and no value.
func Decode(value any, want Type, weak bool) (any, error) {
	value = plain(value)
	if value == nil {
		return nil, fmt.Errorf("there is no value")
	}
	if want == Any || want == "" {
		return value, nil
	}
	if element := want.element(); element != "" {
		return decodeList(value, element, weak)
	}
	switch v := value.(type) {
	case string:
		return decodeText(v, want, weak)
	case bool:
		return decodeBool(v, want, weak)
	case json.Number:
		return decodeNumber(v, want, weak)
	case map[string]any:
		if want == Object {
			return v, nil
		}
	case []any:
		if want == Object && weak {
			return merge(v)
		}
	}
	return nil, mismatch(value, want)
}

func decodeText(v string, want Type, weak bool) (any, error) {
	switch {
	case want == Text:
		return v, nil
	case weak && want == Bool:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	case weak && want == Number:
		if n, err := strconv.ParseInt(v, 0, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10)), nil
		}
		var n json.Number
		if json.Unmarshal([]byte(v), &n) == nil && n != "" && v[0] != '"' {
			return n, nil
		}
	}
	return nil, mismatch(v, want)
}

func decodeBool(v bool, want Type, weak bool) (any, error) {
	digit := "0"
	if v {
		digit = "1"
	}
	switch {
	case want == Bool:
		return v, nil
	case weak && want == Text:
		return digit, nil
	case weak && want == Number:
		return json.Number(digit), nil
	}
	return nil, mismatch(v, want)
}

func decodeNumber(v json.Number, want Type, weak bool) (any, error) {
	switch {
	case want == Number:
		return v, nil
	case weak && want == Text:
		return v.String(), nil
	case weak && want == Bool:
		if f, err := v.Float64(); err == nil {
			return f != 0, nil
		}
	}
	return nil, mismatch(v, want)
}

func decodeList(value any, element Type, weak bool) (any, error) {
	list, ok := value.([]any)
	if object, is := value.(map[string]any); is && weak && len(object) == 0 {
		return []any{}, nil
	}
	if !ok {
		if !weak {
			return nil, mismatch(value, element+"_array")
		}
		list = []any{value}
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		decoded, err := Decode(e, element, weak)
		if err != nil {
			return nil, fmt.Errorf("in the list: %w", err)
		}
		out = append(out, decoded)
	}
	return out, nil
}

// merge makes one object of a list of them; the last one wins.
func merge(list []any) (any, error) {
	out := map[string]any{}
	for _, e := range list {
		object, ok := e.(map[string]any)
		if !ok {
			return nil, mismatch(e, Object)
		}
		maps.Copy(out, object)
	}
	return out, nil
}

func mismatch(value any, want Type) error {
	return fmt.Errorf("it is %s and not %s", nameOf(value), want)
}

func nameOf(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case bool:
		return "a bool"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "nothing"
}

// plain is a value as JSON reads it, with numbers as they are written. Values that JSON cannot write are nil.
func plain(value any) any {
	switch v := value.(type) {
	case nil, string, bool, json.Number:
		return v
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var out any
	if Read(raw, &out) != nil {
		return nil
	}
	return out
}

// Read reads JSON with numbers as they are written: a context is to come out as it went in.
func Read(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}
