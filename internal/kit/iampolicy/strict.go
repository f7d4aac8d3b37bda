package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// strict reads exactly one JSON value and refuses members that nobody would obey.
func strict(raw []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows it")
	}
	return nil
}

// unique refuses an object with two members of one name: whoever reads the policy sees both, and only one would be obeyed. Case makes
// no difference between them, as it makes none to what reads them.
func unique(raw []byte) error {
	type object struct {
		names map[string]bool // nil: a list
		value bool            // the next text is a value
	}
	var open []*object
	d := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if err != nil {
			return nil //nolint:nilerr // its end, or no JSON, which whoever reads the values tells
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if in := open[len(open)-1]; in.names != nil && !in.value {
				name := strings.ToLower(strings.ToUpper(token.(string))) // which makes one of ſ, s and S, as encoding/json does
				if in.names[name] {
					return fmt.Errorf("%q is there twice", token)
				}
				in.names[name], in.value = true, true
				continue
			}
			open[len(open)-1].value = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &object{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, &object{})
		}
	}
}
