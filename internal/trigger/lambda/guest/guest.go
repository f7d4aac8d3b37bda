// Package guest is the other side of lambda: what makes a process of our own binary a function. It asks the AWS Lambda
// Runtime API for work and answers. It leaves what the work is to its callers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/trigger/function"
)

// Guest is this process as a function.
type Guest struct{ base string }

// Call is one event.
type Call struct {
	Event    []byte
	ID, ARN  string
	Deadline time.Time
}

// New reads from the environment what kind of function this process is, and has memory collected before the system refuses more.
func New() *Guest {
	if mib, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); err == nil {
		debug.SetMemoryLimit(int64(mib) << 20 * 3 / 4)
	}
	return &Guest{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime"}
}

// Unable tells that the function cannot be loaded.
func (g *Guest) Unable(ctx context.Context, thrown *function.Thrown) error {
	return g.post(ctx, "/init/error", write(thrown))
}

// Serve answers events until the other side is gone. What answer gives is JSON; its error, if it is none of ours, is shown as an
// Error.
func (g *Guest) Serve(ctx context.Context, answer func(Call) ([]byte, *function.Thrown)) error {
	for {
		call, err := g.next(ctx)
		if err != nil {
			return err
		}
		out, thrown := answer(call)
		if err := g.Answer(ctx, call.ID, out, thrown); err != nil {
			return err
		}
	}
}

// Answer answers one event. Serve does so with what it is given; only who has to answer before is done with it needs this.
func (g *Guest) Answer(ctx context.Context, id string, out []byte, thrown *function.Thrown) error {
	if thrown != nil {
		return g.post(ctx, "/invocation/"+id+"/error", write(thrown))
	}
	return g.post(ctx, "/invocation/"+id+"/response", out)
}

func (g *Guest) next(ctx context.Context) (Call, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+"/invocation/next", nil)
	if err != nil {
		return Call{}, err
	}
	next, err := http.DefaultClient.Do(request)
	if err != nil {
		return Call{}, err
	}
	defer next.Body.Close()
	event, err := io.ReadAll(next.Body)
	if err != nil {
		return Call{}, err
	}
	deadline, err := strconv.ParseInt(next.Header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if err != nil {
		return Call{}, fmt.Errorf("read the deadline of an event: %w", err)
	}
	return Call{
		Event: event, ID: next.Header.Get("Lambda-Runtime-Aws-Request-Id"),
		ARN: next.Header.Get("Lambda-Runtime-Invoked-Function-Arn"), Deadline: time.UnixMilli(deadline),
	}, nil
}

func (g *Guest) post(ctx context.Context, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// write writes an error as AWS Lambda does.
func write(t *function.Thrown) []byte {
	body, err := json.Marshal(map[string]string{"errorType": t.Type, "errorMessage": t.Message})
	if err != nil {
		panic(err) // texts always encode
	}
	return body
}
