package cedar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// ParseContext reads a context in Cedar's JSON, by the schema if there is one: what an action's context declares as an entity or
// a value of an extension type may be written without the escapes __entity and __extn.
// https://docs.cedarpolicy.com/auth/entities-syntax.html
func ParseContext(text string, s *Schema, action UID) (Record, error) {
	raw, err := decode(text)
	if err != nil {
		return Record{}, err
	}
	object, ok := raw.(map[string]any)
	if !ok {
		return Record{}, fmt.Errorf("a context is a JSON object")
	}
	var shape resolved.IsType
	if s != nil {
		if found, ok := s.types.Actions[action]; ok && found.AppliesTo != nil {
			shape = found.AppliesTo.Context
		}
	}
	return recordOf(object, shape)
}

// ParseEntities reads entities in Cedar's JSON, a list of {"uid", "attrs", "parents", "tags"}, by the schema if there is one. Of
// two with one name the last counts.
func ParseEntities(text string, s *Schema) (Entities, error) {
	var list []struct {
		UID     any            `json:"uid"`
		Attrs   map[string]any `json:"attrs"`
		Parents []any          `json:"parents"`
		Tags    map[string]any `json:"tags"`
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("entities are a JSON list of objects with uid, attrs, parents and tags: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is something behind the list of entities")
	}
	out := make(Entities, len(list))
	for i, e := range list {
		uid, err := uidOf(e.UID)
		if err != nil {
			return nil, fmt.Errorf("entity %d: uid: %w", i, err)
		}
		var shape, tag resolved.IsType
		if s != nil {
			if known, ok := s.types.Entities[uid.Type]; ok {
				shape, tag = known.Shape, known.Tags
			}
		}
		one := Entity{UID: uid}
		if one.Attributes, err = recordOf(e.Attrs, shape); err != nil {
			return nil, fmt.Errorf("entity %s: %w", uid, err)
		}
		tags := make(Fields, len(e.Tags))
		for name, raw := range e.Tags {
			if tags[Key(name)], err = valueOf(raw, tag); err != nil {
				return nil, fmt.Errorf("entity %s: tag %s: %w", uid, name, err)
			}
		}
		one.Tags = NewRecord(tags)
		parents := make([]UID, len(e.Parents))
		for j, raw := range e.Parents {
			if parents[j], err = uidOf(raw); err != nil {
				return nil, fmt.Errorf("entity %s: parent: %w", uid, err)
			}
		}
		one.Parents = NewParents(parents...)
		out[uid] = one
	}
	return out, nil
}

func decode(text string) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is something behind the JSON value")
	}
	return v, nil
}

// recordOf reads an object as a record; shape may be nil.
func recordOf(object map[string]any, shape resolved.IsType) (Record, error) {
	known, _ := shape.(resolved.RecordType)
	fields := make(Fields, len(object))
	for name, raw := range object {
		v, err := valueOf(raw, known[Key(name)].Type)
		if err != nil {
			return Record{}, fmt.Errorf("%s: %w", name, err)
		}
		fields[Key(name)] = v
	}
	return NewRecord(fields), nil
}

// valueOf reads a value that should be of a type, nil: of any. A value of another type is read as what it is; but what should
// be of an extension type must be one: a policy that forbids would fail over it, and not forbid.
func valueOf(raw any, want resolved.IsType) (Value, error) {
	switch v := raw.(type) {
	case bool:
		return Bool(v), nil
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil, fmt.Errorf("%s is no whole number of 64 bits", v)
		}
		return Long(n), nil
	case string:
		if extension, ok := want.(resolved.ExtensionType); ok {
			return Extension(constructors[string(extension)], v)
		}
		return String(v), nil
	case []any:
		set, _ := want.(resolved.SetType)
		values := make([]Value, len(v))
		for i, one := range v {
			var err error
			if values[i], err = valueOf(one, set.Element); err != nil {
				return nil, err
			}
		}
		return SetOf(values...), nil
	case map[string]any:
		return objectOf(v, want)
	}
	return nil, fmt.Errorf("null is no value")
}

// constructors are the functions that make a value of an extension type.
var constructors = map[string]string{"ipaddr": IP, "decimal": Decimal, "datetime": Datetime, "duration": Duration}

// objectOf reads an object: an entity, a value of an extension type or a record.
func objectOf(object map[string]any, want resolved.IsType) (Value, error) {
	if _, escaped := object["__entity"]; escaped {
		return uidOf(object)
	}
	if call, escaped := object["__extn"]; escaped {
		if len(object) != 1 {
			return nil, fmt.Errorf("__extn stands alone")
		}
		return extensionOf(call)
	}
	if _, escaped := object["__expr"]; escaped {
		return nil, fmt.Errorf("__expr is not supported")
	}
	switch want.(type) {
	case resolved.EntityType:
		return uidOf(object)
	case resolved.ExtensionType:
		return extensionOf(object)
	}
	return recordOf(object, want)
}

// uidOf reads {"type": …, "id": …}, alone or in {"__entity": …}.
func uidOf(raw any) (UID, error) {
	object, _ := raw.(map[string]any)
	if inner, ok := object["__entity"]; ok && len(object) == 1 {
		object, _ = inner.(map[string]any)
	}
	kind, ok := object["type"].(string)
	id, also := object["id"].(string)
	if !ok || !also || len(object) != 2 {
		return UID{}, fmt.Errorf(`an entity is named by {"type": …, "id": …}`)
	}
	if !IsType(kind) {
		return UID{}, fmt.Errorf("%q is no entity type", kind)
	}
	return NewUID(kind, id), nil
}

// extensionOf reads {"fn": …, "arg": …}. Functions of several arguments are refused: to read them as a record, as cedar-go does,
// would make a policy that forbids fail over it.
func extensionOf(raw any) (Value, error) {
	object, _ := raw.(map[string]any)
	name, ok := object["fn"].(string)
	arg, also := object["arg"].(string)
	if !ok || !also || len(object) != 2 {
		return nil, fmt.Errorf(`a value of an extension type is written as {"fn": …, "arg": …} with one text`)
	}
	return Extension(name, arg)
}

// JSON writes a value as Cedar's JSON, with its escapes.
func JSON(v Value) ([]byte, error) { return json.Marshal(v) }
