package workspace

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/fault"
)

// TestConditionsAreReadAsTheStandardHasThem fails when If-Match lets a change through that it excludes: a weak tag says of no document that it is
// the same, and what cannot be read is no condition that holds. RFC 9110 section 13.1.1.
func TestConditionsAreReadAsTheStandardHasThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		want  []string // nil: none
		bad   bool
	}{
		"none":           {nil, nil, false},
		"any":            {[]string{" * "}, []string{"*"}, false},
		"one":            {[]string{`"a"`}, []string{`"a"`}, false},
		"several":        {[]string{`"a" , "b,c",`, ` "" `}, []string{`"a"`, `"b,c"`, `""`}, false},
		"a weak one":     {[]string{`W/"a"`}, []string{}, false},
		"weak among":     {[]string{`W/"a", "b"`}, []string{`"b"`}, false},
		"nothing":        {[]string{""}, []string{}, false},
		"no quotes":      {[]string{`a`}, nil, true},
		"half a tag":     {[]string{`"a`}, nil, true},
		"two in a row":   {[]string{`"a" "b"`}, nil, true},
		"a space inside": {[]string{`"a b"`}, nil, true},
		"any and one":    {[]string{`*, "a"`}, nil, true},
	} {
		got, err := condition(http.Header{"If-Match": c.lines})
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestADocumentThatIsNotThereMatchesNothing fails when a change is made under a condition that only something can fulfil.
func TestADocumentThatIsNotThereMatchesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seen []string
		tag  string
		good bool
	}{
		{nil, `"a"`, true}, {nil, "", true}, {[]string{"*"}, `"a"`, true}, {[]string{"*"}, "", false}, {[]string{`"b"`, `"a"`}, `"a"`, true},
		{[]string{`"b"`}, `"a"`, false}, {[]string{}, `"a"`, false}, {[]string{`""`}, "", false},
	} {
		if err := (&Call{seen: c.seen}).Match(c.tag); (err == nil) != c.good || err != nil && !fault.Is(err, fault.Precondition, fault.Stale) {
			t.Errorf("%v of %s: %v", c.seen, c.tag, err)
		}
	}
}
