package rest

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// Whatever an id is, it changes neither the host nor the path before it, and it arrives as it is.
func FuzzTemplate(f *testing.F) {
	for _, id := range []string{"alice", "../x", "a?b=c&d", "a#b", "%2e%2e/", "{id}", "{kind}", `"}`, "a\\..\\b", "@evil.example.com", "\x00", "ü\xff", ":8080"} {
		f.Add(id, id)
	}
	f.Fuzz(func(t *testing.T, kind, id string) {
		if walks(id) || walks(kind) {
			return
		}
		u, err := url.Parse(fill("https://example.com/v1/{kind}/{id}", url.PathEscape, kind, id) + "?" + fill("who={id}&in={kind}", url.QueryEscape, kind, id))
		if err != nil {
			t.Fatalf("%q, %q: %v", kind, id, err)
		}
		if u.Host != "example.com" || u.User != nil || u.Fragment != "" || u.Path != "/v1/"+kind+"/"+id {
			t.Errorf("%q, %q: asks %s", kind, id, u)
		}
		if q := u.Query(); len(q) != 2 || q.Get("who") != id || q.Get("in") != kind {
			t.Errorf("%q, %q: asks %s", kind, id, u)
		}
		var body struct{ ID, Kind string }
		if err := json.Unmarshal([]byte(fill(`{"id":"{id}","kind":"{kind}"}`, inString, kind, id)), &body); err != nil || body.ID != strings.ToValidUTF8(id, "\uFFFD") {
			t.Errorf("%q: %v, %v", id, body, err)
		}
	})
}
