// Package sandbox is the process in which scripts of workspaces run: our own binary, without environment and files, with little
// memory, and a clock that ends it. It owns what a script sees and how its end is told. It leaves which script runs when, and
// what its answer may change, to extension.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cognate.dev/cognate/internal/kit/javascript"
	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/lambda/guest"
)

// Subcommand is the argument with which our binary becomes this process.
const Subcommand = "run-extension"

// Job is one run of a script.
type Job struct {
	Body    string            `json:"body"`  // module.exports = async function(context) {…}
	Input   json.RawMessage   `json:"input"` // an object: the context, without secrets
	Secrets map[string]string `json:"secrets,omitempty"`
	Check   bool              `json:"check,omitempty"` // compile it, and run nothing
	Limit   time.Duration     `json:"limit"`           // how long it may take
	Reach   Reach             `json:"reach"`
}

// Outcome is how a run ended.
type Outcome struct {
	Output json.RawMessage `json:"output"` // null when it threw
	Stdout string          `json:"stdout"`
	Stderr string          `json:"stderr"`
	Caught string          `json:"caught_err"` // what it threw, as NAME: MESSAGE; empty: nothing
	// Line of the script on which it threw or cannot be read, from 1; 0: nobody knows.
	Line int `json:"line,omitempty"`
}

// What a run may bring forth, in bytes.
const (
	MaxOutput  = 256 << 10
	MaxConsole = 32 << 10 // of each stream
)

// grace is what a script that cannot be interrupted has beyond its limit, before the process ends itself.
const grace = 100 * time.Millisecond

// Run is the life of the process: it runs one script after another until the other side is gone.
func Run(ctx context.Context) error {
	g := guest.New()
	s := &shelf{programs: map[[32]byte]*javascript.Program{}}
	return g.Serve(ctx, func(c guest.Call) ([]byte, *function.Thrown) {
		var job Job
		if err := json.Unmarshal(c.Event, &job); err != nil {
			return nil, &function.Thrown{Type: "SyntaxError", Message: err.Error()}
		}
		return serve(ctx, &run{job: job, shelf: s}, func(o Outcome) {
			_ = g.Answer(ctx, c.ID, write(o), nil) // the other side may be gone
			os.Exit(1)                             // nothing else stops a regular expression
		}), nil
	})
}

// serve runs a script, and gives what it gave, or has end told that it took too long. Which of the two comes first answers, and the other
// does nothing: a clock that strikes as a script ends must not end the next one. It does not return once end was called.
func serve(ctx context.Context, r *run, end func(Outcome)) []byte {
	var answered atomic.Bool
	watch := time.AfterFunc(r.job.Limit+grace, func() {
		if answered.CompareAndSwap(false, true) {
			end(r.late())
		}
	})
	defer watch.Stop()
	out := write(r.run(ctx))
	if !answered.CompareAndSwap(false, true) {
		select {} // the process is ending
	}
	return out
}

func write(o Outcome) []byte {
	body, err := json.Marshal(o)
	if err != nil { // an output that is no JSON: there is none by what writes it
		body, _ = json.Marshal(Outcome{Output: null, Caught: "Error: " + err.Error()})
	}
	return body
}

var null = json.RawMessage("null")

// run is one run.
type run struct {
	job   Job
	shelf *shelf

	mu             sync.Mutex // the clock reads what the script prints
	stdout, stderr strings.Builder
}

// print takes a line of the console, as far as there is room.
func (r *run) print(level, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	stream := &r.stdout
	if level == "warn" || level == "error" {
		stream = &r.stderr
	}
	room := MaxConsole - stream.Len()
	if room <= 0 {
		return
	}
	if line += "\n"; len(line) > room {
		line = line[:room]
	}
	stream.WriteString(line)
}

// late is the outcome of a script that took too long.
func (r *run) late() Outcome {
	return r.outcome(null, &javascript.Exception{Name: "TimeoutError", Message: fmt.Sprintf("the script took longer than %s", r.job.Limit)})
}

func (r *run) outcome(output json.RawMessage, err error) Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := Outcome{Output: output, Stdout: strings.ToValidUTF8(r.stdout.String(), ""), Stderr: strings.ToValidUTF8(r.stderr.String(), "")}
	if err != nil {
		o.Output, o.Caught, o.Line = null, strings.ToValidUTF8(shorten(err.Error()), ""), lineOf(err)
	}
	return o
}

// places are where a script is named in the stack of what it threw, and in what is said of one that cannot be read.
var places = regexp.MustCompile(`\b` + regexp.QuoteMeta(scriptName) + `(?::|: Line )(\d{1,6}):\d+`)

func lineOf(err error) int {
	e := (*javascript.Exception)(nil)
	if !errors.As(err, &e) {
		return 0
	}
	where := e.Stack
	if where == "" { // what a timer throws, or a script that cannot be read
		where = e.Message
	}
	if at := places.FindStringSubmatch(where); at != nil {
		n, _ := strconv.Atoi(at[1]) // digits, and few
		return n
	}
	return 0
}

// maxCaught bounds what is told of an error, in bytes.
const maxCaught = 4 << 10

func shorten(text string) string { return text[:min(len(text), maxCaught)] }

func (r *run) run(ctx context.Context) Outcome {
	ctx, cancel := context.WithTimeout(ctx, r.job.Limit)
	defer cancel()
	output, err := r.call(ctx)
	if errors.Is(err, javascript.ErrInterrupted) {
		return r.late()
	}
	return r.outcome(output, err)
}

// call runs the script in a world of its own.
func (r *run) call(ctx context.Context) (json.RawMessage, error) {
	program, err := r.shelf.program(r.job.Body)
	if err != nil || r.job.Check {
		return null, err
	}
	w, err := javascript.NewWorld(r.print)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	stop := context.AfterFunc(ctx, w.Interrupt)
	defer stop()
	if err := equip(ctx, w, r.job.Reach); err != nil {
		return nil, err
	}
	handler, err := exported(w, program)
	if err != nil {
		return nil, err
	}
	input, err := r.input(w)
	if err != nil {
		return nil, err
	}
	answer, settled, err := w.Call(handler, input)
	switch {
	case err != nil:
		return nil, err
	case !settled:
		return nil, &javascript.Exception{Name: "Error", Message: "the script waits for something that never comes"}
	}
	text, err := w.Write(answer)
	if err == nil && len(text) > MaxOutput {
		err = &javascript.Exception{Name: "RangeError", Message: fmt.Sprintf("the output has more than %d bytes", MaxOutput)}
	}
	return json.RawMessage(text), err
}
