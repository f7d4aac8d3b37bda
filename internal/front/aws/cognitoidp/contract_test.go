package cognitoidp_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// contract is what the API facts say of the service: which input an operation takes and which errors it declares.
type contract struct {
	Operations map[string]struct {
		Input, Auth string
		Errors      []string
	}
	Shapes map[string]shapeFacts
}

type shapeFacts struct {
	Type               string
	Members            map[string]string
	Required           []string
	Member, Key, Value string
	Min, Max           *int64
	Pattern            string
	Enum               []string
	Document           bool
}

func readContract(t *testing.T) *contract {
	t.Helper()
	data, err := os.ReadFile("../../../../api/cognito-idp.json")
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

type object = map[string]any

// sample makes a value that obeys its shape. Members that name something which exists are filled in by known; optional
// members are left out.
func (c *contract) sample(name string, known object, depth int) any {
	s := c.Shapes[name]
	switch s.Type {
	case "structure":
		out := object{}
		for _, member := range s.Required {
			out[member] = c.member(member, s.Members[member], known, depth)
		}
		return out
	case "list":
		return []any{c.sample(s.Member, known, depth+1)}
	case "map":
		return object{"email": c.sample(s.Value, known, depth+1)}
	case "boolean":
		return true
	case "integer", "long":
		return max(1, least(s))
	case "timestamp":
		return 1
	case "blob":
		return "aGVsbG8="
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	return strings.Repeat("a", int(max(8, least(s))))
}

func (c *contract) member(name, shape string, known object, depth int) any {
	if v, ok := known[name]; ok && depth == 0 {
		return v
	}
	return c.sample(shape, known, depth+1)
}

func least(s shapeFacts) int64 {
	if s.Min == nil {
		return 0
	}
	return *s.Min
}

// broken lists values that break a shape's own constraints, each with what is wrong.
func (c *contract) broken(name string) map[string]any {
	s, out := c.Shapes[name], map[string]any{}
	switch s.Type {
	case "string":
		if len(s.Enum) > 0 {
			out["not in the enum"] = "NOT-IN-THE-ENUM"
		}
		if s.Max != nil && *s.Max < 100_000 {
			out["too long"] = strings.Repeat("a", int(*s.Max)+1)
		}
		if least(s) > 0 {
			out["too short"] = strings.Repeat("a", int(least(s))-1)
		}
		if s.Pattern != "" && !strings.HasPrefix(s.Pattern, ".*") && !strings.HasPrefix(s.Pattern, "(?s).*") {
			out["against the pattern"] = "\u0001 "
		}
		out["a number"] = 7
	case "integer", "long":
		if s.Max != nil {
			out["too large"] = *s.Max + 1
		}
		if s.Min != nil {
			out["too small"] = *s.Min - 1
		}
		out["a text"] = "seven"
	case "list":
		if s.Max != nil {
			one := c.sample(s.Member, nil, 1)
			out["too many"] = slices.Repeat([]any{one}, int(*s.Max)+1)
		}
		if least(s) > 0 {
			out["too few"] = []any{}
		}
		for what, v := range c.broken(s.Member) {
			out["an element "+what] = []any{v}
		}
	case "structure":
		if !s.Document && s.Members != nil {
			out["a text"] = "text"
		}
		for _, member := range s.Required {
			whole := c.sample(name, nil, 1).(object)
			delete(whole, member)
			out["without its "+member] = whole
		}
	case "boolean":
		out["a text"] = "yes"
	}
	return out
}
