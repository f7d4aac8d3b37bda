package tag_test

import (
	"fmt"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/kit/tag"
)

func TestTagsAreWhatAWSLetsThemBe(t *testing.T) {
	t.Parallel()
	many := func(n int) map[string]string {
		tags := map[string]string{}
		for i := range n {
			tags[fmt.Sprint(i)] = ""
		}
		return tags
	}
	for want, all := range map[tag.Problem][]map[string]string{
		"":           {nil, many(50), {strings.Repeat("ä", 128): strings.Repeat("ö", 256)}, {"laws:x": ""}, {"aws": ""}},
		tag.Many:     {many(51)},
		tag.Key:      {{"": ""}, {strings.Repeat("x", 129): ""}},
		tag.Value:    {{"x": strings.Repeat("ö", 257)}},
		tag.Reserved: {{"aws:x": ""}, {"AwS:": ""}},
	} {
		for _, tags := range all {
			if got := tag.Check(tags); got != want {
				t.Errorf("%v: %q, want %q", tags, got, want)
			}
		}
	}
}
