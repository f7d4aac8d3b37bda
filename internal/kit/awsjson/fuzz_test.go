package awsjson_test

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"cognate.dev/cognate/internal/kit/awsjson"
)

// Any bytes are either refused in words or are JSON that encoding/json reads too.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{``, `{}`, `{"Text":"a","Count":1,"Items":[{"Flag":true}],"Pairs":{"a":"b"}}`,
		`{"Named":{"x":{"When":1.5,"date":"2026-02-03T04:05:06Z"}},"Doc":[{}],"Blob":"aGk=","Names":["\ud83d\ude00"]}`,
		`{"x":[[[[`, `{"Text":"\`, `[]`, `{"Long":1e400}`} {
		f.Add([]byte(seed))
	}
	d := decoder(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := d.Decode(body)
		if err != nil {
			var said *awsjson.SerializationError
			if !errors.As(err, &said) || said.Message == "" {
				t.Fatalf("refused without words: %v", err)
			}
			return
		}
		var loose map[string]json.RawMessage
		if len(body) > 0 && json.Unmarshal(body, &loose) != nil && !blank(body) {
			t.Fatalf("accepted what is not JSON: %q", body)
		}
		if got.Text != nil && !utf8.ValidString(*got.Text) {
			t.Fatalf("text is not UTF-8: %q", *got.Text)
		}
		out, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		if _, err := d.Decode(out); err != nil {
			t.Fatalf("%s\ncannot be read again: %v", out, err)
		}
	})
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
