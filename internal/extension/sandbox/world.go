package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/dop251/goja"

	"cognate.dev/cognate/internal/kit/javascript"
)

// shelf keeps what scripts were compiled to, by their text: workspaces share nothing by it that could change.
type shelf struct {
	programs map[[32]byte]*javascript.Program
	size     int // of the texts
}

// scriptName is how scripts are called in what is said of their errors.
const scriptName = "script.js"

// maxShelf is the text of scripts whose programs are kept, in bytes; a program takes some times as much.
const maxShelf = 1 << 20

func (s *shelf) program(body string) (*javascript.Program, error) {
	sum := sha256.Sum256([]byte(body))
	if p := s.programs[sum]; p != nil {
		return p, nil
	}
	p, err := javascript.Compile(scriptName, body)
	if err != nil {
		return nil, err
	}
	if s.size += len(body); s.size > maxShelf {
		clear(s.programs)
		s.size = len(body)
	}
	s.programs[sum] = p
	return p, nil
}

// exported runs a script and finds the function that it exports.
func exported(w *javascript.World, p *javascript.Program) (goja.Callable, error) {
	value, err := w.Run(p)
	if err != nil {
		return nil, err
	}
	handler, ok := goja.AssertFunction(value)
	if !ok {
		return nil, &javascript.Exception{Name: "TypeError", Message: "module.exports is no function: write module.exports = async function(context) {…}"}
	}
	return handler, nil
}

// input makes the context that the script gets.
func (r *run) input(w *javascript.World) (goja.Value, error) {
	value, err := w.Parse(string(r.job.Input))
	if err != nil {
		return nil, err
	}
	o, ok := value.(*goja.Object)
	if !ok {
		return nil, &javascript.Exception{Name: "TypeError", Message: "the input is no object"}
	}
	secrets, err := json.Marshal(r.job.Secrets)
	if err != nil {
		return nil, err
	}
	if r.job.Secrets == nil {
		secrets = []byte("{}")
	}
	values, err := w.Parse(string(secrets))
	if err != nil {
		return nil, err
	}
	return o, o.Set("secrets", values)
}

// equip gives a world what scripts have beside the language: timers, fetch, and the one module that can be required. What is
// written in JavaScript is read only when a script uses it.
func equip(ctx context.Context, w *javascript.World, reach Reach) error {
	c := &caller{ctx: ctx, world: w, reach: reach}
	return errors.Join(
		setTimers(ctx, w),
		w.VM.Set("fetch", c.lazy(func(o *goja.Object) goja.Value { return o.Get("fetch") })),
		w.VM.Set("require", c.require))
}

// setTimers gives setTimeout and clearTimeout.
func setTimers(ctx context.Context, w *javascript.World) error {
	cleared, last := map[int64]bool{}, int64(0)
	return errors.Join(
		w.VM.Set("setTimeout", func(call goja.FunctionCall) goja.Value {
			f, ok := goja.AssertFunction(call.Argument(0))
			if !ok {
				panic(w.VM.NewTypeError("the first argument of setTimeout is no function"))
			}
			last++
			id, wait := last, time.Duration(max(call.Argument(1).ToInteger(), 0))*time.Millisecond
			if last > maxTimers {
				panic(w.VM.NewTypeError("there are too many timers"))
			}
			w.Later(func() func() {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(wait):
				}
				return func() {
					if cleared[id] {
						return
					}
					if _, err := f(goja.Undefined()); err != nil {
						panic(err)
					}
				}
			})
			return w.VM.ToValue(id)
		}),
		w.VM.Set("clearTimeout", func(call goja.FunctionCall) goja.Value {
			cleared[call.Argument(0).ToInteger()] = true
			return goja.Undefined()
		}))
}

// maxTimers bounds the timers of one run.
const maxTimers = 1000

// require knows one module, by the names that it has had.
func (c *caller) require(call goja.FunctionCall) goja.Value {
	switch name := strings.TrimPrefix(call.Argument(0).String(), "node:"); name {
	case "request-promise-native", "request-promise":
		return c.tools().Get("request")
	default:
		panic(c.world.VM.NewTypeError("there is no module " + name))
	}
}
