package workspace

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/fault"
)

// TestPatchesAreThoseOfTheStandard has the shapes of RFC 6902's appendix, in documents of our own; empty: it is refused.
func TestPatchesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ doc, patch, want string }{
		"a new member":            {`{"a":1}`, `[{"op":"add","path":"/b","value":2}]`, `{"a":1,"b":2}`},
		"over a member":           {`{"a":1}`, `[{"op":"add","path":"/a","value":null}]`, `{"a":null}`},
		"into a list":             {`{"a":[1,3]}`, `[{"op":"add","path":"/a/1","value":2}]`, `{"a":[1,2,3]}`},
		"at a list's end":         {`{"a":[1]}`, `[{"op":"add","path":"/a/-","value":[2]}]`, `{"a":[1,[2]]}`},
		"away":                    {`{"a":{"b":1,"c":2}}`, `[{"op":"remove","path":"/a/b"}]`, `{"a":{"c":2}}`},
		"away from a list":        {`{"a":[1,2]}`, `[{"op":"remove","path":"/a/0"}]`, `{"a":[2]}`},
		"another value":           {`{"a":[1,2]}`, `[{"op":"replace","path":"/a/1","value":9}]`, `{"a":[1,9]}`},
		"moved":                   {`{"a":{"b":1},"c":{}}`, `[{"op":"move","from":"/a/b","path":"/c/d"}]`, `{"a":{},"c":{"d":1}}`},
		"moved in a list":         {`{"a":[1,2,3]}`, `[{"op":"move","from":"/a/0","path":"/a/2"}]`, `{"a":[2,3,1]}`},
		"copied, and its own":     {`{"a":{"x":1}}`, `[{"op":"copy","from":"/a","path":"/b"},{"op":"replace","path":"/b/x","value":2}]`, `{"a":{"x":1},"b":{"x":2}}`},
		"tested":                  {`{"a":1.50}`, `[{"op":"test","path":"/a","value":1.50}]`, `{"a":1.50}`},
		"escaped":                 {`{"a/b":1,"m~n":2}`, `[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"}]`, `{}`},
		"a name that is a number": {`{"1":1}`, `[{"op":"replace","path":"/1","value":2}]`, `{"1":2}`},
		"the whole":               {`{"a":1}`, `[{"op":"replace","path":"","value":{"b":2}}]`, `{"b":2}`},
		"nothing":                 {`{"a":1}`, `[]`, `{"a":1}`},
		"a test that fails":       {`{"a":1}`, `[{"op":"test","path":"/a","value":2}]`, ``},
		"away from nothing":       {`{"a":1}`, `[{"op":"remove","path":"/b"}]`, ``},
		"another of nothing":      {`{"a":1}`, `[{"op":"replace","path":"/b","value":1}]`, ``},
		"into nothing":            {`{"a":1}`, `[{"op":"add","path":"/b/c","value":1}]`, ``},
		"into a text":             {`{"a":"x"}`, `[{"op":"add","path":"/a/b","value":1}]`, ``},
		"beyond a list":           {`{"a":[1]}`, `[{"op":"add","path":"/a/2","value":1}]`, ``},
		"a place that is none":    {`{"a":[1]}`, `[{"op":"replace","path":"/a/01","value":1}]`, ``},
		"before a list":           {`{"a":[1]}`, `[{"op":"replace","path":"/a/-1","value":1}]`, ``},
		"into itself":             {`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`, ``},
		"no pointer":              {`{"a":1}`, `[{"op":"remove","path":"a"}]`, ``},
		"a broken pointer":        {`{"a~2":1}`, `[{"op":"remove","path":"/a~2"}]`, ``},
		"no operation":            {`{"a":1}`, `[{"op":"magic","path":"/a"}]`, ``},
		"no value":                {`{"a":1}`, `[{"op":"add","path":"/a"}]`, ``},
	} {
		var list []Operation
		if err := json.Unmarshal([]byte(x.patch), &list); err != nil {
			t.Fatal(err)
		}
		got, err := Patch(json.RawMessage(x.doc), list)
		if string(got) != x.want || (err == nil) != (x.want != "") {
			t.Errorf("%s: %s, %v; want %s", name, got, err, x.want)
		}
	}
}

// TestAPatchDoesNotGrowTheDocument copies the document into itself again and again: each time it is twice as large, and a thousand
// operations would fill any memory.
func TestAPatchDoesNotGrowTheDocument(t *testing.T) {
	t.Parallel()
	doc, err := json.Marshal(map[string]string{"a": strings.Repeat("x", 100_000)})
	if err != nil {
		t.Fatal(err)
	}
	var double []Operation
	for i := range 8 {
		double = append(double, Operation{Op: "copy", From: "", Path: "/b" + strconv.Itoa(i)})
	}
	if _, err := Patch(doc, double[:2]); err != nil {
		t.Errorf("a copy is refused: %v", err)
	}
	if out, err := Patch(doc, double); !fault.Is(err, fault.Invalid, "") {
		t.Errorf("%d bytes became %d, %v", len(doc), len(out), err)
	}
}

// FuzzPatch fails when a patch makes us panic, or gives what is no JSON.
func FuzzPatch(f *testing.F) {
	f.Add(`{"a":[1,{"b":2}]}`, `[{"op":"move","from":"/a/0","path":"/a/1/b"},{"op":"add","path":"/a/-","value":1}]`)
	f.Add(`[]`, `[{"op":"remove","path":""},{"op":"add","path":"/x","value":1}]`)
	f.Fuzz(func(t *testing.T, doc, patch string) {
		var list []Operation
		if !json.Valid([]byte(doc)) || json.Unmarshal([]byte(patch), &list) != nil {
			return
		}
		if got, err := Patch(json.RawMessage(doc), list); err == nil && !json.Valid(got) {
			t.Errorf("%s with %s is %s", doc, patch, got)
		}
	})
}
