package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cognate.dev/cognate/internal/trigger/function"
)

// Function is one function and its processes. Safe for concurrent use.
type Function struct {
	Config
	host  *Host
	name  string
	slots chan struct{} // one for each call under way: there are never more processes than Concurrency
	stop  chan struct{}
	tasks sync.WaitGroup

	mu         sync.Mutex
	idle       []*worker // the one that worked last at the end
	processes  int
	generation int // of the code; processes of an older one end after their call
	failures   int // starts in a row that came to nothing
	warming    bool
	closed     bool
}

// call runs an event in a process that is free, or in a new one; when all are busy it waits for its turn. A process that
// ended while it was idle has seen nothing of the event, so another one gets it.
func (f *Function) call(ctx context.Context, arn string, event []byte) ([]byte, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, &function.Failure{Name: "TooManyRequestsException", Cause: fmt.Errorf("%d calls of %s are under way", f.Concurrency, f.name)}
	}
	for {
		w, fresh, err := f.take()
		if err != nil {
			return nil, &function.Failure{Name: "Runtime.InvalidEntrypoint", Cause: err}
		}
		out, err := w.run(ctx, arn, event)
		f.give(w)
		if errors.Is(err, errGone) {
			if !fresh {
				continue
			}
			return nil, w.died()
		}
		return out, err
	}
}

// take gives an idle process, or a new one.
func (f *Function) take() (w *worker, fresh bool, err error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 && !f.closed {
		w = f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		return w, false, nil
	}
	f.mu.Unlock()
	w, err = f.add()
	return w, true, err
}

// add starts a process.
func (f *Function) add() (*worker, error) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, errors.New("the server is shutting down")
	}
	f.processes++
	f.tasks.Add(1) // until the process is gone
	generation := f.generation
	f.mu.Unlock()
	w, err := f.spawn(generation)
	if err != nil {
		f.mu.Lock()
		f.processes--
		f.failures++
		f.mu.Unlock()
		f.tasks.Done()
	}
	return w, err
}

// give puts a process back, unless it has ended or its code is no longer the newest.
func (f *Function) give(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.ended() {
		return
	}
	if f.closed || w.generation != f.generation {
		w.kill()
		return
	}
	w.since = time.Now()
	f.idle = append(f.idle, w)
}

// gone is told of every process that has ended.
func (f *Function) gone(w *worker) {
	f.mu.Lock()
	f.processes--
	for i, other := range f.idle {
		if other == w {
			f.idle = append(f.idle[:i], f.idle[i+1:]...)
			break
		}
	}
	if w.began() {
		f.failures = 0
	} else {
		f.failures++
	}
	f.mu.Unlock()
	f.warm()
}

// longestPause is the longest wait between starts that come to nothing.
const longestPause = 30 * time.Second

// warm starts processes until as many as wanted are there, one after the other, slower when they keep failing.
func (f *Function) warm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.warming || f.closed || f.processes >= f.Warm {
		return
	}
	f.warming = true
	pause := min(100*time.Millisecond<<min(f.failures, 10), longestPause)
	if f.failures == 0 {
		pause = 0
	}
	f.tasks.Go(func() {
		select {
		case <-f.stop:
		case <-time.After(pause):
		}
		f.warmOne()
	})
}

func (f *Function) warmOne() {
	w, err := f.add()
	f.mu.Lock()
	f.warming = false
	closed := f.closed
	f.mu.Unlock()
	switch {
	case err == nil:
		f.give(w)
	case !closed:
		f.host.Log.Error("a function cannot be started", slog.String("function", f.name), slog.Any("error", err))
	}
	f.warm()
}

// tend ends processes that nobody needs any more.
func (f *Function) tend() {
	tick := time.NewTicker(max(f.Idle/4, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-f.stop:
			return
		case now := <-tick.C:
			f.mu.Lock()
			for len(f.idle) > 0 && f.processes > f.Warm && now.Sub(f.idle[0].since) >= f.Idle {
				f.idle[0].kill()
				f.idle = f.idle[1:]
			}
			f.mu.Unlock()
		}
	}
}

// Reload lets processes of the present code end, those that work after their call, and starts new ones.
func (f *Function) Reload() {
	f.mu.Lock()
	f.generation++
	f.failures = 0
	for _, w := range f.idle {
		w.kill()
	}
	f.idle = nil
	f.mu.Unlock()
	f.warm()
}

func (f *Function) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed = true
	close(f.stop)
	for _, w := range f.idle {
		w.kill()
	}
	f.idle = nil
}

var _ function.Transport = (*Function)(nil)
