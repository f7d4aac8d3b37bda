package trigger

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Timeout is how long Cognito waits for a function.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
const Timeout = 5 * time.Second

// MaxPayload is the largest answer of a function, in bytes, as AWS Lambda has it.
const MaxPayload = 6291556

// Transport reaches functions.
type Transport interface {
	// Invoke hands the event to the function and returns its answer, at most MaxPayload bytes. A function that fails
	// is a *FunctionError, one that cannot be run an *InvocationError; when the deadline of ctx passes, the error is
	// that of ctx and nothing of the call is left running here.
	Invoke(ctx context.Context, arn string, event []byte) ([]byte, error)
}

// FunctionError is what a function threw. The message is shown to the caller of Cognito word for word.
type FunctionError struct{ Type, Message string }

// Error gives type and message.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Thrown reads an error as AWS Lambda writes it, {"errorType": …, "errorMessage": …}; nil for anything else.
func Thrown(body []byte) *FunctionError {
	var said struct {
		Type    string  `json:"errorType"`
		Message *string `json:"errorMessage"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == nil {
		return nil
	}
	return &FunctionError{Type: said.Type, Message: *said.Message}
}

// InvocationError says why a function did not run to its end. Name is AWS Lambda's word for it
// (TooManyRequestsException, ResourceNotFoundException, Runtime.ExitError…) and is shown to the caller of Cognito.
type InvocationError struct {
	Name  string
	Cause error // for the log
}

// Error gives the name and the cause.
func (e *InvocationError) Error() string {
	if e.Cause == nil {
		return e.Name
	}
	return e.Name + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *InvocationError) Unwrap() error { return e.Cause }

// Route sends the functions whose ARN matches the pattern over one transport. In a pattern * stands for any text.
type Route struct {
	Pattern   string
	Timeout   time.Duration // zero: Timeout
	Transport Transport
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
