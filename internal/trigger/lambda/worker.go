package lambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/trigger/function"
)

// worker is one process and the Runtime API that it alone speaks.
type worker struct {
	function   *Function
	generation int
	marker     string // in the environment of the process and of all that it starts
	path       string // before the paths of the API: a secret, unless the client of the API cannot take one
	cmd        *exec.Cmd
	server     *http.Server
	pipes      []*os.File
	logs       sync.WaitGroup
	since      time.Time // idle, guarded by the pool

	events  chan *invocation
	ready   chan struct{} // closed when the process asks for work for the first time
	asks    sync.Once
	current atomic.Pointer[invocation]
	last    atomic.Pointer[invocation]      // stays when it has its result: what is printed late is its own
	thrown  atomic.Pointer[function.Thrown] // while it was being loaded

	mu     sync.Mutex
	reaped bool
	done   chan struct{} // closed when the process is gone
	exit   error
}

// invocation is one call on its way through a process.
type invocation struct {
	id, arn  string
	event    []byte
	deadline time.Time
	result   chan result
}

type result struct {
	body []byte
	err  error
}

// errGone is a process that ended before it saw the event.
var errGone = errors.New("the process has ended")

// spawn starts a process.
func (f *Function) spawn(generation int) (*worker, error) {
	if err := f.present(); err != nil {
		return nil, err
	}
	args, err := f.command()
	if err != nil {
		return nil, err
	}
	w := &worker{
		function: f, generation: generation, marker: random.Alnum(20),
		events: make(chan *invocation), ready: make(chan struct{}), done: make(chan struct{}),
	}
	if len(f.Command) == 0 || f.Private {
		w.path = "/" + random.Alnum(32)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the function: %w", err)
	}
	w.server = &http.Server{Handler: w.api(), ReadHeaderTimeout: 10 * time.Second}
	w.cmd = exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // the operator's own command
	w.cmd.Dir = f.root()
	w.cmd.Env = f.environment(listener.Addr().String()+w.path, w.marker, os.Environ())
	w.cmd.SysProcAttr = alone()
	if err := w.launch(); err != nil {
		listener.Close()
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	f.tasks.Go(func() { _ = w.server.Serve(listener) })
	go w.reap()
	return w, nil
}

// launch starts the process within its limits, its output going to the log.
func (w *worker) launch() error {
	out, err := w.log("stdout")
	if err != nil {
		return err
	}
	defer out.Close()
	w.cmd.Stdout = out
	failed, err := w.log("stderr")
	if err != nil {
		return err
	}
	defer failed.Close()
	w.cmd.Stderr = failed
	if err := w.function.host.start(w.cmd); err != nil {
		return err
	}
	if err := limit(w.cmd.Process.Pid, w.function.MemoryMiB); err != nil {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
		return fmt.Errorf("limit its memory: %w", err)
	}
	return nil
}

// run hands an event to the process and waits for its answer. At the deadline the process is killed.
func (w *worker) run(ctx context.Context, arn string, event []byte) ([]byte, error) {
	inv := &invocation{id: random.UUID(), arn: arn, event: event, result: make(chan result, 1)}
	inv.deadline, _ = ctx.Deadline()
	select {
	case w.events <- inv:
	case <-w.done:
		return nil, errGone
	case <-ctx.Done():
		w.kill()
		return nil, ctx.Err()
	}
	select {
	case r := <-inv.result:
		return r.body, r.err
	case <-ctx.Done():
		w.kill()
		return nil, ctx.Err()
	case <-w.done:
	}
	select {
	case r := <-inv.result: // it answered, and ended
		return r.body, r.err
	default:
		return nil, w.died()
	}
}

// died says how the process ended: with what it threw while it was being loaded, or by itself.
func (w *worker) died() error {
	if thrown := w.thrown.Load(); thrown != nil {
		return thrown
	}
	return &function.Failure{Name: "Runtime.ExitError", Cause: w.exit}
}

// reap waits for the end of the process and takes everything that it started with it.
func (w *worker) reap() {
	defer w.function.tasks.Done()
	state, err := collect(w.cmd.Process, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		killGroup(w.cmd.Process.Pid)
		w.reaped = true // from here on the number may belong to another process
	})
	if err == nil {
		err = errors.New(state.String())
	}
	killStrays(w.marker)
	for _, p := range w.pipes { // whoever still holds the other end is not waited for
		_ = p.SetReadDeadline(time.Now().Add(time.Second))
	}
	w.logs.Wait()
	_ = w.server.Close() // the child it served is gone
	w.exit = err
	close(w.done)
	w.function.gone(w)
}

// kill ends the process and its group.
func (w *worker) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.reaped {
		killGroup(w.cmd.Process.Pid)
	}
}

func (w *worker) ended() bool { return closed(w.done) }

// began reports whether the process has ever asked for work.
func (w *worker) began() bool { return closed(w.ready) }

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
