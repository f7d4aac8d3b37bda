package extension_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/extension/sandbox"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/trigger/lambda"
)

// TestMain is also the process of scripts, as the real binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Subcommand {
		fmt.Fprintln(os.Stderr, sandbox.Run(context.Background()))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func newRunner(t testing.TB, c extension.ScriptConfig) *extension.Runner {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: scripts are processes, and may not have the memory that the race detector takes")
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute // a busy machine is no slow script
	}
	host := lambda.NewHost(lambda.Options{Log: slog.New(slog.DiscardHandler), Env: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1"}})
	t.Cleanup(func() { _ = host.Close() })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := extension.NewRunner(host, self, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs a script that must run.
func run(t testing.TB, r *extension.Runner, x extension.Run) *extension.Outcome {
	t.Helper()
	if x.Input == nil {
		x.Input = json.RawMessage(`{}`)
	}
	o, err := r.Run(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func script(body string) extension.Run {
	return extension.Run{Workspace: "demo", Body: "module.exports = async function (context) {" + body + "}"}
}

// TestWhatAScriptThrowsHasItsLine fails when who writes a script is not told where to look: in the function, in one that it calls, after
// it has waited, while it is loaded, and where it cannot be read. A stack that a script has made up gives no line of another's.
func TestWhatAScriptThrowsHasItsLine(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{})
	for body, want := range map[string]int{
		"module.exports = function () {\n  null.x\n}":                                                      2,
		"function deep() {\n  throw new Error('no')\n}\nmodule.exports = () => deep()":                     2,
		"module.exports = async () => {\n  await null\n\n  throw new Error('no')\n}":                       4,
		"\n\nthrow new Error('no')":                                                                        3,
		"module.exports = (\n":                                                                             2,
		"module.exports = () => {\n  throw 'no'\n}":                                                        0,
		"module.exports = () => {\n  JSON.parse('{')\n}":                                                   2,
		"module.exports = () => {\n  throw { message: 'no', stack: 'at other.js:9:1' }\n}":                 0,
		"module.exports = () => {\n  throw { message: 'no', get stack() { throw new Error('again') } }\n}": 2,
		"module.exports = () => new Promise(() => setTimeout(() => {\n\n  throw new Error('no')\n}))":      3,
		"module.exports = () => {\n  require('child_process')\n}":                                          2,
	} {
		if o := run(t, r, extension.Run{Workspace: "demo", Body: body}); o.Line != want || o.Caught == "" {
			t.Errorf("%q: line %d of %q, and not %d", body, o.Line, o.Caught, want)
		}
	}
}

// TestTheLeastMemoryIsEnough fails when a configuration that is taken leaves no room for any script.
func TestTheLeastMemoryIsEnough(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{MemoryMiB: 160})
	for range 20 {
		if o := run(t, r, script(`return 'x'.repeat(1 << 17).length`)); string(o.Output) != "131072" {
			t.Fatalf("got %+v", o.Outcome)
		}
	}
}

func TestAScriptTakesItsContextAndAnswers(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{})
	for name, c := range map[string]struct{ body, output, stdout, stderr, caught string }{
		"answers":       {`return {authn_ctx: {...context.authn_ctx, n: context.secrets.K.length}}`, `{"authn_ctx":{"a":1,"n":7}}`, "", "", ""},
		"waits":         {`await new Promise((done) => setTimeout(done, 5)); return 1`, `1`, "", "", ""},
		"prints":        {`console.log('a', 1); console.error('b'); console.warn('c'); return null`, `null`, "a 1\n", "b\nc\n", ""},
		"says nothing":  {``, `null`, "", "", ""},
		"throws":        {`throw new RangeError('no')`, `null`, "", "", "RangeError: no"},
		"throws a text": {`throw 'no'`, `null`, "", "", "string: no"},
		"a timer that throws": {
			`await new Promise(() => setTimeout(() => { throw new Error('late') }, 1))`, `null`, "", "", "Error: ",
		},
		"never":     {`return new Promise(() => {})`, `null`, "", "", "Error: the script waits for something that never comes"},
		"cycle":     {`const a = {}; a.a = a; return a`, `null`, "", "", "TypeError: "},
		"too much":  {`return 'x'.repeat(300000)`, `null`, "", "", "RangeError: the output has more than"},
		"deep":      {`const f = () => f() + 1; return f()`, `null`, "", "", "RangeError: Maximum call stack"},
		"a getter":  {`throw { get message() { throw new Error('again') } }`, `null`, "", "", "Error: "},
		"no module": {`require('child_process')`, `null`, "", "", "TypeError: there is no module child_process"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := script(c.body)
			x.Input, x.Secrets = json.RawMessage(`{"authn_ctx":{"a":1}}`), map[string]string{"K": "s3cret!"}
			o := run(t, r, x)
			if string(o.Output) != c.output || o.Stdout != c.stdout || o.Stderr != c.stderr || !strings.HasPrefix(o.Caught, c.caught) || (c.caught == "") != (o.Caught == "") {
				t.Errorf("got %s, %q, %q, %q", o.Output, o.Stdout, o.Stderr, o.Caught)
			}
		})
	}
	for body, want := range map[string]string{
		"module.exports = (": "SyntaxError: ", "let a = 1": "TypeError: module.exports is no function", "throw new Error('while loading')": "Error: while loading",
		"Object.defineProperty(module, 'exports', { get() { throw new Error('sly') } })": "Error: ",
	} {
		if o := run(t, r, extension.Run{Workspace: "demo", Body: body}); !strings.HasPrefix(o.Caught, want) {
			t.Errorf("%s: %q", body, o.Caught)
		}
	}
}

// TestScriptsThatDoNotEndAreEnded fails when a script keeps a process, or the memory of the machine, beyond what it may have, or
// leaves a runner that does not run the next.
func TestScriptsThatDoNotEndAreEnded(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{Timeout: 3 * time.Second, Concurrency: 2})
	for name, c := range map[string]struct{ body, caught string }{
		"a loop":               {`console.log('begun'); for (;;);`, "TimeoutError: "},
		"a loop of promises":   {`for (;;) await null`, "TimeoutError: "},
		"a wait":               {`await new Promise((done) => setTimeout(done, 60000))`, "TimeoutError: "},
		"a loop that catches":  {`for (;;) try { for (;;); } catch (e) {}`, "TimeoutError: "},
		"a regular expression": {`return /^(?=(a+)+$)/.test('a'.repeat(40) + '!')`, "TimeoutError: "},
		"a big sort":           {`return Array.from({length: 1e9}).sort()`, ""},
		"doubling":             {`let s = 'x'; for (;;) s += s`, ""},
		"an array":             {`const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length)`, ""},
	} {
		t.Run(name, func(t *testing.T) { // one after the other: who waits for a process is turned away some time
			o := run(t, r, script(c.body))
			if !strings.HasPrefix(o.Caught, c.caught) || o.Caught == "" {
				t.Errorf("caught %q", o.Caught)
			}
			if name == "a loop" && o.Stdout != "begun\n" {
				t.Errorf("what it had printed is lost: %q", o.Stdout)
			}
			if o := run(t, r, script(`return 1`)); string(o.Output) != "1" {
				t.Errorf("the next: %+v", o.Outcome)
			}
		})
	}
}

// TestNothingIsLeftForTheNextScript fails when one process, which runs scripts of several workspaces, carries anything over.
func TestNothingIsLeftForTheNextScript(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{Concurrency: 1})
	x := script(`
		Object.prototype.polluted = 'yes'; Array.prototype.map = () => ['mine']; JSON.parse = () => ({authn_ctx: 'mine'})
		JSON.stringify = () => 'mine'; globalThis.left = context.secrets.K; Promise.prototype.then = undefined
		module.kept = 1; console.log = () => 'mine'; require('request-promise-native').kept = 1
		setTimeout(() => { globalThis.left = 'later' }, 1)
		return {kept: 1}`)
	x.Secrets = map[string]string{"K": "of the first"}
	if o := run(t, r, x); string(o.Output) != `{"kept":1}` {
		t.Errorf("what writes the answer was replaced: %+v", o.Outcome)
	}
	o := run(t, r, extension.Run{Workspace: "other", Input: json.RawMessage(`{"authn_ctx":[1]}`), Body: `
		module.exports = async (context) => ({
			polluted: ({}).polluted, mapped: [1].map((n) => n), parsed: JSON.parse('1'), left: typeof left, secrets: context.secrets,
			ctx: context.authn_ctx, kept: module.kept, tool: require('request-promise-native').kept })`})
	if want := `{"mapped":[1],"parsed":1,"left":"undefined","secrets":{},"ctx":[1]}`; string(o.Output) != want {
		t.Errorf("got %s, %s", o.Output, o.Caught)
	}
}

// TestScriptsReachNothing fails when a script finds a way to its process, or to what that could tell.
func TestScriptsReachNothing(t *testing.T) {
	t.Setenv("COGNATE_TEST_SECRET", "of the server")
	r := newRunner(t, extension.ScriptConfig{})
	o := run(t, r, script(`
		const out = {}
		for (const name of ['process', 'Deno', 'Bun', 'std', 'os', 'XMLHttpRequest', 'WebAssembly', 'importScripts', 'load', 'readFile', 'send'])
			out[name] = typeof globalThis[name]
		out.functions = typeof Function('return this.process')()
		out.chain = typeof context.constructor.constructor('return process || 0').call
		try { out.caller = typeof this.constructor.constructor('return process')() } catch (e) { out.caller = e.name }
		try { await eval("import('fs')") } catch (e) { out.imported = e.name }
		for (const name of ['fs', 'node:fs', 'child_process', 'process', '../secrets', '__proto__', 'constructor', 'request'])
			try { require(name); out['require ' + name] = 'there' } catch (e) { }
		out.props = Object.getOwnPropertyNames(globalThis).filter((n) => !/^[A-Z]/.test(n)).sort()
		return out`))
	var out map[string]any
	if err := json.Unmarshal(o.Output, &out); err != nil || o.Caught != "" {
		t.Fatalf("%v, %s", err, o.Caught)
	}
	props := fmt.Sprint(out["props"])
	delete(out, "props")
	for name, got := range out {
		if got != "undefined" && name != "chain" && got != "ReferenceError" && got != "SyntaxError" {
			t.Errorf("%s is %v", name, got)
		}
	}
	if want := "[clearTimeout console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval exports fetch globalThis isFinite isNaN module parseFloat parseInt require setTimeout undefined unescape]"; props != want {
		t.Errorf("scripts have %s", props)
	}
}

func TestSecretsDoNotSlipIntoWhatIsPrinted(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{})
	x := script(`
		console.log(context.secrets.KEY, JSON.stringify(context.secrets.KEY)); console.error('x' + context.secrets.LONG)
		throw new Error('with Basic S2V5InNlY3JldA== and ' + context.secrets.KEY)`)
	x.Secrets = map[string]string{"KEY": `Key"secret`, "LONG": `Key"secret and more`, "ID": "a"}
	o := run(t, r, x)
	if got := o.Stdout + o.Stderr + o.Caught; strings.Contains(got, "secret\"") || strings.Contains(got, "and more") || strings.Contains(got, "Key") || strings.Contains(got, "S2V5") {
		t.Errorf("printed %q", got)
	}
	if o.Stdout != "[secret KEY] \"[secret KEY]\"\n" || o.Stderr != "x[secret LONG]\n" {
		t.Errorf("printed %q, %q", o.Stdout, o.Stderr)
	}
}

// api is somebody whom scripts call.
func api(t *testing.T) (*httptest.Server, *[]string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, fmt.Sprintf("%s %s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body))
		mu.Unlock()
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":"none"}`)
		case "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/big":
			_, _ = w.Write(make([]byte, 2<<20))
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"level":3}`)
		}
	}))
	t.Cleanup(s.Close)
	return s, &seen
}

func TestScriptsCallTheHostsThatTheyMay(t *testing.T) {
	t.Parallel()
	server, seen := api(t)
	open := newRunner(t, extension.ScriptConfig{Hosts: []string{"127.0.0.*", "*.example.com"}, Networks: []string{"127.0.0.0/8"}})
	for body, want := range map[string]string{
		`const r = await fetch(URL + '/a?b=c', {headers: {Authorization: 'Bearer t'}}); return [r.ok, r.status, (await r.json()).level, r.headers.get('Content-Type')]`: `[true,200,3,"application/json"]`,
		`const rp = require('request-promise-native'); return rp({uri: URL + '/b', qs: {x: 'y z'}, json: true})`:                                                        `{"level":3}`,
		`const rp = require('request-promise-native'); return rp.post(URL + '/c', {json: {a: 1}, auth: {user: 'u', pass: 'ü'}})`:                                        `{"level":3}`,
		`const rp = require('request-promise-native'); return rp({method: 'POST', url: URL + '/d', form: {a: '1&2'}})`:                                                  `"{\"level\":3}"`,
		`const rp = require('request-promise-native'); try { await rp({uri: URL + '/none', json: true}) } catch (e) { return [e.name, e.statusCode, e.error.error] }`:   `["StatusCodeError",404,"none"]`,
		`return (await fetch(URL + '/away')).status`:                                                     `302`,
		`return Promise.all([1, 2, 3].map(async () => (await fetch(URL)).status))`:                       `[200,200,200]`,
		`for (let i = 0; i < 10; i++) await fetch(URL); return fetch(URL).catch((e) => e.message)`:       `"fetch failed: a script makes at most 10 requests"`,
		`return fetch(URL + '/big').catch((e) => e.message)`:                                             `"fetch failed: the answer is too large"`,
		`return fetch('http://www.example.com/').catch((e) => e.message)`:                                `"fetch failed: http://www.example.com/ is not encrypted: use https, or set plain where the network is trusted"`,
		`return fetch('https://example.net/').catch((e) => e.message)`:                                   `"fetch failed: example.net is none of the hosts that scripts may call"`,
		`return fetch('file:///etc/passwd').catch((e) => e.message)`:                                     `"fetch failed: the URL cannot be read"`,
		`return fetch('http://127.0.0.1.example.net@127.0.0.2:1/').catch((e) => e.message.slice(0, 30))`: `"fetch failed: \"http://127.0.0."`,
		`return fetch(URL, {method: 'POST', body: 'x'.repeat(300000)}).catch((e) => e.message)`:          `"fetch failed: a request has at most 262144 bytes"`,
		`return fetch(URL, {headers: {'X-A': 'b\r\nHost: c'}}).catch((e) => e.message)`:                  `"fetch failed: net/http: invalid header field value for \"X-A\""`,
	} {
		o := run(t, open, extension.Run{Workspace: "demo", Body: "const URL = '" + server.URL + "'; module.exports = async () => {" + body + "}"})
		if string(o.Output) != want {
			t.Errorf("%s: %s, %s", body, o.Output, o.Caught)
		}
	}
	calls := strings.Join(*seen, "\n")
	for _, want := range []string{
		"GET /a?b=c Bearer t  ", "GET /b?x=y%20z   ", "POST /c Basic dTrDvA== application/json {\"a\":1}", "POST /d  application/x-www-form-urlencoded a=1%262",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("nobody asked %q of\n%s", want, calls)
		}
	}
	for name, c := range map[string]extension.ScriptConfig{
		"no host is configured":      {},
		"a name leads to ourselves":  {Hosts: []string{"*"}},
		"another network is allowed": {Hosts: []string{"*"}, Networks: []string{"10.0.0.0/8"}},
	} {
		o := run(t, newRunner(t, c), script(`return fetch('`+strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+`').catch((e) => e.message)`))
		if !strings.Contains(string(o.Output), "is none of the hosts") && !strings.Contains(string(o.Output), "is no public address") {
			t.Errorf("%s: %s, %s", name, o.Output, o.Caught)
		}
	}
}

// TestOneWorkspaceLeavesRoomForOthers fails when scripts of one workspace that do not end keep another's from running.
func TestOneWorkspaceLeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	r := newRunner(t, extension.ScriptConfig{Timeout: time.Minute, Concurrency: 2})
	ctx, cancel := context.WithCancel(t.Context())
	var greedy sync.WaitGroup
	begun := make(chan struct{}, 5)
	for range 5 {
		greedy.Go(func() {
			begun <- struct{}{}
			x := script(`for (;;);`)
			x.Input = json.RawMessage(`{}`)
			if _, err := r.Run(ctx, x); err != nil && !fault.Is(err, fault.Throttled, "") && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	for range 5 {
		<-begun
	}
	x := script(`return 1`)
	x.Workspace = "other"
	if o := run(t, r, x); string(o.Output) != "1" {
		t.Errorf("got %+v", o.Outcome)
	}
	cancel()
	greedy.Wait()
}

func BenchmarkRun(b *testing.B) {
	r := newRunner(b, extension.ScriptConfig{})
	x := script(`return {authn_ctx: {name: context.authn_ctx.name.toUpperCase()}}`)
	x.Input = json.RawMessage(`{"authn_ctx":{"name":"alice"}}`)
	for b.Loop() {
		if o := run(b, r, x); o.Caught != "" {
			b.Fatal(o.Caught)
		}
	}
}
