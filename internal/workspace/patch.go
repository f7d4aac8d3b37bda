package workspace

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Merge applies a JSON Merge Patch to a document. RFC 7396.
func Merge(document, patch json.RawMessage) (json.RawMessage, error) {
	var old, change any
	if err := mapping.Read(document, &old); err != nil {
		return nil, err
	}
	if err := mapping.Read(patch, &change); err != nil {
		return nil, fault.Invalidf("The patch cannot be read as JSON.").Because(err)
	}
	if _, ok := change.(map[string]any); !ok {
		return nil, fault.Invalidf("The patch is no JSON object.")
	}
	return json.Marshal(merge(old, change))
}

func merge(old, change any) any {
	members, ok := change.(map[string]any)
	if !ok {
		return change
	}
	out, ok := old.(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	for name, value := range members {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = merge(out[name], value)
	}
	return out
}

// Operation is one of a JSON Patch. RFC 6902 section 4.
type Operation struct {
	Op    string          `json:"op"` // add, remove, replace, move, copy or test
	Path  string          `json:"path"`
	From  string          `json:"from,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

const (
	// maxOperations bounds a patch.
	maxOperations = 1000
	// maxCopied bounds what its copies add together, in bytes of JSON: each could double the document.
	maxCopied = 4 << 20
)

// Patch applies a JSON Patch to a document: all of its operations, or none. RFC 6902.
func Patch(document json.RawMessage, list []Operation) (json.RawMessage, error) {
	if len(list) > maxOperations {
		return nil, fault.Invalidf("A patch has at most %d operations.", maxOperations)
	}
	var doc any
	if err := mapping.Read(document, &doc); err != nil {
		return nil, err
	}
	left := maxCopied
	for i, x := range list {
		var err error
		if doc, err = x.apply(doc, &left); err != nil {
			return nil, fault.Invalidf("operation %d: %v.", i, err)
		}
	}
	return json.Marshal(doc)
}

// apply carries an operation out, which may copy as much as is left.
func (x Operation) apply(doc any, left *int) (any, error) {
	path, err := pointer(x.Path)
	if err != nil {
		return nil, err
	}
	switch x.Op {
	case "remove":
		return remove(doc, path)
	case "add", "replace", "test":
		var value any
		if len(x.Value) == 0 || mapping.Read(x.Value, &value) != nil {
			return nil, fault.Invalidf("value is missing")
		}
		switch x.Op {
		case "add":
			return add(doc, path, value)
		case "replace":
			return replace(doc, path, value)
		}
		if at, err := look(doc, path); err != nil || !reflect.DeepEqual(at, value) {
			return nil, fault.Invalidf("what stands at %q is another value", x.Path)
		}
		return doc, nil
	case "move", "copy":
		return x.carry(doc, path, left)
	}
	return nil, fault.Invalidf("there is no operation %q", x.Op)
}

// carry moves or copies a value.
func (x Operation) carry(doc any, path []string, left *int) (any, error) {
	from, err := pointer(x.From)
	if err != nil {
		return nil, err
	}
	value, err := look(doc, from)
	if err != nil {
		return nil, err
	}
	if x.Op == "move" {
		if len(path) > len(from) && slices.Equal(path[:len(from)], from) {
			return nil, fault.Invalidf("nothing moves into itself")
		}
		if doc, err = remove(doc, from); err != nil {
			return nil, err
		}
		return add(doc, path, value)
	}
	raw, err := json.Marshal(value) // a value of its own
	if err != nil {
		return nil, err
	}
	if *left -= len(raw); *left < 0 {
		return nil, fault.Invalidf("a patch copies at most %d MB", maxCopied>>20)
	}
	var own any
	if err := mapping.Read(raw, &own); err != nil {
		return nil, err
	}
	return add(doc, path, own)
}

// pointer reads a JSON Pointer. RFC 6901 section 3.
func pointer(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, fault.Invalidf("%q is no JSON Pointer", text)
	}
	list := strings.Split(text[1:], "/")
	for i, s := range list {
		if rest := strings.NewReplacer("~0", "", "~1", "").Replace(s); strings.Contains(rest, "~") {
			return nil, fault.Invalidf("%q is no JSON Pointer", text)
		}
		list[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return list, nil
}

// index is a place in a list of a length; limit is the first that is none.
func index(text string, limit int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= limit || strconv.Itoa(n) != text {
		return 0, fault.Invalidf("there is no element %q", text)
	}
	return n, nil
}

func look(at any, path []string) (any, error) {
	for _, name := range path {
		switch x := at.(type) {
		case map[string]any:
			value, ok := x[name]
			if !ok {
				return nil, fault.Invalidf("there is no member %q", name)
			}
			at = value
		case []any:
			i, err := index(name, len(x))
			if err != nil {
				return nil, err
			}
			at = x[i]
		default:
			return nil, fault.Invalidf("there is no member %q", name)
		}
	}
	return at, nil
}

// change changes what a path's last name stands in, and gives the document.
func change(at any, path []string, last func(in any, name string) (any, error)) (any, error) {
	if len(path) == 1 {
		return last(at, path[0])
	}
	inner, err := look(at, path[:1])
	if err != nil {
		return nil, err
	}
	if inner, err = change(inner, path[1:], last); err != nil {
		return nil, err
	}
	switch x := at.(type) {
	case map[string]any:
		x[path[0]] = inner
	case []any:
		i, err := index(path[0], len(x))
		if err != nil {
			return nil, err
		}
		x[i] = inner
	}
	return at, nil
}

func add(doc any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	return change(doc, path, func(in any, name string) (any, error) {
		switch x := in.(type) {
		case map[string]any:
			x[name] = value
			return x, nil
		case []any:
			if name == "-" {
				return append(x, value), nil
			}
			i, err := index(name, len(x)+1)
			if err != nil {
				return nil, err
			}
			return slices.Insert(x, i, value), nil
		}
		return nil, fault.Invalidf("%q would stand in a value that holds nothing", name)
	})
}

func remove(doc any, path []string) (any, error) {
	if _, err := look(doc, path); err != nil {
		return nil, err
	}
	if len(path) == 0 {
		return nil, nil
	}
	return change(doc, path, func(in any, name string) (any, error) {
		switch x := in.(type) {
		case map[string]any:
			delete(x, name)
		case []any:
			i, err := index(name, len(x))
			if err != nil {
				return nil, err
			}
			return slices.Delete(x, i, i+1), nil
		}
		return in, nil
	})
}

func replace(doc any, path []string, value any) (any, error) {
	if _, err := look(doc, path); err != nil {
		return nil, err
	}
	if len(path) == 0 {
		return value, nil
	}
	return change(doc, path, func(in any, name string) (any, error) {
		switch x := in.(type) {
		case map[string]any:
			x[name] = value
		case []any:
			i, err := index(name, len(x))
			if err != nil {
				return nil, err
			}
			x[i] = value
		}
		return in, nil
	})
}
