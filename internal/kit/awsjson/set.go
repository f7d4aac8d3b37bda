package awsjson

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// scalar makes a setter for a *T from a parser of one token.
func scalar[T any](parse func(token []byte) (T, error)) setter {
	return func(c *cursor, into reflect.Value) error {
		field := into.Addr().Interface().(**T)
		token := c.value()
		if kindOf(token) == kindNull {
			*field = nil
			return nil
		}
		v, err := parse(token)
		if err != nil {
			return err
		}
		*field = &v
		return nil
	}
}

func parseString(token []byte) (string, error) {
	if kindOf(token) != kindString {
		return "", mismatch(token, "a String")
	}
	return string(unquote(token)), nil
}

func parseBool(token []byte) (bool, error) {
	switch kindOf(token) {
	case kindTrue:
		return true, nil
	case kindFalse:
		return false, nil
	}
	return false, mismatch(token, "a Boolean")
}

func parseInt32(token []byte) (int32, error) {
	n, err := parseWhole(token, 32, "an Integer")
	return int32(n), err
}

func parseInt64(token []byte) (int64, error) { return parseWhole(token, 64, "a Long") }

// parseWhole reads an integer; 5.0 and 5e1 are whole numbers too, since JSON has only one number type.
func parseWhole(token []byte, bits int, want string) (int64, error) {
	if kindOf(token) != kindNumber {
		return 0, mismatch(token, want)
	}
	if n, err := strconv.ParseInt(string(token), 10, bits); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(string(token), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, mismatch(token, want)
	}
	n := int64(f)
	if bits == 32 && n != int64(int32(n)) {
		return 0, mismatch(token, want)
	}
	return n, nil
}

func parseTime(token []byte) (Time, error) {
	t, err := parseEpoch(token)
	return Time{t}, err
}

func parseDateTime(token []byte) (DateTime, error) {
	var t DateTime
	err := t.UnmarshalJSON(token)
	return t, err
}

func setDocument(c *cursor, into reflect.Value) error {
	field := into.Addr().Interface().(*json.RawMessage)
	*field = nil
	if token := c.value(); kindOf(token) != kindNull {
		*field = slices.Clone(token)
	}
	return nil
}

func setBlob(c *cursor, into reflect.Value) error {
	field := into.Addr().Interface().(*[]byte)
	*field = nil
	token := c.value()
	switch kindOf(token) {
	case kindNull:
		return nil
	case kindString:
		data, err := base64.StdEncoding.DecodeString(string(unquote(token)))
		if err != nil {
			return &SerializationError{Message: "A blob member is not valid base64."}
		}
		*field = data
		return nil
	}
	return mismatch(token, "Blob")
}

// An element that is null reads as the empty value, which the constraints then judge.
func setStrings(c *cursor, into reflect.Value) error {
	field := into.Addr().Interface().(*[]string)
	*field = nil
	if done, err := skipUnless(c, kindArray, "Expected list or null"); done {
		return err
	}
	list := []string{}
	for ok := c.open(); ok; ok = c.more() {
		s, err := element(c)
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	*field = list
	return nil
}

func setStringMap(c *cursor, into reflect.Value) error {
	field := into.Addr().Interface().(*map[string]string)
	*field = nil
	if done, err := skipUnless(c, kindObject, "Expected map or null"); done {
		return err
	}
	dict := map[string]string{}
	for ok := c.open(); ok; ok = c.more() {
		key := string(unquote(c.key()))
		s, err := element(c)
		if err != nil {
			return err
		}
		dict[key] = s
	}
	*field = dict
	return nil
}

func element(c *cursor) (string, error) {
	token := c.value()
	if kindOf(token) == kindNull {
		return "", nil
	}
	return parseString(token)
}

// skipUnless reports done when the next value is null (without error) or not of the wanted kind (with one).
func skipUnless(c *cursor, want kind, text string) (bool, error) {
	c.peek()
	got := kindOf(c.b[c.i:])
	if got == want {
		return false, nil
	}
	token := c.value()
	if got == kindNull {
		return true, nil
	}
	return true, mismatch(token, text)
}

func (p *plan) pointer(t reflect.Type) setter {
	return func(c *cursor, into reflect.Value) error {
		into.SetZero()
		if done, err := skipUnless(c, kindObject, "Expected structure or null"); done {
			return err
		}
		v := reflect.New(t)
		if err := p.decode(c, v.Elem()); err != nil {
			return err
		}
		into.Set(v)
		return nil
	}
}

func (p *plan) list(t reflect.Type) setter {
	return func(c *cursor, into reflect.Value) error {
		into.SetZero()
		if done, err := skipUnless(c, kindArray, "Expected list or null"); done {
			return err
		}
		into.Set(reflect.MakeSlice(t, 0, 4))
		for ok := c.open(); ok; ok = c.more() {
			n := into.Len()
			if n == into.Cap() {
				into.Grow(n)
			}
			into.SetLen(n + 1)
			into.Index(n).SetZero()
			if done, err := skipUnless(c, kindObject, "Expected structure or null"); err != nil {
				return err
			} else if done {
				continue
			}
			if err := p.decode(c, into.Index(n)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (p *plan) dictionary(t reflect.Type) setter {
	return func(c *cursor, into reflect.Value) error {
		into.SetZero()
		if done, err := skipUnless(c, kindObject, "Expected map or null"); done {
			return err
		}
		dict := reflect.MakeMap(t)
		for ok := c.open(); ok; ok = c.more() {
			key := string(unquote(c.key()))
			v := reflect.New(t.Elem()).Elem()
			done, err := skipUnless(c, kindObject, "Expected structure or null")
			if err == nil && !done {
				err = p.decode(c, v)
			}
			if err != nil {
				return err
			}
			dict.SetMapIndex(reflect.ValueOf(key), v)
		}
		into.Set(dict)
		return nil
	}
}
