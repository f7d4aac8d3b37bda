package field

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// maxDepth bounds how deeply an answer may be nested.
const maxDepth = 64

// Value is v in the form that policies see. Numbers that a float cannot hold exactly become text, and text that is not
// UTF-8 is mended: protobuf refuses it, and one odd field must not cost every decision.
func Value(v any) (*structpb.Value, error) { return value(v, 0) }

func value(v any, depth int) (*structpb.Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		return structpb.NewNullValue(), nil
	case bool:
		return structpb.NewBoolValue(v), nil
	case string:
		return structpb.NewStringValue(Valid(v)), nil
	case float64:
		return number(v, fmt.Sprint(v)), nil
	case int64:
		return number(float64(v), fmt.Sprint(v)), nil
	case json.Number:
		n, err := v.Float64()
		if err != nil {
			n = math.Inf(1)
		}
		return number(n, v.String()), nil
	case time.Time:
		return structpb.NewStringValue(v.UTC().Format(time.RFC3339Nano)), nil
	case []string:
		list := &structpb.ListValue{Values: make([]*structpb.Value, len(v))}
		for i, s := range v {
			list.Values[i] = structpb.NewStringValue(Valid(s))
		}
		return structpb.NewListValue(list), nil
	case []any:
		list := &structpb.ListValue{Values: make([]*structpb.Value, len(v))}
		for i, one := range v {
			var err error
			if list.Values[i], err = value(one, depth+1); err != nil {
				return nil, err
			}
		}
		return structpb.NewListValue(list), nil
	case map[string]any:
		object := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(v))}
		for name, one := range v {
			var err error
			if object.Fields[Valid(name)], err = value(one, depth+1); err != nil {
				return nil, err
			}
		}
		return structpb.NewStructValue(object), nil
	}
	return nil, fmt.Errorf("a %T has no form in policies", v)
}

// number is a number, or its text when a float would be another number.
func number(n float64, text string) *structpb.Value {
	if math.IsNaN(n) || math.Abs(n) >= Exact {
		return structpb.NewStringValue(text)
	}
	return structpb.NewNumberValue(n)
}

// Valid replaces what is not UTF-8.
func Valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
