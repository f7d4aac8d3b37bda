package javascript_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"cognate.dev/cognate/internal/kit/javascript"
)

func world(t testing.TB, source string) (*javascript.World, goja.Callable) {
	t.Helper()
	p, err := javascript.Compile("a.js", source)
	if err != nil {
		t.Fatal(err)
	}
	w, err := javascript.NewWorld(func(string, string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	exported, err := w.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := goja.AssertFunction(exported)
	if !ok {
		t.Fatal("nothing is exported")
	}
	return w, f
}

func TestPromisesAreWaitedForAsLongAsSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	w, f := world(t, `module.exports = async (later) => { const a = await later(1); return a + await later(2) }`)
	later := func(call goja.FunctionCall) goja.Value {
		promise, resolve, _ := w.VM.NewPromise()
		n := call.Argument(0).ToInteger()
		w.Later(func() func() { return func() { _ = resolve(n) } })
		return w.VM.ToValue(promise)
	}
	answer, settled, err := w.Call(f, w.VM.ToValue(later))
	if err != nil || !settled || answer.ToInteger() != 3 {
		t.Errorf("got %v, %v, %v", answer, settled, err)
	}
	w, f = world(t, `module.exports = () => new Promise(() => {})`)
	if _, settled, err := w.Call(f); settled || err != nil {
		t.Errorf("a promise that nobody settles: %v, %v", settled, err)
	}
}

// TestAnInterruptionEndsLoopsAndWaits fails when a script goes on after it, also one that catches what it can.
func TestAnInterruptionEndsLoopsAndWaits(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`module.exports = (begun) => { begun(); for (;;) try { for (;;); } catch (e) {} }`,
		`module.exports = async (begun) => { begun(); for (;;) await null }`,
		`module.exports = async (begun, wait) => { begun(); await wait() }`,
	} {
		w, f := world(t, source)
		begun := w.VM.ToValue(func() { go w.Interrupt() })
		wait := func() goja.Value {
			promise, _, _ := w.VM.NewPromise()
			w.Later(func() func() { return nil })
			return w.VM.ToValue(promise)
		}
		if _, _, err := w.Call(f, begun, w.VM.ToValue(wait)); !errors.Is(err, javascript.ErrInterrupted) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestWhatIsThrownHasANameAndAMessage(t *testing.T) {
	t.Parallel()
	if _, err := javascript.Compile("a.js", "("); err == nil || !strings.HasPrefix(err.Error(), "SyntaxError: ") {
		t.Errorf("got %v", err)
	}
	for source, want := range map[string]string{
		`throw new TypeError('no')`: "TypeError: no", `throw 'a'`: "string: a", `throw {message: 'b'}`: "Error: b", `null.x`: "TypeError: ",
	} {
		w, f := world(t, "module.exports = () => {"+source+"}")
		if _, _, err := w.Call(f); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// What a script is and gives is outside input to the process that it runs in.
func FuzzWrite(f *testing.F) {
	f.Add(`({a: 1})`, `{"a":1}`)
	f.Add(`({toJSON() { throw null }})`, `[]`)
	f.Add(`(JSON.stringify = () => '{', 1)`, `"`)
	f.Fuzz(func(t *testing.T, expression, input string) {
		for _, endless := range []string{"for", "while", "repeat", "fill", "pad", "Array", "sort"} {
			if strings.Contains(expression, endless) {
				t.Skip("the process around it ends what does not end")
			}
		}
		p, err := javascript.Compile("a.js", "module.exports = (input) => ("+expression+"\n)")
		if err != nil {
			return
		}
		w, err := javascript.NewWorld(func(string, string) {})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		exported, err := w.Run(p)
		if err != nil {
			return
		}
		f, ok := goja.AssertFunction(exported)
		value, err := w.Parse(input)
		if !ok || err != nil {
			return
		}
		answer, settled, err := w.Call(f, value)
		if err != nil || !settled {
			return
		}
		if text, err := w.Write(answer); err == nil && !json.Valid([]byte(text)) {
			t.Errorf("wrote %q", text)
		}
	})
}

// BenchmarkCall is a call without a process around it, beside which those of scripts can be seen.
func BenchmarkCall(b *testing.B) {
	p, err := javascript.Compile("a.js", `module.exports = async function (context) { return {authn_ctx: {name: context.authn_ctx.name.toUpperCase()}} }`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w, err := javascript.NewWorld(func(string, string) {})
		if err != nil {
			b.Fatal(err)
		}
		exported, _ := w.Run(p)
		f, _ := goja.AssertFunction(exported)
		input, _ := w.Parse(`{"authn_ctx":{"name":"alice"}}`)
		answer, _, err := w.Call(f, input)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(answer); err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
}
