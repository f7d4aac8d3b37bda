package enrich

import (
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/directory"
)

// describe is what a policy sees of a user (docs/standards.md has the table):
//
//	sub, id, username, pool   strings; id is the sub
//	enabled                   bool
//	status                    CONFIRMED, UNCONFIRMED, …
//	mfa                       {enabled: bool, methods: [string], preferred: string}
//	groups                    [string], by precedence
//	attributes                by full name ("email", "custom:limit"), typed by the pool's schema
//	created_at, updated_at    RFC 3339, for timestamp()
func describe(u *directory.User, pool *directory.Pool, groups []*directory.Group) *Subject {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	attributes := make(map[string]*structpb.Value, len(u.Attributes))
	for name, value := range u.Attributes {
		kind := ""
		if a, ok := pool.Attribute(name); ok {
			kind = a.Type
		}
		attributes[valid(name)] = typed(kind, value)
	}
	return &Subject{
		PoolID: u.PoolID, ID: u.ID, Groups: names,
		Attributes: object(map[string]*structpb.Value{
			"id":       text(u.ID),
			"sub":      text(u.ID),
			"username": text(u.Username),
			"pool":     text(u.PoolID),
			"enabled":  structpb.NewBoolValue(u.Enabled),
			"status":   text(string(u.Status)),
			"mfa": object(map[string]*structpb.Value{
				"enabled":   structpb.NewBoolValue(len(u.MFA.Methods) > 0),
				"methods":   texts(u.MFA.Methods),
				"preferred": text(u.MFA.Preferred),
			}),
			"groups":     texts(names),
			"attributes": object(attributes),
			"created_at": text(u.CreatedAt.UTC().Format(time.RFC3339Nano)),
			"updated_at": text(u.ModifiedAt.UTC().Format(time.RFC3339Nano)),
		}),
	}
}

// typed gives a stored value the type that the schema declares. A value that does not fit its type stays a string:
// a policy that compares it with a number then fails to match, instead of matching a wrong number.
func typed(kind, value string) *structpb.Value {
	switch kind {
	case "Boolean":
		if b, err := strconv.ParseBool(value); err == nil {
			return structpb.NewBoolValue(b)
		}
	case "Number":
		const exact = 1 << 53 // beyond it a float cannot tell neighbours apart
		if n, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(n) <= exact {
			return structpb.NewNumberValue(n)
		}
	}
	return text(value)
}

// text replaces what is not UTF-8: protobuf refuses it, and one odd attribute must not cost every decision.
func text(s string) *structpb.Value { return structpb.NewStringValue(valid(s)) }

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(list []string) *structpb.Value {
	values := make([]*structpb.Value, len(list))
	for i, s := range list {
		values[i] = text(s)
	}
	return structpb.NewListValue(&structpb.ListValue{Values: values})
}

func object(fields map[string]*structpb.Value) *structpb.Value {
	return structpb.NewStructValue(&structpb.Struct{Fields: fields})
}
