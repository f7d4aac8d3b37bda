package field

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func doc(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func TestFieldsAreFoundNamedAndTyped(t *testing.T) {
	t.Parallel()
	m, err := Compile([]Config{
		{From: "profile/department", To: "unit"},
		{From: "/clearance", Type: Number},
		{From: "vip", Type: Bool},
		{From: "since", To: "dates/since", Type: Timestamp},
		{From: "left", To: "dates/left", Type: Timestamp},
		{From: "groups/*/name", To: "groups"},
		{From: "team", Type: List},
		{From: "urn:x:2.0:User/a~1b", To: "odd"},
		{From: "limits", Type: JSON},
		{From: "account", Type: String},
		{From: "region", Default: "eu"},
		{From: "nothing"},
		{From: "null"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Apply(doc(t, `{"profile":{"department":"hr"},"clearance":"3","vip":"TRUE","since":"2026-01-02","left":1767323045,
		"groups":[{"name":"a"},{"id":1},{"name":"b"}],"team":"x","urn:x:2.0:User":{"a/b":1},"limits":"{\"usd\":10}","account":9007199254740993,"null":null}`))
	if err != nil {
		t.Fatal(err)
	}
	v, err := Value(got)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"unit": "hr", "clearance": 3.0, "vip": true, "dates": map[string]any{"since": "2026-01-02T00:00:00Z", "left": "2026-01-02T03:04:05Z"},
		"groups": []any{"a", "b"}, "team": []any{"x"}, "odd": 1.0, "limits": map[string]any{"usd": 10.0}, "account": "9007199254740993", "region": "eu",
	}
	if diff := cmp.Diff(want, v.AsInterface()); diff != "" {
		t.Error(diff)
	}
}

// A rule that denies would not notice a field that is left out because its value does not fit.
func TestAValueThatDoesNotFitIsAnErrorAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	for kind, value := range map[string]string{
		Number: `"s3cret"`, Bool: `"s3cret"`, Timestamp: `"s3cret"`, JSON: `"s3cret"`, String: `{"s3cret":1}`,
	} {
		m, err := Compile([]Config{{From: "x", Type: kind}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Apply(doc(t, `{"x":`+value+`}`))
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "field x") {
			t.Errorf("%s of %s: %v, %v", kind, value, got, err)
		}
	}
	for kind, value := range map[string]string{Number: `1e400`, Bool: `2`, Timestamp: `1e300`} {
		m, _ := Compile([]Config{{From: "x", Type: kind}})
		if got, err := m.Apply(doc(t, `{"x":`+value+`}`)); err == nil {
			t.Errorf("%s of %s: %v", kind, value, got)
		}
	}
	m, _ := Compile([]Config{{From: "x", Required: true}})
	if got, err := m.Apply(doc(t, `{"y":1}`)); err == nil {
		t.Errorf("required and missing: %v", got)
	}
}

func TestFieldsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string][]Config{
		"no path":        {{}},
		"empty name":     {{From: "a//b"}},
		"a list as to":   {{From: "a/*/b"}},
		"unknown type":   {{From: "a", Type: "date"}},
		"twice":          {{From: "a"}, {From: "b", To: "a"}},
		"inside":         {{From: "a"}, {From: "b", To: "a/b"}},
		"both":           {{From: "a", Required: true, Default: 1}},
		"odd default":    {{From: "a", Default: struct{}{}}},
		"without an end": {{From: strings.Repeat("a/", 40) + "a"}},
	} {
		if _, err := Compile(fields); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestValuesKeepWhatTheyMean(t *testing.T) {
	t.Parallel()
	deep := any("x")
	for range maxDepth + 2 {
		deep = []any{deep}
	}
	if _, err := Value(deep); err == nil {
		t.Error("nesting without bounds was accepted")
	}
	got, err := Value(map[string]any{
		"n": json.Number("12.5"), "big": json.Number("12345678901234567890"), "huge": json.Number("1e999"), "s": "a\xffb", "i": int64(1) << 60,
		"t": time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("x", 3600)), "nil": nil, "list": []string{"a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"n": 12.5, "big": "12345678901234567890", "huge": "1e999", "s": "a\uFFFDb", "i": "1152921504606846976",
		"t": "2026-01-02T02:04:05Z", "nil": nil, "list": []any{"a"}}
	if diff := cmp.Diff(want, got.AsInterface()); diff != "" {
		t.Error(diff)
	}
}

func TestSchemaTypesThatDoNotFitStayText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, value string
		want        any
	}{
		{"Number", "12", 12.0}, {"Number", "abc", "abc"}, {"Number", "9007199254740993", "9007199254740993"}, {"Number", "1e300", "1e300"}, {"Number", "NaN", "NaN"},
		{"Boolean", "true", true}, {"Boolean", "yes", "yes"}, {"DateTime", "2026-01-02", "2026-01-02T00:00:00Z"}, {"DateTime", "soon", "soon"},
		{"String", "12", "12"}, {"", "true", "true"},
	} {
		if got := Schema(c.kind, c.value); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.kind, c.value, got, c.want)
		}
	}
}

// Whatever a source says, it neither panics nor makes a value that protobuf refuses.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"a":{"b":[1,"x",null,{"c":true}]}}`, "a/b/*/c", "number")
	f.Add(`[]`, "*", "list")
	f.Add(`{"a":"\ud800"}`, "a", "timestamp")
	f.Fuzz(func(t *testing.T, text, path, kind string) {
		v, err := Decode([]byte(text))
		if err != nil {
			return
		}
		object, ok := v.(map[string]any)
		m, err := Compile([]Config{{From: path, To: "x", Type: kind}})
		if err != nil || !ok {
			return
		}
		got, err := m.Apply(object)
		if err != nil {
			return
		}
		value, err := Value(got)
		if err != nil {
			return
		}
		if _, err := value.MarshalJSON(); err != nil {
			t.Errorf("%s at %s: %v", text, path, err)
		}
	})
}
