package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/event"
	"cognate.dev/cognate/internal/trigger/function"
)

// transport is a way to functions that a test makes up.
type transport func(ctx context.Context, event []byte) ([]byte, error)

func (f transport) Invoke(ctx context.Context, _ string, e []byte) ([]byte, error) { return f(ctx, e) }

// fireWith runs pre-token-generation over a transport.
func fireWith(ctx context.Context, f transport) error {
	t := trigger.New(trigger.Parts{Routes: []trigger.Route{{Pattern: "arn:aws:lambda:*:hook", Transport: f}}})
	_, err := t.BeforeTokens(ctx, token.Event{
		Via:  token.BySignIn,
		Pool: &directory.Pool{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Lambda: directory.LambdaConfig{ARNs: map[string]string{"PreTokenGeneration": arn}}}},
		User: &directory.User{ID: "s", Username: "alice"}, Client: &directory.Client{ID: clientID},
	})
	return err
}

func TestEveryFailureHasCognitosWords(t *testing.T) {
	t.Parallel()
	answer := func(text string) transport {
		return func(_ context.Context, e []byte) ([]byte, error) {
			return []byte(strings.ReplaceAll(text, "EVENT", strings.TrimSuffix(strings.TrimSpace(string(e)), `"response":{"claimsOverrideDetails":null}}`))), nil
		}
	}
	fails := func(err error) transport {
		return func(context.Context, []byte) ([]byte, error) { return nil, err }
	}
	const shape, noJSON = "Unrecognizable lambda output", "Invalid lambda function output : Invalid JSON"
	for name, c := range map[string]struct {
		transport transport
		subject   fault.Subject
		text      string
	}{
		"throws": {fails(&function.Thrown{Type: "Error", Message: "Too short: \"<5\" %s"}), fault.Lambda,
			`PreTokenGeneration failed with error Too short: "<5" %s.`},
		"throws nothing":           {fails(&function.Thrown{}), fault.Lambda, "PreTokenGeneration failed with error ."},
		"crashes":                  {fails(&function.Failure{Name: "Runtime.ExitError"}), fault.LambdaError, "PreTokenGeneration invocation failed due to error Runtime.ExitError."},
		"times out":                {fails(context.DeadlineExceeded), fault.LambdaError, arn + " failed due to error Socket timeout while invoking Lambda function."},
		"breaks":                   {fails(errors.New("the wire is cut")), fault.LambdaError, "PreTokenGeneration invocation failed due to error ServiceException."},
		"null":                     {answer("null"), fault.LambdaResponse, noJSON},
		"nothing":                  {answer(""), fault.LambdaResponse, noJSON},
		"no JSON":                  {answer("<html>"), fault.LambdaResponse, noJSON},
		"a list":                   {answer("[1]"), fault.LambdaResponse, noJSON},
		"a text":                   {answer(`"yes"`), fault.LambdaResponse, noJSON},
		"an empty object":          {answer("{}"), fault.LambdaResponse, shape},
		"only a response":          {answer(`{"response":{}}`), fault.LambdaResponse, shape},
		"null response":            {answer(`EVENT"response":null}`), fault.LambdaResponse, shape},
		"response of another type": {answer(`EVENT"response":"ok"}`), fault.LambdaResponse, shape},
		"unknown member":           {answer(`EVENT"response":{"claimsOverrideDetail":{}}}`), fault.LambdaResponse, shape},
		"another case":             {answer(`EVENT"response":{"ClaimsOverrideDetails":{}}}`), fault.LambdaResponse, shape},
		"unknown inner member":     {answer(`EVENT"response":{"claimsOverrideDetails":{"claims":{}}}}`), fault.LambdaResponse, shape},
		"claim of another type":    {answer(`EVENT"response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":["b"]}}}}`), fault.LambdaResponse, shape},
		"6 MB": {func(context.Context, []byte) ([]byte, error) { return make([]byte, function.MaxPayload+1), nil }, fault.Lambda,
			"PreTokenGeneration failed with error Response payload size exceeded maximum allowed payload size (6291556 bytes).."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, fireWith(t.Context(), c.transport), c.subject, c.text)
		})
	}
	if err := fireWith(t.Context(), answer(`EVENT"response":{}}`)); err != nil {
		t.Errorf("an answer that changes nothing is refused: %v", err)
	}
}

func TestAFunctionHasFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := fireWith(t.Context(), func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		refused(t, err, fault.LambdaError, arn+" failed due to error Socket timeout while invoking Lambda function.")
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it had %s", took)
		}
	})
}

func TestAFunctionEndsWhatItBeganThoughTheClientLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := fireWith(ctx, func(ctx context.Context, e []byte) ([]byte, error) {
		cancel()
		return e, ctx.Err()
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

// A trigger that is configured and leads nowhere must not pass for one that agreed.
func TestAFunctionThatNothingLeadsToIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSpec) {
		p.Lambda.ARNs["PreAuthentication"] = "arn:aws:lambda:eu-west-1:123456789012:function:elsewhere"
	})
	w.user("alice", directory.Confirmed)
	_, err := w.signIn("alice", right)
	refused(t, err, fault.LambdaError, "PreAuthentication invocation failed due to error ResourceNotFoundException.")
}

func TestWhatFunctionsThrowIsPassedOnWithinBounds(t *testing.T) {
	t.Parallel()
	err := fireWith(t.Context(), func(context.Context, []byte) ([]byte, error) {
		return nil, &function.Thrown{Message: strings.Repeat("é", 1<<20) + "\xff"}
	})
	f := fault.As(err)
	if len(f.Text) > 9<<10 || !json.Valid([]byte(`"`+f.Text+`"`)) || strings.Contains(f.Text, "\uFFFD") {
		t.Errorf("%d bytes", len(f.Text))
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"version":"1","region":"","userPoolId":"","userName":"","callerContext":{},"triggerSource":"","response":{"claimsOverrideDetails":{"groupOverrideDetails":{}}}}`))
	f.Add([]byte(`{"response":null}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		err := fireWith(t.Context(), func(context.Context, []byte) ([]byte, error) { return answer, nil })
		if err != nil && !fault.Is(err, fault.Invalid, fault.LambdaResponse) {
			t.Errorf("got %v", err)
		}
		_ = event.Strict(answer, new(event.MigrationResponse))
	})
}
