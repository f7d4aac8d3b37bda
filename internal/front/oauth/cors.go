package oauth

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// preflight allows scripts what the endpoint can do. Credentials in cookies are never allowed: no endpoint that is open
// to scripts reads one. https://fetch.spec.whatwg.org/#http-cors-protocol
//
// Any header may be sent: libraries add their own (Amplify X-Amz-User-Agent), and none that we do not read counts.
func preflight(header http.Header, r route, asked string) {
	header.Set("Access-Control-Allow-Methods", strings.Join(methods(r), ", "))
	if !headersForm.MatchString(asked) {
		asked = "Authorization, Content-Type, DPoP"
	}
	header.Set("Access-Control-Allow-Headers", asked)
	header.Add("Vary", "Access-Control-Request-Headers")
	header.Set("Access-Control-Max-Age", "3600")
}

// headersForm is a list of names of headers: RFC 9110 section 5.1.
var headersForm = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_` + "`" + `|~, -]{1,1000}$`)

func methods(r route) []string { return slices.Sorted(maps.Keys(r.methods)) }
