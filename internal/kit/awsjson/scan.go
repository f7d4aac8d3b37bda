package awsjson

import (
	"encoding/json"
	"unicode/utf8"
)

// MaxDepth is how deeply a body may nest objects and arrays.
const MaxDepth = 100

type kind uint8

const (
	kindNull kind = iota
	kindObject
	kindArray
	kindString
	kindNumber
	kindTrue
	kindFalse
)

// kindOf tells what a valid JSON value is by its first byte.
func kindOf(token []byte) kind {
	if len(token) == 0 {
		return kindNull
	}
	switch token[0] {
	case '{':
		return kindObject
	case '[':
		return kindArray
	case '"':
		return kindString
	case 't':
		return kindTrue
	case 'f':
		return kindFalse
	case 'n':
		return kindNull
	}
	return kindNumber
}

// checkSyntax refuses what is not exactly one JSON value in UTF-8 of bounded depth. Everything after it may rely on that.
func checkSyntax(body []byte) error {
	if !utf8.Valid(body) {
		return &SerializationError{Message: "The request body is not valid UTF-8."}
	}
	if tooDeep(body) {
		return &SerializationError{Message: "The request body is nested too deeply."}
	}
	if !json.Valid(body) {
		return &SerializationError{Message: "The request body is not valid JSON."}
	}
	return nil
}

func tooDeep(body []byte) bool {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = endOfString(body, i) - 1
		case '{', '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// endOfString gives the index after the string that starts at i. On text that is not JSON it stays within bounds.
func endOfString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b) + 1
}

// cursor walks over JSON that checkSyntax has accepted, so it looks for ends and never for errors.
type cursor struct {
	b []byte
	i int
}

// peek skips white space and tells the next byte.
func (c *cursor) peek() byte {
	for {
		switch b := c.b[c.i]; b {
		case ' ', '\t', '\r', '\n':
			c.i++
		default:
			return b
		}
	}
}

// value takes the next whole value as its bytes.
func (c *cursor) value() []byte {
	first := c.peek()
	start := c.i
	switch first {
	case '"':
		c.i = endOfString(c.b, c.i)
	case '{', '[':
		depth := 0
		for {
			switch c.b[c.i] {
			case '"':
				c.i = endOfString(c.b, c.i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			c.i++
			if depth == 0 {
				return c.b[start:c.i]
			}
		}
	default:
		for c.i < len(c.b) && !delimiter(c.b[c.i]) {
			c.i++
		}
	}
	return c.b[start:c.i]
}

func delimiter(b byte) bool {
	switch b {
	case ',', '}', ']', ':', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// open enters an object or array and reports whether it has a first element.
func (c *cursor) open() bool {
	c.peek()
	c.i++
	if b := c.peek(); b == '}' || b == ']' {
		c.i++
		return false
	}
	return true
}

// more moves past the comma to the next element, or past the end of the object or array.
func (c *cursor) more() bool {
	b := c.peek()
	c.i++
	return b == ','
}

// key takes a member's name with its colon.
func (c *cursor) key() []byte {
	k := c.value()
	c.peek()
	c.i++
	return k
}

// unquote gives the bytes of a string token; plain ones are not copied.
func unquote(token []byte) []byte {
	inner := token[1 : len(token)-1]
	for _, b := range inner {
		if b == '\\' {
			var s string
			if json.Unmarshal(token, &s) != nil {
				return inner // not reached: the syntax was checked
			}
			return []byte(s)
		}
	}
	return inner
}
