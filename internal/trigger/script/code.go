package script

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"github.com/dop251/goja"
)

// Code is a script that has been read and compiled.
type Code struct {
	program *goja.Program
	console io.Writer
}

// Call is one event for a script.
type Call struct {
	Event          string // JSON
	RequestID, ARN string
	Deadline       time.Time
}

// Exception is what a script threw.
type Exception struct{ Name, Message string }

// Error gives name and message.
func (e *Exception) Error() string { return e.Name + ": " + e.Message }

// maxDepth bounds recursion, in calls: the interpreter's stack would otherwise grow until the process dies.
const maxDepth = 4000

// Load reads and compiles a script, and runs it once to see that it has a handler. What it prints goes to console.
func Load(file string, console io.Writer) (*Code, error) {
	source, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, &Exception{Name: "Runtime.ImportModuleError", Message: err.Error()}
	}
	program, err := goja.Compile(file, string(source), false)
	if err != nil {
		return nil, &Exception{Name: "Runtime.UserCodeSyntaxError", Message: err.Error()}
	}
	c := &Code{program: program, console: console}
	return c, guarded(func() (err error) {
		_, _, err = c.world()
		return err
	})
}

// guarded turns what a script throws where nobody expects it (out of a getter, while its error is being read) into an
// error.
func guarded(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Exception{Name: "Error", Message: fmt.Sprint(v)}
		}
	}()
	return run()
}

// world makes an interpreter of its own for one event, so that nothing of one person is left for the next, and finds the
// handler in it.
func (c *Code) world() (*goja.Runtime, goja.Callable, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxDepth)
	exports, module := vm.NewObject(), vm.NewObject()
	if err := errors.Join(module.Set("exports", exports), vm.Set("module", module), vm.Set("exports", exports), c.setConsole(vm)); err != nil {
		return nil, nil, fmt.Errorf("prepare the interpreter: %w", err)
	}
	if _, err := vm.RunProgram(c.program); err != nil {
		return nil, nil, exception(err)
	}
	exported := module.Get("exports")
	if handler, ok := goja.AssertFunction(exported); ok {
		return vm, handler, nil
	}
	if o, ok := exported.(*goja.Object); ok {
		if handler, ok := goja.AssertFunction(o.Get("handler")); ok {
			return vm, handler, nil
		}
	}
	if handler, ok := goja.AssertFunction(vm.Get("handler")); ok {
		return vm, handler, nil
	}
	return nil, nil, &Exception{Name: "Runtime.HandlerNotFound", Message: "handler is undefined or not exported"}
}

// setConsole gives the script a way to print.
func (c *Code) setConsole(vm *goja.Runtime) error {
	console := vm.NewObject()
	print := func(call goja.FunctionCall) goja.Value {
		for i, value := range call.Arguments {
			if i > 0 {
				fmt.Fprint(c.console, " ")
			}
			fmt.Fprint(c.console, value.String())
		}
		fmt.Fprintln(c.console)
		return goja.Undefined()
	}
	for _, name := range []string{"log", "info", "warn", "error", "debug"} {
		if err := console.Set(name, print); err != nil {
			return err
		}
	}
	return vm.Set("console", console)
}

// Call runs the handler on an event and returns its answer as JSON. A promise that never settles, as nothing here could
// settle it later, is null.
func (c *Code) Call(in Call) (out string, err error) {
	err = guarded(func() (err error) {
		out, err = c.call(in)
		return err
	})
	return out, err
}

func (c *Code) call(in Call) (string, error) {
	vm, handler, err := c.world()
	if err != nil {
		return "", err
	}
	event, err := vm.RunString("(text) => JSON.parse(text)")
	if err != nil {
		return "", exception(err)
	}
	parse, _ := goja.AssertFunction(event)
	if event, err = parse(nil, vm.ToValue(in.Event)); err != nil {
		return "", exception(err)
	}
	context := vm.NewObject()
	err = errors.Join(
		context.Set("awsRequestId", in.RequestID), context.Set("invokedFunctionArn", in.ARN),
		context.Set("getRemainingTimeInMillis", func() int64 { return time.Until(in.Deadline).Milliseconds() }))
	if err != nil {
		return "", err
	}
	answer, err := handler(nil, event, context)
	if err != nil {
		return "", exception(err)
	}
	if promise := promised(answer); promise != nil {
		switch promise.State() {
		case goja.PromiseStateFulfilled:
			answer = promise.Result()
		case goja.PromiseStateRejected:
			return "", describe(promise.Result())
		default:
			return "null", nil
		}
	}
	return write(vm, answer)
}

// promised is nil for an answer that is no promise.
func promised(answer goja.Value) *goja.Promise {
	o, ok := answer.(*goja.Object)
	if !ok || o.ExportType() != reflect.TypeFor[*goja.Promise]() { // to export anything else would copy it
		return nil
	}
	promise, _ := o.Export().(*goja.Promise)
	return promise
}

// write turns an answer into JSON.
func write(vm *goja.Runtime, answer goja.Value) (string, error) {
	value, err := vm.RunString("(value) => JSON.stringify(value === undefined ? null : value)")
	if err != nil {
		return "", exception(err)
	}
	stringify, _ := goja.AssertFunction(value)
	text, err := stringify(nil, answer)
	if err != nil {
		return "", exception(err)
	}
	if goja.IsUndefined(text) { // a function
		return "null", nil
	}
	return text.String(), nil
}

// exception says what was thrown.
func exception(err error) error {
	if e := (*goja.Exception)(nil); errors.As(err, &e) {
		return describe(e.Value())
	}
	if e := (*goja.StackOverflowError)(nil); errors.As(err, &e) {
		return &Exception{Name: "RangeError", Message: "Maximum call stack size exceeded"}
	}
	return err
}

func describe(value goja.Value) error {
	o, ok := value.(*goja.Object)
	if !ok || o.Get("message") == nil {
		return &Exception{Name: fmt.Sprintf("%T", value.Export()), Message: value.String()}
	}
	name := "Error"
	if n := o.Get("name"); n != nil {
		name = n.String()
	}
	return &Exception{Name: name, Message: o.Get("message").String()}
}
