// Package function is what a call of a function is, whichever way it is reached: an event goes in, and an answer, what the
// function threw, or a reason why it did not run comes out. It leaves the ways to its neighbours and events to trigger.
package function

import (
	"context"
	"encoding/json"
	"fmt"
)

// MaxPayload is the largest answer of a function, in bytes, as AWS Lambda has it.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxPayload = 6291556

// Transport reaches functions.
type Transport interface {
	// Invoke hands the event to the function and returns its answer, at most MaxPayload bytes. A function that fails
	// is a *Thrown, one that cannot be run a *Failure; when the deadline of ctx passes, the error is that of ctx and
	// nothing of the call is left running here.
	Invoke(ctx context.Context, arn string, event []byte) ([]byte, error)
}

// Thrown is what a function threw. The message is shown to the caller of Cognito word for word.
type Thrown struct{ Type, Message string }

// Error gives type and message.
func (e *Thrown) Error() string { return e.Type + ": " + e.Message }

// ReadThrown reads an error as AWS Lambda writes it, {"errorType": …, "errorMessage": …}; nil for anything else.
func ReadThrown(body []byte) *Thrown {
	var said struct {
		Type    string  `json:"errorType"`
		Message *string `json:"errorMessage"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == nil {
		return nil //nolint:nilerr // what cannot be read is no such error
	}
	return &Thrown{Type: said.Type, Message: *said.Message}
}

// TooLarge is what AWS Lambda says of an answer above MaxPayload.
func TooLarge() *Thrown {
	return &Thrown{
		Type:    "Function.ResponseSizeTooLarge",
		Message: fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload),
	}
}

// Failure says why a function did not run to its end. Name is AWS Lambda's word for it (TooManyRequestsException,
// ResourceNotFoundException, Runtime.ExitError…) and is shown to the caller of Cognito.
type Failure struct {
	Name  string
	Cause error // for the log
}

// Error gives the name and the cause.
func (e *Failure) Error() string {
	if e.Cause == nil {
		return e.Name
	}
	return e.Name + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *Failure) Unwrap() error { return e.Cause }
