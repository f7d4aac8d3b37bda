package branding

import (
	"encoding/json"
	"testing"
)

// TestSettingsMergeAsRFC7396Says fails when a merge loses what it did not name, or keeps what null takes away.
func TestSettingsMergeAsRFC7396Says(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, over, want string }{
		{``, ``, `{}`},
		{`{"components":{"a":1,"b":[1]}}`, `{"components":{"b":[2,3]}}`, `{"components":{"a":1,"b":[2,3]}}`},
		{`{"components":{"a":1}}`, `{"components":{"a":null}}`, `{"components":{}}`},
		{`{"components":{"a":1}}`, `{"components":{"a":{"b":null,"c":2}}}`, `{"components":{"a":{"c":2}}}`},
		{`{"components":{"a":{"b":1}}}`, `{"components":{"a":"x"}}`, `{"components":{"a":"x"}}`},
		{`{"components":{"n":12345678901234567890.5}}`, `{}`, `{"components":{"n":12345678901234567890.5}}`},
	} {
		got, err := mergeSettings([]byte(c.base), []byte(c.over))
		if err != nil || string(got) != c.want {
			t.Errorf("%s and %s give %s (%v), want %s", c.base, c.over, got, err, c.want)
		}
	}
	for _, bad := range []string{`[]`, `null`, `1`, `{"other":1}`, `{} {}`, `{`, `{"components":{}}x`} {
		if got, err := mergeSettings(nil, []byte(bad)); err == nil {
			t.Errorf("%s was read as %s", bad, got)
		}
	}
	if _, err := mergeSettings(defaults, nil); err != nil {
		t.Errorf("the default settings: %v", err)
	}
}

// FuzzMergeSettings fails when settings crash the reader, or merging them again changes something.
func FuzzMergeSettings(f *testing.F) {
	f.Add([]byte(`{"components":{"a":1}}`), []byte(`{"components":{"a":null,"b":{"c":[]}}}`))
	f.Add([]byte(`{}`), []byte(`{"categories":{"":{"":null}}}`))
	f.Fuzz(func(t *testing.T, base, over []byte) {
		once, err := mergeSettings(base, over)
		if err != nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%q is not JSON", once)
		}
		twice, err := mergeSettings(once, over)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%s, then %s (%v)", once, twice, err)
		}
	})
}
