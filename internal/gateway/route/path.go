// Package route finds the route of a request: it takes paths apart in one way, for routing, for authorizing and for what
// backends see, and refuses those that somebody else could read differently.
package route

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// MaxPath is the longest path, in bytes as sent.
const MaxPath = 8 << 10

// Path is a path that has one meaning. Its segments are decoded; Raw is how it was sent.
type Path struct {
	Raw      string
	Segments []string // a trailing slash is an empty last one; none: the root
}

// ErrAmbiguous is a path that two readers could take for two different ones.
var ErrAmbiguous = errors.New("the path has more than one meaning")

// Parse takes a path as it was sent apart: "/orders/a%20b". Segments that are empty, ".", "..", or become it when they are decoded
// once more or cut at a ";", and encoded slashes and backslashes, control characters and what is not UTF-8 are ErrAmbiguous.
// Slashes says that %2F may stand for a slash within a segment.
func Parse(raw string, slashes bool) (Path, error) {
	if len(raw) > MaxPath || !strings.HasPrefix(raw, "/") {
		return Path{}, ErrAmbiguous
	}
	p := Path{Raw: raw}
	if raw == "/" {
		return p, nil
	}
	parts := strings.Split(raw[1:], "/")
	p.Segments = make([]string, len(parts))
	for i, part := range parts {
		s, err := url.PathUnescape(part)
		if err != nil || part == "" && i < len(parts)-1 || odd(s) {
			return Path{}, ErrAmbiguous
		}
		if again, err := url.PathUnescape(s); err == nil && again != s && (odd(again) || strings.Contains(again, "/")) {
			return Path{}, ErrAmbiguous
		}
		if strings.Contains(s, "/") && (!slashes || !harmless(s)) {
			return Path{}, ErrAmbiguous
		}
		p.Segments[i] = s
	}
	return p, nil
}

// odd reports whether a decoded segment could move a reader to another place.
func odd(s string) bool {
	if strings.ContainsRune(s, '\\') || !utf8.ValidString(s) {
		return true
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	name, _, _ := strings.Cut(s, ";") // servlet containers take what follows for parameters
	return name == "." || name == ".."
}

// harmless reports whether what lies between the slashes within a segment is harmless.
func harmless(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || odd(part) {
			return false
		}
	}
	return true
}

// Cut takes a prefix of whole segments off; ok is false when the path does not begin with it. Prefixes are "/a/b", or empty.
func (p Path) Cut(prefix string) (rest Path, ok bool) {
	if prefix == "" {
		return p, true
	}
	n := strings.Count(prefix, "/")
	if len(p.Segments) < n || "/"+strings.Join(p.Segments[:n], "/") != prefix {
		return Path{}, false
	}
	raw := p.Raw
	for range n {
		next := strings.IndexByte(raw[1:], '/')
		if next < 0 {
			return Path{Raw: "/"}, true
		}
		raw = raw[1+next:]
	}
	if raw == "/" {
		return Path{Raw: "/"}, true
	}
	return Path{Raw: raw, Segments: p.Segments[n:]}, true
}
