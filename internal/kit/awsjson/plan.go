package awsjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// setter reads the value at the cursor into a field.
type setter func(c *cursor, into reflect.Value) error

type member struct {
	field int
	set   setter
}

// plan is how to read one struct type: its members by wire name.
type plan struct{ members map[string]member }

// planner remembers the plans of one type and all it contains, so that recursive types end.
type planner map[reflect.Type]*plan

func (ps planner) of(t reflect.Type) (*plan, error) {
	if p, ok := ps[t]; ok {
		return p, nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	p := &plan{members: make(map[string]member, t.NumField())}
	ps[t] = p
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		set, err := ps.setter(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		p.members[name] = member{field: i, set: set}
	}
	return p, nil
}

func (ps planner) setter(t reflect.Type) (setter, error) {
	switch t {
	case reflect.TypeFor[json.RawMessage]():
		return setDocument, nil
	case reflect.TypeFor[[]byte]():
		return setBlob, nil
	case reflect.TypeFor[[]string]():
		return setStrings, nil
	case reflect.TypeFor[map[string]string]():
		return setStringMap, nil
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return ps.pointer(t.Elem())
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		p, err := ps.of(t.Elem())
		return p.list(t), err
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.Struct:
		p, err := ps.of(t.Elem())
		return p.dictionary(t), err
	}
	return nil, fmt.Errorf("no rule to read a %s", t)
}

func (ps planner) pointer(t reflect.Type) (setter, error) {
	switch t {
	case reflect.TypeFor[string]():
		return scalar(parseString), nil
	case reflect.TypeFor[bool]():
		return scalar(parseBool), nil
	case reflect.TypeFor[int32]():
		return scalar(parseInt32), nil
	case reflect.TypeFor[int64]():
		return scalar(parseInt64), nil
	case reflect.TypeFor[Time]():
		return scalar(parseTime), nil
	case reflect.TypeFor[DateTime]():
		return scalar(parseDateTime), nil
	}
	p, err := ps.of(t)
	return p.pointer(t), err
}
