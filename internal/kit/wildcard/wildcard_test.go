package wildcard_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/wildcard"
)

const arn = "arn:aws:lambda:eu-west-1:123456789012:function:hook"

func TestPatternsMatchWholeARNs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, arn string
		want         bool
	}{
		{"*", arn, true},
		{arn, arn, true},
		{"arn:aws:lambda:*:*:function:hook", arn, true},
		{"arn:aws:lambda:*:function:*", arn, true},
		{"*:hook", arn, true},
		{"*hook*", arn, true},
		{"arn:aws:lambda:*:hoo", arn, false},
		{"hook", arn, false},
		{"", arn, false},
		{"a*a", "a", false},
		{"*b*b*", "b", false},
	} {
		if got := wildcard.Match(c.pattern, c.arn); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.arn, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[a-c:]{0,4}`), 1, 4).Draw(t, "parts")
		fill := rapid.SliceOfN(rapid.StringMatching(`[a-c:]{0,4}`), len(parts), len(parts)).Draw(t, "fill")
		s := parts[0]
		for i, p := range parts[1:] {
			s += fill[i] + p
		}
		if !wildcard.Match(strings.Join(parts, "*"), s) {
			t.Fatalf("%q does not match %q", strings.Join(parts, "*"), s)
		}
	})
}
