package invoke_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/invoke"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	arn    = "arn:aws:lambda:eu-west-1:123456789012:function:pre-token:live"
	secret = "a secret that nobody else has"
)

func at() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// serve runs a Lambda API and a client of it.
func serve(t *testing.T, change func(*invoke.Config), h http.HandlerFunc) *invoke.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := invoke.Config{Endpoint: server.URL, AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
	if change != nil {
		change(&c)
	}
	client, err := invoke.New(t.Context(), c, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestCallsAreSignedForTheRegionOfTheFunction(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change       func(*invoke.Config)
		path, region string
	}{
		"by ARN":       {nil, "/2015-03-31/functions/" + arn + "/invocations", "eu-west-1"},
		"by name":      {func(c *invoke.Config) { c.ByName = true }, "/2015-03-31/functions/pre-token/invocations", "eu-west-1"},
		"other region": {func(c *invoke.Config) { c.Region = "us-east-1"; c.Endpoint += "/" }, "/2015-03-31/functions/" + arn + "/invocations", "us-east-1"},
		"secret file":  {func(c *invoke.Config) { c.SecretAccessKey, c.SecretAccessKeyFile = "", file }, "/2015-03-31/functions/" + arn + "/invocations", "eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, c.change, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				v := sigv4.Verifier{
					Keys: func(context.Context, string, string) (sigv4.Key, error) { return sigv4.Key{Secret: secret}, nil },
					Now:  at, Services: []string{"lambda"},
				}
				who, err := v.Verify(r, body)
				if err != nil || who.Region != c.region || r.URL.Path != c.path || r.Header.Get("X-Amz-Invocation-Type") != "RequestResponse" {
					t.Errorf("%v %+v %s", err, who, r.URL.Path)
				}
				_, _ = w.Write(body)
			})
			out, err := client.Invoke(t.Context(), arn, []byte(`{"a":"é"}`))
			if err != nil || string(out) != `{"a":"é"}` {
				t.Errorf("%s %v", out, err)
			}
		})
	}
}

func TestAnswersOfTheAPIMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	says := func(status int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, value)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		handler        http.HandlerFunc
		thrown, failed string
	}{
		"throws":          {says(200, "X-Amz-Function-Error", "Unhandled", `{"errorType":"Error","errorMessage":"too short"}`), "Error: too short", ""},
		"times out":       {says(200, "X-Amz-Function-Error", "Unhandled", `{"errorMessage":"2026-03-01T12:00:00.000Z id Task timed out after 3.00 seconds"}`), ": 2026-03-01T12:00:00.000Z id Task timed out after 3.00 seconds", ""},
		"throws no JSON":  {says(200, "X-Amz-Function-Error", "Unhandled", `oops`), "Unhandled: oops", ""},
		"is throttled":    {says(429, "X-Amzn-ErrorType", "TooManyRequestsException:http://internal.amazon.com/", `{}`), "", "TooManyRequestsException"},
		"is not there":    {says(404, "X-None", "", `{"__type":"lambda#ResourceNotFoundException"}`), "", "ResourceNotFoundException"},
		"is not our kind": {says(502, "X-None", "", `<html>`), "", "ServiceException"},
		"redirects":       {says(307, "Location", "http://127.0.0.1:1/", ``), "", "ServiceException"},
		"hangs up":        {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", "ServiceException"},
		"says 6 MB":       {says(200, "X-None", "", strings.Repeat("x", function.MaxPayload+1)), "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size (6291556 bytes).", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, nil, c.handler).Invoke(t.Context(), arn, []byte(`{}`))
			var thrown *function.Thrown
			var failed *function.Failure
			switch {
			case errors.As(err, &thrown):
				if thrown.Error() != c.thrown {
					t.Errorf("thrown %q", thrown.Error())
				}
			case errors.As(err, &failed):
				if failed.Name != c.failed {
					t.Errorf("failed %q", failed.Name)
				}
			default:
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAFunctionThatHangsIsLeftAtTheDeadline(t *testing.T) {
	t.Parallel()
	client := serve(t, nil, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := client.Invoke(ctx, arn, []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoFunctionIsNotCalled(t *testing.T) {
	t.Parallel()
	client := serve(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("called") })
	for _, arn := range []string{"", "pre-token", "arn:aws:lambda:eu-west-1:123456789012:layer:x"} {
		if _, err := client.Invoke(t.Context(), arn, nil); err == nil {
			t.Errorf("%q was called", arn)
		}
	}
}

func TestUnsafeConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config invoke.Config
		ok     bool
	}{
		{invoke.Config{Endpoint: "aws"}, true},
		{invoke.Config{Endpoint: "http://127.0.0.1:3001"}, true},
		{invoke.Config{Endpoint: "http://localhost:4566", AccessKeyID: "test", SecretAccessKey: "test"}, true},
		{invoke.Config{Endpoint: "http://localstack:4566", Plain: true}, true},
		{invoke.Config{Endpoint: "http://localstack:4566"}, false},
		{invoke.Config{Endpoint: "lambda.example.com"}, false},
		{invoke.Config{Endpoint: "aws", AccessKeyID: "a"}, false},
		{invoke.Config{Endpoint: "aws", SecretAccessKey: "a"}, false},
		{invoke.Config{Endpoint: "aws", AccessKeyID: "a", SecretAccessKey: "a", SecretAccessKeyFile: "f"}, false},
	} {
		if err := c.config.Check(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}
