package script

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dop251/goja"

	"cognate.dev/cognate/internal/kit/javascript"
)

// Code is a script that has been read and compiled.
type Code struct {
	program *javascript.Program
	console io.Writer
}

// Call is one event for a script.
type Call struct {
	Event          string // JSON
	RequestID, ARN string
	Deadline       time.Time
}

// Exception is what a script threw.
type Exception = javascript.Exception

// Load reads and compiles a script, and runs it once to see that it has a handler. What it prints goes to console.
func Load(file string, console io.Writer) (*Code, error) {
	source, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, &Exception{Name: "Runtime.ImportModuleError", Message: err.Error()}
	}
	program, err := javascript.Compile(file, string(source))
	if e := (*Exception)(nil); errors.As(err, &e) {
		return nil, &Exception{Name: "Runtime.UserCodeSyntaxError", Message: e.Message}
	}
	c := &Code{program: program, console: console}
	w, _, err := c.world()
	if err == nil {
		w.Close()
	}
	return c, err
}

// world makes an interpreter of its own for one event, so that nothing of one person is left for the next, and finds the
// handler in it.
func (c *Code) world() (*javascript.World, goja.Callable, error) {
	w, err := javascript.NewWorld(func(_, line string) { fmt.Fprintln(c.console, line) })
	if err != nil {
		return nil, nil, err
	}
	exported, err := w.Run(c.program)
	if err != nil {
		return nil, nil, err
	}
	var handler goja.Callable
	err = javascript.Guard(func() error {
		for _, value := range []func() goja.Value{
			func() goja.Value { return exported },
			func() goja.Value {
				if o, ok := exported.(*goja.Object); ok {
					return o.Get("handler")
				}
				return nil
			},
			func() goja.Value { return w.VM.Get("handler") },
		} {
			if f, ok := goja.AssertFunction(value()); ok {
				handler = f
				return nil
			}
		}
		return &Exception{Name: "Runtime.HandlerNotFound", Message: "handler is undefined or not exported"}
	})
	return w, handler, err
}

// Call runs the handler on an event and returns its answer as JSON. A promise that never settles, as nothing here could
// settle it later, is null.
func (c *Code) Call(in Call) (out string, err error) {
	w, handler, err := c.world()
	if err != nil {
		return "", err
	}
	defer w.Close()
	err = javascript.Guard(func() (err error) {
		out, err = call(w, handler, in)
		return err
	})
	return out, err
}

func call(w *javascript.World, handler goja.Callable, in Call) (string, error) {
	event, err := w.Parse(in.Event)
	if err != nil {
		return "", err
	}
	context := w.VM.NewObject()
	err = errors.Join(
		context.Set("awsRequestId", in.RequestID), context.Set("invokedFunctionArn", in.ARN),
		context.Set("getRemainingTimeInMillis", func() int64 { return time.Until(in.Deadline).Milliseconds() }))
	if err != nil {
		return "", err
	}
	answer, settled, err := w.Call(handler, event, context)
	switch {
	case err != nil:
		return "", err
	case !settled:
		return "null", nil
	}
	return w.Write(answer)
}
