package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest writes the request the way both sides hash it.
func canonicalRequest(r *http.Request, c *claim, payload string) (string, error) {
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + query + "\n")
	for _, name := range c.signedHeaders {
		value, ok := headerValue(r, name)
		if !ok {
			return "", fail(InvalidSignature, "'%s' is a 'SignedHeader' that the request does not have.", printable(name))
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(c.signedHeaders, ";") + "\n" + payload)
	return b.String(), nil
}

// canonicalPath escapes the path as it was sent once more, which every service but S3 asks for.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	return escape(path, true)
}

// canonicalQuery decodes, escapes strictly and sorts the parameters, leaving out the signature itself.
func canonicalQuery(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	type pair struct{ key, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return "", fail(IncompleteSignature, "The query string cannot be parsed.")
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return "", fail(IncompleteSignature, "The query string cannot be parsed.")
		}
		if key != "X-Amz-Signature" {
			pairs = append(pairs, pair{escape(key, false), escape(value, false)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if n := strings.Compare(a.key, b.key); n != 0 {
			return n
		}
		return strings.Compare(a.value, b.value)
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.key + "=" + p.value)
	}
	return b.String(), nil
}

// escape is RFC 3986's: everything but unreserved characters, and the slash in paths.
func escape(s string, slash bool) string {
	const hexdigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~',
			c == '/' && slash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexdigits[c>>4])
			b.WriteByte(hexdigits[c&15])
		}
	}
	return b.String()
}

// headerValue joins the values of a header with its runs of spaces shortened. net/http keeps two of them elsewhere.
func headerValue(r *http.Request, name string) (string, bool) {
	if name == "host" {
		return squeeze(r.Host), true
	}
	values := r.Header.Values(name)
	if len(values) == 0 && name == "content-length" && r.ContentLength >= 0 {
		return strconv.FormatInt(r.ContentLength, 10), true
	}
	if len(values) == 0 {
		return "", false
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = squeeze(v)
	}
	return strings.Join(out, ","), true
}

func squeeze(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] != ' ' || s[i-1] != ' ' {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
