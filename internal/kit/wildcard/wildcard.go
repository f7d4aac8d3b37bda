// Package wildcard matches text with patterns in which * stands for any text, as ARNs are written in policies and
// configurations. It knows no other signs, and no ways to write a * that is one.
package wildcard

import "strings"

// Match reports whether a pattern, in which * stands for any text, matches the whole of s.
func Match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, middle := range parts[1 : len(parts)-1] {
		at := strings.Index(s, middle)
		if at < 0 {
			return false
		}
		s = s[at+len(middle):]
	}
	return strings.HasSuffix(s, last)
}
