package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scope is what a credential says about itself: "AKID/20260102/eu-west-1/cognito-idp/aws4_request".
type Scope struct {
	AccessKeyID string
	Date        string // YYYYMMDD
	Region      string
	Service     string
	Token       string // X-Amz-Security-Token, empty for long-lived keys
}

// claim is a signature as a request presents it, not yet believed.
type claim struct {
	Scope
	signedHeaders []string
	signature     string
	signedAt      time.Time
	stamp         string // signedAt as it was written
	presigned     bool
	expires       time.Duration // presigned only
}

// maxAuthorization bounds the header that is parsed; a session token travels in a header of its own.
const maxAuthorization = 8 << 10

func parse(r *http.Request) (*claim, error) {
	headers := r.Header.Values("Authorization")
	presigned := hasSignature(r.URL.RawQuery)
	switch {
	case len(headers) == 0 && !presigned:
		return nil, fail(MissingAuthenticationToken, "Missing Authentication Token")
	case len(headers) > 1, len(headers) == 1 && presigned:
		return nil, fail(IncompleteSignature, "The request must carry exactly one signature.")
	case presigned:
		return parseQuery(r)
	}
	return parseHeader(r, headers[0])
}

// hasSignature looks for a presigned query without decoding it.
func hasSignature(rawQuery string) bool {
	return strings.Contains(rawQuery, "X-Amz-Signature=") || strings.Contains(rawQuery, "X-Amz-Algorithm=")
}

// parseHeader looks at a header in AWS's order: what is no pair, what is missing, and only then for which algorithm it is.
func parseHeader(r *http.Request, header string) (*claim, error) {
	if len(header) > maxAuthorization {
		return nil, fail(IncompleteSignature, "The Authorization header is too long.")
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if rest == "" && name != algorithm { // a token with nothing before it
		rest = name
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[key]; rest != "" && (!ok || twice) {
			return nil, fail(IncompleteSignature, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", digest(header))
		}
		parts[key] = value
	}
	var missing []string
	for _, key := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[key] == "" {
			missing = append(missing, "Authorization header requires '"+key+"' parameter.")
		}
	}
	stamp := one(r.Header, "X-Amz-Date")
	if stamp == "" {
		stamp = one(r.Header, "Date")
	}
	if stamp == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if len(missing) > 0 {
		return nil, fail(IncompleteSignature, "%s (Hashed with SHA-256 and encoded with Base64) Authorization=%s", strings.Join(missing, " "), digest(header))
	}
	if name != algorithm {
		return nil, fail(IncompleteSignature, "Unsupported AWS 'algorithm': '%s'.", printable(name))
	}
	return newClaim(parts["Credential"], parts["SignedHeaders"], parts["Signature"], stamp, one(r.Header, "X-Amz-Security-Token"))
}

// digest names a header that could not be read, which may be somebody's token and is not repeated.
func digest(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func parseQuery(r *http.Request) (*claim, error) {
	if len(r.URL.RawQuery) > 16<<10 {
		return nil, fail(IncompleteSignature, "The query string is too long.")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fail(IncompleteSignature, "The query string cannot be parsed.")
	}
	if got := one(q, "X-Amz-Algorithm"); got != algorithm {
		return nil, fail(IncompleteSignature, "Unsupported AWS 'algorithm': '%s'.", printable(got))
	}
	for _, key := range []string{"X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"} {
		if one(q, key) == "" {
			return nil, fail(IncompleteSignature, "AWS query-string parameters must include '%s'.", key)
		}
	}
	c, err := newClaim(one(q, "X-Amz-Credential"), one(q, "X-Amz-SignedHeaders"), one(q, "X-Amz-Signature"),
		one(q, "X-Amz-Date"), one(q, "X-Amz-Security-Token"))
	if err != nil {
		return nil, err
	}
	c.presigned = true
	seconds, err := strconv.ParseUint(one(q, "X-Amz-Expires"), 10, 32)
	c.expires = time.Duration(seconds) * time.Second
	if err != nil || c.expires == 0 || c.expires > maxExpires {
		return nil, fail(IncompleteSignature, "X-Amz-Expires must be a number of seconds between 1 and 604800.")
	}
	return c, nil
}

// one gives the only value of a name; a name that comes twice counts as absent, for nobody knows which was meant.
func one[M ~map[string][]string](m M, name string) string {
	if values := m[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}

func newClaim(credential, signedHeaders, signature, stamp, token string) (*claim, error) {
	elements := strings.Split(credential, "/")
	if len(elements) != 5 || slices.Contains(elements, "") {
		return nil, fail(IncompleteSignature, "Credential must have exactly 5 slash-delimited elements, e.g. "+
			"keyid/date/region/service/term, got '%s'", printable(credential))
	}
	if elements[4] != terminator {
		return nil, fail(InvalidSignature, "Credential should be scoped with a valid terminator: '%s', not '%s'.",
			terminator, printable(elements[4]))
	}
	signedAt, ok := parseStamp(stamp)
	if !ok {
		return nil, fail(IncompleteSignature,
			"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", printable(stamp))
	}
	stamp = signedAt.Format(amzDate)
	if elements[1] != stamp[:8] {
		return nil, fail(InvalidSignature, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "+
			"from HTTP: '%s' != '%s', from '%s'.", printable(elements[1]), stamp[:8], stamp)
	}
	names := strings.Split(signedHeaders, ";")
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) || slices.Contains(names, "") ||
		strings.ToLower(signedHeaders) != signedHeaders {
		return nil, fail(IncompleteSignature, "SignedHeaders must be lower case, sorted and without repetition.")
	}
	scope := Scope{AccessKeyID: elements[0], Date: elements[1], Region: elements[2], Service: elements[3], Token: token}
	return &claim{Scope: scope, signedHeaders: names, signature: signature, signedAt: signedAt, stamp: stamp}, nil
}

// parseStamp reads the basic ISO form, or the form of HTTP's Date header.
func parseStamp(s string) (time.Time, bool) {
	t, err := time.Parse(amzDate, s)
	if err != nil {
		t, err = http.ParseTime(s)
	}
	return t.UTC(), err == nil && t.Year() >= 1970 && t.Year() <= 9999
}

// printable makes a piece of the request fit to be shown in an error.
func printable(s string) string {
	if len(s) > 200 {
		s = s[:200]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
