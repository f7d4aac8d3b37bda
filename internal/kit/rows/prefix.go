package rows

import "unicode/utf8"

// PrefixEnd returns the least string that is greater than every string starting with prefix, in byte order (SQLite's
// BINARY, PostgreSQL's "C"), so that a prefix search is the range [prefix, end). Prefix must be valid UTF-8, and so
// is the result. ok is false when nothing is greater: the range has no end.
func PrefixEnd(prefix string) (end string, ok bool) {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch last := runes[i]; {
		case last == utf8.MaxRune:
			continue // cannot grow: the rune before it must
		case last == 0xD7FF:
			return string(runes[:i]) + "\uE000", true // surrogates are not characters
		default:
			return string(runes[:i]) + string(last+1), true
		}
	}
	return "", false
}
