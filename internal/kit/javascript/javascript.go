// Package javascript runs ECMAScript in an interpreter that knows nothing but what it is given: no files, no network, no
// process. It owns compiling, the console, promises and what errors become. It bounds neither time nor memory: a process
// around it has to.
package javascript

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// Exception is what a script threw, or why it cannot be read.
type Exception struct {
	Name, Message string
	// Stack is where: lines of "at FUNCTION (NAME:LINE:COLUMN(…))", the innermost first; empty where nobody knows. A script can write
	// anything into it.
	Stack string
}

// Error gives name and message.
func (e *Exception) Error() string { return e.Name + ": " + e.Message }

// Program is a script that has been compiled. It never changes, and any number of worlds can run it.
type Program struct{ program *goja.Program }

// Compile reads a script. One that cannot be read is an *Exception of the name SyntaxError. The name is for its messages.
func Compile(name, source string) (*Program, error) {
	program, err := goja.Compile(name, source, false)
	if err != nil {
		return nil, &Exception{Name: "SyntaxError", Message: err.Error()}
	}
	return &Program{program}, nil
}

// maxDepth bounds recursion, in calls: the interpreter's stack would otherwise grow until the process dies.
const maxDepth = 4000

// World is an interpreter of its own for one call, so that nothing of one call is left for the next. It is for one goroutine, but
// for what Later and Interrupt say.
type World struct {
	VM *goja.Runtime

	module           *goja.Object
	parse, stringify goja.Callable
	console          func(level, line string)
	jobs             chan func()
	pending          int
	ended, stopped   chan struct{}
	stop             sync.Once
}

// ErrInterrupted is a script that Interrupt has ended.
var ErrInterrupted = errors.New("the script was interrupted")

// NewWorld makes an interpreter with a console, whose lines go to print with the level that they were printed at: log, info, warn,
// error or debug. Close it.
func NewWorld(print func(level, line string)) (*World, error) {
	w := &World{VM: goja.New(), console: print, jobs: make(chan func()), ended: make(chan struct{}), stopped: make(chan struct{})}
	w.VM.SetMaxCallStackSize(maxDepth)
	json := w.VM.Get("JSON").ToObject(w.VM) // taken before a script can put something else there
	w.parse, _ = goja.AssertFunction(json.Get("parse"))
	w.stringify, _ = goja.AssertFunction(json.Get("stringify"))
	exports := w.VM.NewObject()
	w.module = w.VM.NewObject()
	if err := errors.Join(w.module.Set("exports", exports), w.VM.Set("module", w.module), w.VM.Set("exports", exports), w.setConsole()); err != nil {
		return nil, fmt.Errorf("prepare the interpreter: %w", err)
	}
	return w, nil
}

// Interrupt ends what the world does, soon: a regular expression or a big loop of the interpreter's own is not interrupted. It may
// be called from anywhere.
func (w *World) Interrupt() {
	w.stop.Do(func() {
		close(w.stopped)
		w.VM.Interrupt(ErrInterrupted)
	})
}

// Close lets nothing that Later began come back.
func (w *World) Close() { close(w.ended) }

// setConsole gives the script a way to print.
func (w *World) setConsole() error {
	console := w.VM.NewObject()
	for _, level := range []string{"log", "info", "warn", "error", "debug"} {
		err := console.Set(level, func(call goja.FunctionCall) goja.Value {
			var line strings.Builder
			for i, value := range call.Arguments {
				if i > 0 {
					line.WriteByte(' ')
				}
				line.WriteString(value.String())
			}
			w.console(level, line.String())
			return goja.Undefined()
		})
		if err != nil {
			return err
		}
	}
	return w.VM.Set("console", console)
}

// Run runs a program and gives what it has exported, as CommonJS modules do.
func (w *World) Run(p *Program) (exported goja.Value, err error) {
	err = Guard(func() error {
		if _, err := w.VM.RunProgram(p.program); err != nil {
			return Thrown(err)
		}
		exported = w.module.Get("exports")
		return nil
	})
	return exported, err
}

// Parse makes a value out of JSON.
func (w *World) Parse(text string) (goja.Value, error) {
	value, err := w.parse(goja.Undefined(), w.VM.ToValue(text))
	return value, Thrown(err)
}

// Write makes JSON out of a value. What has none, such as a function or undefined, is null.
func (w *World) Write(value goja.Value) (text string, err error) {
	err = Guard(func() error {
		written, err := w.stringify(goja.Undefined(), value)
		switch {
		case err != nil:
			return Thrown(err)
		case goja.IsUndefined(written):
			text = "null"
		default:
			text = written.String()
		}
		return nil
	})
	return text, err
}

// Call calls a function and, where it answers with a promise, waits for what that becomes. Settled is false for a promise that
// nothing under way could settle any more. What is thrown, by a getter, too, is an *Exception.
func (w *World) Call(f goja.Callable, args ...goja.Value) (answer goja.Value, settled bool, err error) {
	err = Guard(func() (err error) {
		if answer, err = f(goja.Undefined(), args...); err != nil {
			return Thrown(err)
		}
		answer, settled, err = w.await(answer)
		return err
	})
	return answer, settled, err
}

func (w *World) await(answer goja.Value) (goja.Value, bool, error) {
	promise := promised(answer)
	if promise == nil {
		return answer, true, nil
	}
	for promise.State() == goja.PromiseStatePending && w.pending > 0 {
		select {
		case job := <-w.jobs:
			w.pending--
			job()
		case <-w.stopped:
			return nil, false, ErrInterrupted
		}
	}
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		return promise.Result(), true, nil
	case goja.PromiseStateRejected:
		return nil, true, describe(promise.Result())
	}
	return nil, false, nil
}

// Later does work beside the interpreter, and then runs what it gives in the interpreter, while a promise is waited for. Work that
// gives nil is one whose end nobody hears of.
func (w *World) Later(work func() func()) {
	w.pending++
	go func() {
		job := work()
		if job == nil {
			return
		}
		select {
		case w.jobs <- job:
		case <-w.ended:
		}
	}()
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

// Guard turns what a script throws where nobody expects it (out of a getter, while its error is being read) into an error.
func Guard(run func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *goja.InterruptedError:
			err = ErrInterrupted
		default:
			err = &Exception{Name: "Error", Message: fmt.Sprint(v)}
		}
	}()
	return run()
}

// Thrown says what was thrown: an *Exception, or ErrInterrupted.
func Thrown(err error) error {
	if e := (*goja.InterruptedError)(nil); errors.As(err, &e) {
		return ErrInterrupted
	}
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
	e := &Exception{Name: name, Message: o.Get("message").String()}
	if stack := o.Get("stack"); stack != nil {
		e.Stack = stack.String()
	}
	return e
}
