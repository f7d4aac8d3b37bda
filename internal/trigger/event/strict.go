package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Strict reads a JSON object into a struct as Cognito reads a function's answer: a member that is not declared, or is
// declared in another case, is an error, and so is a value of another type. Numbers keep every digit.
func Strict(raw []byte, to any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	if members == nil {
		return fmt.Errorf("null in the place of an object")
	}
	declared := names(reflect.TypeOf(to).Elem())
	for name := range members {
		if !declared[name] {
			return fmt.Errorf("unknown member %q", name)
		}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(to)
}

func names(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out[name] = true
	}
	return out
}
