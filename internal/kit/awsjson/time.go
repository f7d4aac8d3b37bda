package awsjson

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Time is a moment as the JSON protocols write it by default: a number of seconds since 1970 with millisecond fraction.
type Time struct{ time.Time }

// At makes a Time pointer, the form that optional members have.
func At(t time.Time) *Time { return &Time{t} }

// MarshalJSON writes seconds, with at most three decimals and none when they are zero.
func (t Time) MarshalJSON() ([]byte, error) {
	ms := t.UnixMilli()
	b := make([]byte, 0, 16)
	if ms < 0 {
		b, ms = append(b, '-'), -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if f := ms % 1000; f != 0 {
		b = append(b, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b, nil
}

// UnmarshalJSON reads what MarshalJSON writes; exponents are accepted too.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	got, err := parseEpoch(data)
	if err == nil {
		t.Time = got
	}
	return err
}

// maxEpoch is the last second of the year 9999; AWS's own time type ends there too.
const maxEpoch = 253402300799

func parseEpoch(number []byte) (time.Time, error) {
	if kindOf(number) != kindNumber {
		return time.Time{}, mismatch(number, "milliseconds since epoch")
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || math.Abs(f) > maxEpoch {
		return time.Time{}, mismatch(number, "milliseconds since epoch")
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
}

// DateTime is a moment as services with ISO 8601 timestamps write it: an RFC 3339 string in UTC.
type DateTime struct{ time.Time }

// AtDateTime makes a DateTime pointer, the form that optional members have.
func AtDateTime(t time.Time) *DateTime { return &DateTime{t} }

// MarshalJSON writes RFC 3339 with at most six decimals.
func (t DateTime) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Truncate(time.Microsecond).Format(`"` + time.RFC3339Nano + `"`)), nil
}

// UnmarshalJSON reads an RFC 3339 string.
func (t *DateTime) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return mismatch(data, "a timestamp")
	}
	got, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return &SerializationError{Message: "the timestamp is not in the form of RFC 3339"}
	}
	t.Time = got.UTC()
	return nil
}
