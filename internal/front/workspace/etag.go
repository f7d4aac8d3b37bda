package workspace

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
)

// Tag is the entity tag of a document, a strong one: it is another where the document is, or what is beside it and not shown.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
func Tag(document any, beside ...any) string {
	raw, err := json.Marshal(append([]any{document}, beside...))
	if err != nil {
		panic(err) // it is what answers are made of
	}
	sum := sha256.Sum256(raw)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// SayTagged answers with a document and its entity tag.
func SayTagged(w http.ResponseWriter, status int, tag string, body any) error {
	w.Header().Set("ETag", tag)
	return Say(w, status, body)
}

// changed is the subject of a document that is another than who changes it has seen.
const changed fault.Subject = fault.Stale

// Match refuses a change of a document that is not as who asks has seen it, by its tag; empty: it is not there. Whoever says nothing of
// that may change it. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
func (c *Call) Match(tag string) error {
	if c.seen == nil || tag != "" && (slices.Contains(c.seen, tag) || slices.Contains(c.seen, "*")) {
		return nil
	}
	return fault.New(fault.Precondition, changed, "Somebody else has changed this meanwhile. Nothing was changed: read it again, and then change it.")
}

// Conditional says whether who asks wants a document changed only as they have seen it.
func (c *Call) Conditional() bool { return c.seen != nil }

// condition reads the header If-Match: nil when there is none.
func condition(h http.Header) ([]string, error) {
	lines := h.Values("If-Match")
	if len(lines) == 0 {
		return nil, nil
	}
	bad := fault.New(fault.Invalid, malformed, `If-Match: it is *, or entity tags such as "abc".`)
	rest := strings.TrimSpace(strings.Join(lines, ","))
	if rest == "*" {
		return []string{"*"}, nil
	}
	tags := []string{}
	for rest = skip(rest); rest != ""; rest = skip(rest) {
		weak := strings.HasPrefix(rest, "W/")
		opaque, found := strings.CutPrefix(strings.TrimPrefix(rest, "W/"), `"`)
		end := strings.IndexByte(opaque, '"')
		if !found || end < 0 || strings.ContainsFunc(opaque[:end], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return nil, bad
		}
		if !weak { // which never says that a document is the same
			tags = append(tags, `"`+opaque[:end]+`"`)
		}
		rest = strings.TrimLeft(opaque[end+1:], " \t")
		if rest != "" && rest[0] != ',' {
			return nil, bad
		}
	}
	return tags, nil
}

// skip leaves out what stands between two members of a list.
func skip(list string) string { return strings.TrimLeft(list, ", \t") }
