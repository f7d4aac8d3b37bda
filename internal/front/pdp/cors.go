package pdp

import (
	"net/http"
	"slices"
	"strings"
)

// cors answers preflights and marks answers, as Cerbos does.
// https://fetch.spec.whatwg.org/#http-cors-protocol
type cors struct {
	off     bool
	origins []string // lower case
	headers []string // lower case
}

func newCORS(c CORS) cors {
	lower := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, strings.ToLower(s))
		}
		return out
	}
	headers := c.Headers
	if len(headers) == 0 {
		headers = []string{"accept", "content-type", "user-agent", "x-requested-with"}
	}
	return cors{off: c.Off || len(c.Origins) == 0, origins: lower(c.Origins), headers: lower(headers)}
}

// handle sets the headers and reports whether that was the whole answer.
func (c cors) handle(w http.ResponseWriter, r *http.Request) bool {
	if c.off {
		return false
	}
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		w.Header()["Vary"] = []string{"Origin"}
		c.allowOrigin(w, r)
		return false
	}
	w.Header().Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	wanted := r.Header.Get("Access-Control-Request-Headers")
	if c.allowsMethod(method) && c.allowsHeaders(wanted) && c.allowOrigin(w, r) {
		w.Header().Set("Access-Control-Allow-Methods", method)
		if wanted != "" {
			w.Header().Set("Access-Control-Allow-Headers", wanted)
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

func (c cors) allowOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return false
	case slices.Contains(c.origins, "*"):
		origin = "*"
	case !slices.Contains(c.origins, strings.ToLower(origin)):
		return false
	}
	w.Header()["Access-Control-Allow-Origin"] = []string{origin}
	return true
}

func (c cors) allowsMethod(method string) bool {
	switch method {
	case http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

func (c cors) allowsHeaders(list string) bool {
	if list == "" {
		return true
	}
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(c.headers, strings.ToLower(strings.TrimSpace(name))) {
			return false
		}
	}
	return true
}
