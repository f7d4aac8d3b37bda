package oauth

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// preflight allows scripts what the endpoint can do. Credentials in cookies are never allowed: no endpoint that is open
// to scripts reads one. https://fetch.spec.whatwg.org/#http-cors-protocol
func preflight(header http.Header, r route) {
	header.Set("Access-Control-Allow-Methods", strings.Join(methods(r), ", "))
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	header.Set("Access-Control-Max-Age", "3600")
}

func methods(r route) []string { return slices.Sorted(maps.Keys(r.methods)) }
