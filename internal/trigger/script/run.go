package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"
)

// Run is the life of a script's process: it loads the file that the environment names, as AWS Lambda's would, and
// answers events until the other side is gone.
func Run(ctx context.Context) error {
	if mib, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); err == nil {
		debug.SetMemoryLimit(int64(mib) << 20 * 3 / 4) // collect before the system refuses
	}
	c := client{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime"}
	code, err := Load(filepath.Join(os.Getenv("LAMBDA_TASK_ROOT"), os.Getenv("_HANDLER")), os.Stderr)
	if err != nil {
		return errors.Join(err, c.post(ctx, "/init/error", thrown(err)))
	}
	for {
		if err := c.turn(ctx, code); err != nil {
			return err
		}
	}
}

// client speaks the Runtime API.
type client struct{ base string }

// turn takes one event and answers it.
func (c client) turn(ctx context.Context, code *Code) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/invocation/next", nil)
	if err != nil {
		return err
	}
	next, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	event, err := io.ReadAll(next.Body)
	next.Body.Close()
	if err != nil {
		return err
	}
	id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
	deadline, err := strconv.ParseInt(next.Header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if err != nil {
		return fmt.Errorf("read the deadline of an event: %w", err)
	}
	answer, err := code.Call(Call{
		Event: string(event), RequestID: id, ARN: next.Header.Get("Lambda-Runtime-Invoked-Function-Arn"), Deadline: time.UnixMilli(deadline),
	})
	if err != nil {
		return c.post(ctx, "/invocation/"+id+"/error", thrown(err))
	}
	return c.post(ctx, "/invocation/"+id+"/response", []byte(answer))
}

func (c client) post(ctx context.Context, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
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

// thrown writes an error as AWS Lambda does.
func thrown(err error) []byte {
	said := map[string]string{"errorType": "Error", "errorMessage": err.Error()}
	if e := (*Exception)(nil); errors.As(err, &e) {
		said["errorType"], said["errorMessage"] = e.Name, e.Message
	}
	body, err := json.Marshal(said)
	if err != nil {
		return []byte(`{"errorType":"Error","errorMessage":""}`)
	}
	return body
}
