package trigger

import (
	"time"

	"cognate.dev/cognate/internal/kit/wildcard"
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

// Find gives the first route whose pattern matches an ARN.
func Find(routes []Route, arn string) (Route, bool) {
	for _, r := range routes {
		if wildcard.Match(r.Pattern, arn) {
			return r, true
		}
	}
	return Route{}, false
}

// route finds the way to a function of LambdaConfig.
func (t *Triggers) route(arn string) (Route, bool) {
	r, ok := Find(t.Routes, arn)
	if r.Timeout == 0 {
		r.Timeout = Timeout
	}
	return r, ok
}
