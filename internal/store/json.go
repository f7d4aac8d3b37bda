package store

import "encoding/json"

// encode is a value as JSON text; a failure would be a mistake in a type of ours.
func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// decode reads JSON text; empty text leaves v as it is.
func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}
