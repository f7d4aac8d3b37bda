package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/trigger/event"
	"cognate.dev/cognate/internal/trigger/function"
)

// call is a function that is due, and whom it is about.
type call struct {
	source   event.Source
	arn      string
	version  string // empty: "1"
	pool     *directory.Pool
	client   *directory.Client // nil: an administrator's doing
	userName string
}

func (c call) header() event.Header {
	h := event.Header{
		Version: c.version, Region: c.pool.Region, UserPoolID: c.pool.ID, UserName: c.userName, TriggerSource: c.source,
		CallerContext: event.Caller{AWSSDKVersion: event.UnknownSDK, ClientID: event.NoClient},
	}
	if h.Version == "" {
		h.Version = "1"
	}
	if c.client != nil {
		h.CallerContext.ClientID = c.client.ID
	}
	return h
}

// fire calls a function and returns its response. Whatever goes wrong is a fault in Cognito's words: a function that is
// configured never counts as one that agreed.
func fire[Q, R any](ctx context.Context, t *Triggers, c call, request Q, blank R) (out R, err error) {
	e := event.Event[Q, R]{Header: c.header(), Request: request, Response: blank}
	err = t.run(ctx, c, e, func(answer []byte) error { return read(answer, &out) })
	return out, err
}

// tell calls a function whose answer nobody reads.
func tell[Q any](ctx context.Context, t *Triggers, c call, request Q) error {
	e := event.Event[Q, event.Nothing]{Header: c.header(), Request: request}
	return t.run(ctx, c, e, func([]byte) error { return nil })
}

func (t *Triggers) run(ctx context.Context, c call, e any, read func([]byte) error) error {
	began := time.Now()
	answer, err := ask(ctx, t, c, e)
	if err == nil {
		err = read(answer)
	}
	if err != nil {
		err = c.fault(err)
	}
	t.Observe(ctx, Fired{Source: c.source, ARN: c.arn, Took: time.Since(began), Err: err})
	return err
}

// ask sends an event on the way that the ARN's route says.
func ask(ctx context.Context, t *Triggers, c call, e any) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	route, ok := t.route(c.arn)
	if !ok {
		return nil, &function.Failure{Name: "ResourceNotFoundException", Cause: fmt.Errorf("no entry of triggers matches %s", c.arn)}
	}
	// A client that leaves does not stop a function half way: what it has begun counts.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), route.Timeout)
	defer cancel()
	answer, err := route.Transport.Invoke(ctx, c.arn, body)
	if err == nil && len(answer) > function.MaxPayload {
		return nil, function.TooLarge()
	}
	return answer, err
}

// The two ways in which an answer is refused.
var (
	errNoObject = errors.New("the answer is not a JSON object")
	errShape    = errors.New("the answer is not the event with its response filled in")
)

// whole are the members that an answer must bring back: Cognito takes events, not parts of them.
func whole() []string {
	return []string{"version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "response"}
}

// read takes the response out of a returned event.
func read(answer []byte, to any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer, &members); err != nil || members == nil {
		return errNoObject
	}
	for _, name := range whole() {
		if _, ok := members[name]; !ok {
			return fmt.Errorf("%w: it has no %s", errShape, name)
		}
	}
	if bytes.Equal(members["response"], []byte("null")) {
		return fmt.Errorf("%w: its response is null", errShape)
	}
	if err := event.Strict(members["response"], to); err != nil {
		return fmt.Errorf("%w: response: %w", errShape, err)
	}
	return nil
}

// maxMessage bounds how much of what a function says is passed on, in bytes.
const maxMessage = 8 << 10

// fault words a failure as Cognito does.
func (c call) fault(err error) error {
	var (
		thrown *function.Thrown
		failed *function.Failure
		ready  *fault.Fault
		name   = c.source.Trigger()
	)
	say := func(s fault.Subject, format string, args ...any) error {
		return fault.Newf(fault.Invalid, s, format, args...).Because(fmt.Errorf("%s: %w", c.arn, err))
	}
	switch {
	case errors.As(err, &ready):
		return err
	case errors.As(err, &thrown):
		return say(fault.Lambda, "%s failed with error %s.", name, clip(thrown.Message))
	case errors.Is(err, errNoObject):
		return say(fault.LambdaResponse, "Invalid lambda function output : Invalid JSON")
	case errors.Is(err, errShape):
		return say(fault.LambdaResponse, "Unrecognizable lambda output")
	case errors.As(err, &failed):
		return say(fault.LambdaError, "%s invocation failed due to error %s.", name, failed.Name)
	case errors.Is(err, context.DeadlineExceeded):
		return say(fault.LambdaError, "%s failed due to error Socket timeout while invoking Lambda function.", c.arn)
	}
	return say(fault.LambdaError, "%s invocation failed due to error ServiceException.", name)
}

// refuse is the fault for a response that has the right shape and says what cannot be.
func (c call) refuse(format string, args ...any) error {
	return fault.Newf(fault.Invalid, fault.LambdaResponse, format, args...).Because(errors.New(c.arn))
}

func clip(text string) string {
	if len(text) <= maxMessage {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	cut := maxMessage
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.ToValidUTF8(text[:cut], "\uFFFD")
}
