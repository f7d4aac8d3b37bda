package gateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/gateway"
)

// The headers that tell a backend who asks. Each is always there in an answer to a proxy, empty when there is nothing to tell:
// one that is left out would let the client's own through.
const (
	subHeader      = "X-Auth-Sub"
	usernameHeader = "X-Auth-Username"
	groupsHeader   = "X-Auth-Groups" // with commas between
	scopesHeader   = "X-Auth-Scopes" // with spaces between
	clientHeader   = "X-Auth-Client-Id"
	claimsHeader   = "X-Auth-Claims" // JSON in base64url
)

// maxClaims is how long the header of all claims may be; a longer one is left empty.
const maxClaims = 8 << 10

// identity tells who asks.
func (s *Server) identity(g *gateway.Grant) map[string]string {
	out := map[string]string{subHeader: safe(g.Principal), usernameHeader: "", groupsHeader: "", scopesHeader: "", clientHeader: "", claimsHeader: ""}
	c := g.Claims
	if c == nil {
		return out
	}
	groups := c.Texts("cognito:groups")
	for i, name := range groups {
		groups[i] = strings.ReplaceAll(safe(name), ",", "%2C")
	}
	out[groupsHeader] = strings.Join(groups, ",")
	out[scopesHeader] = safe(strings.Join(c.Scopes(), " "))
	if out[usernameHeader] = safe(c.Text("cognito:username")); out[usernameHeader] == "" {
		out[usernameHeader] = safe(c.Text("username"))
	}
	if out[clientHeader] = safe(c.Text("client_id")); out[clientHeader] == "" {
		out[clientHeader] = safe(c.Text("aud"))
	}
	if s.parts.Claims {
		if raw, err := json.Marshal(c); err == nil && base64.RawURLEncoding.EncodedLen(len(raw)) <= maxClaims {
			out[claimsHeader] = base64.RawURLEncoding.EncodeToString(raw)
		}
	}
	return out
}

// safe makes text fit for a header: what is not printable ASCII, and the percent sign, is written as %XX.
func safe(text string) string {
	plain := true
	for i := range len(text) {
		plain = plain && text[i] >= ' ' && text[i] <= '~' && text[i] != '%'
	}
	if plain {
		return text
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if ch := text[i]; ch < ' ' || ch > '~' || ch == '%' {
			b.WriteString("%" + string(digits[ch>>4]) + string(digits[ch&15]))
		} else {
			b.WriteByte(ch)
		}
	}
	return b.String()
}

// told are the headers that a backend gets of who asks, those of its parameters among them.
func (c *call) told() map[string]string {
	out := c.server.identity(c.grant)
	for target, value := range c.req.Route().To.Parameters {
		operation, what, _ := strings.Cut(target, ":")
		if name, ok := strings.CutPrefix(what, "header."); ok && operation != "remove" {
			out[http.CanonicalHeaderKey(name)] = safe(c.req.Value(value, c.grant))
		}
	}
	return out
}

// says reports whether a header is one that parameters write from what an authorizer knows: then a client may not begin it.
func says(value string) bool { return strings.Contains(value, "context.authorizer.") }
