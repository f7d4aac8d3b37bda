package field

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The types of fields.
const (
	Any       = ""          // as the source has it
	String    = "string"    // numbers and booleans become text
	Number    = "number"    // and text that is a number
	Bool      = "bool"      // and the texts true and false
	List      = "list"      // anything else becomes a list of one
	Timestamp = "timestamp" // RFC 3339, a date, or seconds since 1970; policies get RFC 3339 in UTC, for timestamp()
	JSON      = "json"      // text that holds JSON
)

// Types are all of them.
var Types = []string{Any, String, Number, Bool, List, Timestamp, JSON}

// Exact is the number from which on a float cannot tell neighbours apart.
const Exact = 1 << 53

// As gives a value its type. The error says what does not fit, and nothing of the value: it may be a secret.
func As(kind string, v any) (any, error) {
	switch kind {
	case String:
		return asString(v)
	case Number:
		return asNumber(v)
	case Bool:
		return asBool(v)
	case List:
		if list, ok := v.([]any); ok {
			return list, nil
		}
		return []any{v}, nil
	case Timestamp:
		return asTimestamp(v)
	case JSON:
		return asJSON(v)
	}
	return v, nil
}

func asString(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return nil, errors.New("it is no text, number or boolean")
}

func asNumber(v any) (any, error) {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case int64:
		n = float64(v)
	case json.Number:
		return asNumber(v.String())
	case string:
		var err error
		if n, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return nil, errors.New("it is a text that is no number")
		}
	default:
		return nil, errors.New("it is no number")
	}
	if math.IsNaN(n) || math.Abs(n) >= Exact {
		return nil, errors.New("it is no number that policies could compare exactly")
	}
	return n, nil
}

func asBool(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	case int64: // as SQLite has booleans
		if v == 0 || v == 1 {
			return v == 1, nil
		}
	}
	return nil, errors.New("it is neither true nor false")
}

func asTimestamp(v any) (any, error) {
	var at time.Time
	switch v := v.(type) {
	case time.Time:
		at = v
	case string:
		var ok bool
		if at, ok = Moment(v); !ok {
			return nil, errors.New("it is a text that is no point in time")
		}
	default:
		n, err := asNumber(v)
		if err != nil || math.Abs(n.(float64)) > 1<<37 { // the year 6325
			return nil, errors.New("it is no point in time")
		}
		at = time.UnixMilli(int64(n.(float64) * 1000))
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}

// Moment reads RFC 3339, or a date, which begins at midnight in UTC.
func Moment(s string) (at time.Time, ok bool) {
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

func asJSON(v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return v, nil // is already what it says
	}
	doc, err := Decode([]byte(text))
	if err != nil {
		return nil, errors.New("it is a text that is no JSON")
	}
	return doc, nil
}

// Decode reads exactly one JSON value and keeps numbers as they are written.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if d.More() {
		return nil, errors.New("it is more than one JSON value")
	}
	return v, nil
}

// Schema is a value of a user pool's attribute with the type that the pool's schema declares: String, Number, Boolean
// or DateTime. One that does not fit stays a string: a policy that compares it with a number then fails to match,
// instead of matching a wrong number.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
func Schema(kind, value string) any {
	switch kind {
	case "Boolean":
		if b, err := strconv.ParseBool(value); err == nil {
			return b
		}
	case "Number":
		if n, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(n) < Exact {
			return n
		}
	case "DateTime":
		if at, ok := Moment(value); ok {
			return at.Format(time.RFC3339Nano)
		}
	}
	return value
}
