package trigger

import (
	"strings"
	"time"

	"cognate.dev/cognate/internal/trigger/function"
)

// Timeout is how long Cognito waits for a function.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
const Timeout = 5 * time.Second

// Route sends the functions whose ARN matches the pattern over one transport. In a pattern * stands for any text.
type Route struct {
	Pattern   string
	Timeout   time.Duration // zero: Timeout
	Transport function.Transport
}

// route finds the first route that matches.
func (t *Triggers) route(arn string) (Route, bool) {
	for _, r := range t.Routes {
		if Match(r.Pattern, arn) {
			if r.Timeout == 0 {
				r.Timeout = Timeout
			}
			return r, true
		}
	}
	return Route{}, false
}

// Match reports whether a pattern, in which * stands for any text, matches the whole of s.
func Match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, middle := range parts[1 : len(parts)-1] {
		at := strings.Index(s, middle)
		if at < 0 {
			return false
		}
		s = s[at+len(middle):]
	}
	return strings.HasSuffix(s, last)
}
