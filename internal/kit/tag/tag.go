// Package tag knows what AWS lets tags of a resource be. Which fault says so is up to who is asked.
package tag

import (
	"strings"
	"unicode/utf8"
)

// Problem is what tags must not be, as a sentence; empty: nothing.
type Problem string

// The problems. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
const (
	Many     Problem = "A resource can have at most 50 tags."
	Key      Problem = "A tag key must have 1 to 128 characters."
	Value    Problem = "A tag value must have at most 256 characters."
	Reserved Problem = "Tag keys that begin with aws: are reserved."
)

// Check says the first problem of the tags of a resource.
func Check(tags map[string]string) Problem {
	if len(tags) > 50 {
		return Many
	}
	for key, value := range tags {
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128:
			return Key
		case utf8.RuneCountInString(value) > 256:
			return Value
		case IsReserved(key):
			return Reserved
		}
	}
	return ""
}

// IsReserved tells whether a key is one of AWS's own.
func IsReserved(key string) bool { return len(key) >= 4 && strings.EqualFold(key[:4], "aws:") }
