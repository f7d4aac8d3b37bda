package script

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/lambda/guest"
)

// Run is the life of a script's process: it loads the file that the environment names, as AWS Lambda's would, and
// answers events until the other side is gone.
func Run(ctx context.Context) error {
	g := guest.New()
	code, err := Load(filepath.Join(os.Getenv("LAMBDA_TASK_ROOT"), os.Getenv("_HANDLER")), os.Stderr)
	if err != nil {
		return errors.Join(err, g.Unable(ctx, thrown(err)))
	}
	return g.Serve(ctx, func(c guest.Call) ([]byte, *function.Thrown) {
		answer, err := code.Call(Call{Event: string(c.Event), RequestID: c.ID, ARN: c.ARN, Deadline: c.Deadline})
		if err != nil {
			return nil, thrown(err)
		}
		return []byte(answer), nil
	})
}

// thrown is an error as a function's.
func thrown(err error) *function.Thrown {
	if e := (*Exception)(nil); errors.As(err, &e) {
		return &function.Thrown{Type: e.Name, Message: e.Message}
	}
	return &function.Thrown{Type: "Error", Message: err.Error()}
}
