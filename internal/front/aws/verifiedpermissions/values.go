package verifiedpermissions

import (
	"fmt"

	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/policy/cedar"
)

func uidOf(in *avp.EntityIdentifier) *cedar.UID {
	if in == nil {
		return nil
	}
	return new(cedar.NewUID(member.Text(in.EntityType), member.Text(in.EntityId)))
}

func actionOf(in *avp.ActionIdentifier) *cedar.UID {
	if in == nil {
		return nil
	}
	return new(cedar.NewUID(member.Text(in.ActionType), member.Text(in.ActionId)))
}

func entityAnswer(u *cedar.UID) *avp.EntityIdentifier {
	if u == nil {
		return nil
	}
	return &avp.EntityIdentifier{EntityType: new(string(u.Type)), EntityId: new(string(u.ID))}
}

func actionsAnswer(list []cedar.UID) []avp.ActionIdentifier {
	var out []avp.ActionIdentifier
	for _, u := range list {
		out = append(out, avp.ActionIdentifier{ActionType: new(string(u.Type)), ActionId: new(string(u.ID))})
	}
	return out
}

// entitiesOf reads a list of entities. Of two with one name the last counts.
func entitiesOf(list []avp.EntityItem) (cedar.Entities, error) {
	out := make(cedar.Entities, len(list))
	for i, item := range list {
		path := fmt.Sprintf("entities.entityList.%d", i+1)
		e := cedar.Entity{UID: *uidOf(item.Identifier)}
		if !cedar.IsType(string(e.UID.Type)) {
			return nil, invalid(path+".identifier.entityType", "the entity type has the wrong form")
		}
		attributes, err := fieldsOf(item.Attributes, path+".attributes")
		if err != nil {
			return nil, err
		}
		tags := make(cedar.Fields, len(item.Tags))
		for name, raw := range item.Tags {
			if tags[cedar.Key(name)], err = tagOf(raw, path+".tags."+name); err != nil {
				return nil, err
			}
		}
		parents := make([]cedar.UID, len(item.Parents))
		for j := range item.Parents {
			parents[j] = *uidOf(&item.Parents[j])
		}
		e.Attributes, e.Tags, e.Parents = cedar.NewRecord(attributes), cedar.NewRecord(tags), cedar.NewParents(parents...)
		out[e.UID] = e
	}
	return out, nil
}

func fieldsOf(in map[string]avp.AttributeValue, path string) (cedar.Fields, error) {
	out := make(cedar.Fields, len(in))
	for name, raw := range in {
		v, err := valueOf(raw, path+"."+name)
		if err != nil {
			return nil, err
		}
		out[cedar.Key(name)] = v
	}
	return out, nil
}

// valueOf reads a value, of which exactly one member is given.
func valueOf(in avp.AttributeValue, path string) (cedar.Value, error) {
	return scalarOf(path, scalars{in.Boolean, in.Long, in.String, in.EntityIdentifier, in.Ipaddr, in.Decimal, in.Datetime, in.Duration}, compound{
		isSet: in.Set != nil, isRecord: in.Record != nil,
		set: func() (list []cedar.Value, err error) {
			list = make([]cedar.Value, len(in.Set))
			for i := range in.Set {
				if list[i], err = valueOf(in.Set[i], fmt.Sprintf("%s.set.%d", path, i+1)); err != nil {
					return nil, err
				}
			}
			return list, nil
		},
		record: func() (cedar.Fields, error) { return fieldsOf(in.Record, path+".record") },
	})
}

// tagOf is valueOf for the value of a tag, which has the same members under another name.
func tagOf(in avp.CedarTagValue, path string) (cedar.Value, error) {
	return scalarOf(path, scalars{in.Boolean, in.Long, in.String, in.EntityIdentifier, in.Ipaddr, in.Decimal, in.Datetime, in.Duration}, compound{
		isSet: in.Set != nil, isRecord: in.Record != nil,
		set: func() (list []cedar.Value, err error) {
			list = make([]cedar.Value, len(in.Set))
			for i := range in.Set {
				if list[i], err = tagOf(in.Set[i], fmt.Sprintf("%s.set.%d", path, i+1)); err != nil {
					return nil, err
				}
			}
			return list, nil
		},
		record: func() (out cedar.Fields, err error) {
			out = make(cedar.Fields, len(in.Record))
			for name, raw := range in.Record {
				if out[cedar.Key(name)], err = tagOf(raw, path+".record."+name); err != nil {
					return nil, err
				}
			}
			return out, nil
		},
	})
}

// scalars are the members of a value that have no parts.
type scalars struct {
	boolean                             *bool
	long                                *int64
	text                                *string
	entity                              *avp.EntityIdentifier
	ipaddr, decimal, datetime, duration *string
}

// compound are the members that have.
type compound struct {
	isSet, isRecord bool
	set             func() ([]cedar.Value, error)
	record          func() (cedar.Fields, error)
}

func scalarOf(path string, s scalars, c compound) (out cedar.Value, err error) {
	n := 0
	take := func(is bool, read func() (cedar.Value, error)) {
		if is && err == nil {
			n++
			out, err = read()
		}
	}
	take(s.boolean != nil, func() (cedar.Value, error) { return cedar.Bool(*s.boolean), nil })
	take(s.long != nil, func() (cedar.Value, error) { return cedar.Long(*s.long), nil })
	take(s.text != nil, func() (cedar.Value, error) { return cedar.String(*s.text), nil })
	take(s.entity != nil, func() (cedar.Value, error) { return *uidOf(s.entity), nil })
	for _, e := range []struct {
		constructor string
		value       *string
	}{{cedar.IP, s.ipaddr}, {cedar.Decimal, s.decimal}, {cedar.Datetime, s.datetime}, {cedar.Duration, s.duration}} {
		take(e.value != nil, func() (cedar.Value, error) {
			v, err := cedar.Extension(e.constructor, *e.value)
			if err != nil {
				return nil, invalid(path, err.Error())
			}
			return v, nil
		})
	}
	take(c.isSet, func() (cedar.Value, error) {
		list, err := c.set()
		return cedar.SetOf(list...), err
	})
	take(c.isRecord, func() (cedar.Value, error) {
		fields, err := c.record()
		return cedar.NewRecord(fields), err
	})
	if err == nil && n != 1 {
		err = invalid(path, "a value has exactly one member")
	}
	return out, err
}
