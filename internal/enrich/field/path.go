// Package field turns what a source answers into what policies see: paths into an answer, the types that fields are to
// have, and protobuf values at the end. It leaves asking to the sources and merging to enrich.
package field

import (
	"errors"
	"fmt"
	"strings"
)

// Path leads into an answer: member names, of which Each stands for every element of a list.
type Path []string

// Each is every element of a list.
const Each = "*"

// maxPath bounds what has to be nested.
const maxPath = 32

// ParsePath reads names divided by slashes, as a JSON Pointer has them; the first slash may be left out, and * is every
// element of a list. ~1 is a slash in a name and ~0 a tilde (RFC 6901 section 4).
func ParsePath(s string) (Path, error) {
	s = strings.TrimPrefix(s, "/")
	if s == "" {
		return nil, errors.New("the path is empty")
	}
	p := Path(strings.Split(s, "/"))
	if len(p) > maxPath {
		return nil, fmt.Errorf("path %q: more than %d names", s, maxPath)
	}
	for i, name := range p {
		if name == "" {
			return nil, fmt.Errorf("path %q: a name is empty", s)
		}
		p[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return p, nil
}

// String is the path as ParsePath reads it.
func (p Path) String() string {
	names := make([]string, len(p))
	for i, name := range p {
		names[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	return strings.Join(names, "/")
}

// Get finds what the path leads to. Behind Each it is a list of what is there. Null is as good as nothing.
func (p Path) Get(doc any) (found any, ok bool) {
	if len(p) == 0 {
		return doc, doc != nil
	}
	if p[0] == Each {
		list, is := doc.([]any)
		if !is {
			return nil, false
		}
		all := make([]any, 0, len(list))
		for _, one := range list {
			if v, ok := p[1:].Get(one); ok {
				all = append(all, v)
			}
		}
		return all, true
	}
	object, is := doc.(map[string]any)
	if !is {
		return nil, false
	}
	return p[1:].Get(object[p[0]])
}

// put sets what the path leads to, making the objects on the way.
func (p Path) put(doc map[string]any, v any) error {
	for _, name := range p[:len(p)-1] {
		next, is := doc[name].(map[string]any)
		if !is {
			if doc[name] != nil {
				return fmt.Errorf("%s: %s is no object", p, name)
			}
			next = map[string]any{}
			doc[name] = next
		}
		doc = next
	}
	doc[p[len(p)-1]] = v
	return nil
}
