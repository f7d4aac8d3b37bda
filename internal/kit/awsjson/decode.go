package awsjson

import (
	"bytes"
	"fmt"
	"reflect"
)

// Decoder reads JSON bodies into values of one type. It is safe for concurrent use.
//
// The type is a struct whose fields have json tags and are *string, *int32, *int64, *bool, []byte (base64),
// *Time, *DateTime, json.RawMessage, *struct, []struct, []string, map[string]string or map[string]struct.
type Decoder[T any] struct{ plan *plan }

// NewDecoder prepares a decoder; it fails when T has a field of another type.
func NewDecoder[T any]() (*Decoder[T], error) {
	p, err := make(planner).of(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("awsjson: %w", err)
	}
	return &Decoder[T]{plan: p}, nil
}

// Decode reads body into a new T. An empty body is {}. Member names are case-sensitive, unknown members are ignored,
// null means absent, and of equal names the last counts. Every error is a *SerializationError whose text may be shown.
func (d *Decoder[T]) Decode(body []byte) (*T, error) {
	into := new(T)
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		return into, nil
	}
	if err := checkSyntax(body); err != nil {
		return nil, err
	}
	if kindOf(body) != kindObject {
		return nil, mismatch(body, "Expected a structure")
	}
	c := cursor{b: body}
	if err := d.plan.decode(&c, reflect.ValueOf(into).Elem()); err != nil {
		return nil, err
	}
	return into, nil
}

// decode reads the object at the cursor into a struct.
func (p *plan) decode(c *cursor, into reflect.Value) error {
	for ok := c.open(); ok; ok = c.more() {
		m, known := p.members[string(unquote(c.key()))]
		if !known {
			c.value()
			continue
		}
		if err := m.set(c, into.Field(m.field)); err != nil {
			return err
		}
	}
	return nil
}
