// Package event writes what functions receive of a request, and reads what they answer, in the formats of Amazon API Gateway:
// for backends the payloads 1.0 and 2.0, for authorizers those and that of a token. It leaves calling functions to gateway and
// the front.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package event

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is a request as events tell of it.
type Call struct {
	REST     bool // else of an HTTP API
	API      string
	Account  string
	Stage    string
	ID       string // of the request
	At       time.Time
	Method   string
	Proto    string // HTTP/1.1
	Host     string
	Secure   bool
	Client   string // IP address
	RouteKey string // GET /orders/{id}
	Resource string // /orders/{id}
	Path     string // as sent, without the stage where that is in it; with the base
	Staged   string // as sent, with both
	Raw      string // as sent, without the base, with the stage
	ARN      string // of the method
	RawQuery string
	Query    map[string][]string
	Header   http.Header // what backends may see
	Params   map[string]string
	Vars     map[string]string
	Caller   Caller
	Body     []byte
	Text     bool // the body is given as text
}

// Caller is who asks, as far as an authorizer has found out.
type Caller struct {
	Claims  map[string]string // of a token, rendered for the kind of API
	Scopes  []string          // nil: the route has none
	Context map[string]any    // of a Lambda authorizer
	// Principal is what a Lambda authorizer calls it.
	Principal string
	Signer    *Signer
	KeyID     string // of the API key
	Key       string
}

// Signer is who signed a request.
type Signer struct {
	AccessKey, Account, ARN, UserID    string
	PoolID, IdentityID, Type, Provider string // of an identity pool; empty: none
	AMR                                []string
}

// header gives the headers with Host and what says where the request came from.
func (c *Call) header() http.Header {
	h := c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	port, proto := "80", "http"
	if c.Secure {
		port, proto = "443", "https"
	}
	if i := strings.LastIndexByte(c.Host, ':'); i > strings.LastIndexByte(c.Host, ']') && i < len(c.Host)-1 {
		port = c.Host[i+1:]
	}
	h.Set("Host", c.Host)
	h.Set("X-Forwarded-For", c.Client)
	h.Set("X-Forwarded-Port", port)
	h.Set("X-Forwarded-Proto", proto)
	return h
}

// lower joins values with commas under names in lower case.
func lower(h http.Header, leave ...string) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		if !slices.Contains(leave, name) {
			out[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	return out
}

// last gives the last value of each name; nil when there is none.
func last(m map[string][]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for name, values := range m {
		if len(values) > 0 {
			out[name] = values[len(values)-1]
		}
	}
	return out
}

// orNil makes an empty map null.
func orNil[M ~map[string]V, V any](m M) M {
	if len(m) == 0 {
		return nil
	}
	return m
}

// cookies are those of all Cookie headers.
func cookies(h http.Header) (out []string) {
	for _, line := range h.Values("Cookie") {
		for one := range strings.SplitSeq(line, ";") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// domain is the host without its port, and its first label.
func (c *Call) domain() (name, prefix string) {
	name = c.Host
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		name = name[:i]
	}
	prefix, _, _ = strings.Cut(name, ".")
	return name, prefix
}

// The layouts of times in events.
const timeLayout = "02/Jan/2006:15:04:05 -0700"

// orNull is a text, or null when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
