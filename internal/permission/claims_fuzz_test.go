package permission

import (
	"encoding/json"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/policy/cedar"
)

// FuzzClaims reads claims as attributes: nothing panics, and nothing but null is left out.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a": [1, null, {"b": "c"}], "custom:x": true}`, `{"a": 1e400}`, `{":": 1, "a:": 2, ":b": 3}`, `{"custom": 1, "custom:x": 2}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var said map[string]any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&said) != nil {
			return
		}
		got, err := attributesOf(said, true)
		if err != nil {
			return
		}
		for name, v := range said {
			if _, there := got[cedar.Key(name)]; !there && v != nil {
				t.Errorf("%q: %v", name, got)
			}
		}
	})
}
