package permission

import (
	"encoding/json"
	"fmt"
	"strings"

	"cognate.dev/cognate/internal/policy/cedar"
)

// attributesOf turns claims into attributes. What Cedar has no value for is an error, but for null, which is no value at all: a
// policy that forbids must not fail over a claim that was left out. With dots, claims of user pools such as custom:tier are
// found under custom.tier, too.
func attributesOf(said map[string]any, dots bool) (cedar.Fields, error) {
	out := make(cedar.Fields, len(said))
	nested := map[string]cedar.Fields{}
	for name, raw := range said {
		v, err := claimValue(raw)
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", name, err)
		}
		if v == nil {
			continue
		}
		out[cedar.Key(name)] = v
		if space, local, found := strings.Cut(name, ":"); found && dots && space != "" && local != "" {
			if nested[space] == nil {
				nested[space] = cedar.Fields{}
			}
			nested[space][cedar.Key(local)] = v
		}
	}
	for space, fields := range nested {
		if _, taken := out[cedar.Key(space)]; !taken {
			out[cedar.Key(space)] = cedar.NewRecord(fields)
		}
	}
	return out, nil
}

// claimValue is a claim as a value; nil: it is none.
func claimValue(raw any) (cedar.Value, error) {
	switch v := raw.(type) {
	case nil:
		return nil, nil
	case bool:
		return cedar.Bool(v), nil
	case string:
		return cedar.String(v), nil
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil, fmt.Errorf("%s is no whole number, and Cedar has no other", v)
		}
		return cedar.Long(n), nil
	case []any:
		var list []cedar.Value
		for _, item := range v {
			one, err := claimValue(item)
			if err != nil {
				return nil, err
			}
			if one != nil {
				list = append(list, one)
			}
		}
		return cedar.SetOf(list...), nil
	case map[string]any:
		fields := make(cedar.Fields, len(v))
		for name, item := range v {
			one, err := claimValue(item)
			if err != nil {
				return nil, err
			}
			if one != nil {
				fields[cedar.Key(name)] = one
			}
		}
		return cedar.NewRecord(fields), nil
	}
	return nil, fmt.Errorf("%T is no claim", raw)
}
