// Package lambda runs functions on this machine: child processes that speak the AWS Lambda Runtime API, in Go or anything
// compiled, in Node.js or in Python. It owns the processes: how many, how much memory, how long, and that none is left
// behind. It leaves what events mean to trigger.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says how a function is run. The zero value means: there is none.
type Config struct {
	Runtime     string            `yaml:"runtime" doc:"go (an executable), nodejs or python; AWS's names such as nodejs20.x and python3.12 are understood"`
	Folder      string            `yaml:"folder" doc:"folder of the function, where its process runs"`
	Handler     string            `yaml:"handler" doc:"go: the executable in the folder; nodejs and python: FILE.FUNCTION"`
	Interpreter string            `yaml:"interpreter" doc:"the node or python to run; empty means node or python3 of the PATH"`
	Command     []string          `yaml:"command" doc:"starts the process in the place of runtime, for other languages; it speaks the Lambda Runtime API"`
	Env         map[string]string `yaml:"env" doc:"environment of the process; it inherits PATH, HOME and TMPDIR and nothing else"`
	MemoryMiB   int               `yaml:"memory_mib" doc:"memory that one process may take (on Linux); 0 means 256"`
	Concurrency int               `yaml:"concurrency" doc:"processes at once; more calls wait; 0 means 10"`
	Warm        int               `yaml:"warm" doc:"processes that are kept ready; 0 means 1, below zero none"`
	// Private says that the command can take an API address with a path, so that the path keeps others out.
	Private bool `yaml:"-"`
	// Bare says that the process inherits nothing, and is told nothing of other functions.
	Bare bool          `yaml:"-"`
	Idle time.Duration `yaml:"idle" doc:"how long a process beyond the warm ones waits for work; 0 means 5m"`
}

// Configured reports whether there is a function.
func (c Config) Configured() bool { return c.Folder != "" || c.Handler != "" || len(c.Command) > 0 }

func (c Config) filled() Config {
	for _, d := range []struct {
		field *int
		usual int
	}{{&c.MemoryMiB, 256}, {&c.Concurrency, 10}, {&c.Warm, 1}} {
		if *d.field == 0 {
			*d.field = d.usual
		}
	}
	c.Warm = min(max(c.Warm, 0), c.Concurrency)
	if c.Idle == 0 {
		c.Idle = 5 * time.Minute
	}
	return c
}

// Check refuses a configuration that cannot work, without starting anything.
func (c Config) Check() error {
	switch {
	case c.Folder == "":
		return errors.New("lambda: folder is missing")
	case len(c.Command) > 0 && (c.Runtime != "" || c.Interpreter != ""):
		return errors.New("lambda: command stands in the place of runtime and interpreter; give one or the other")
	case len(c.Command) == 0 && c.Handler == "":
		return errors.New("lambda: handler is missing")
	case c.MemoryMiB < 0 || c.Concurrency < 0 || c.Idle < 0:
		return errors.New("lambda: memory_mib, concurrency and idle must not be negative")
	}
	if len(c.Command) > 0 {
		return nil
	}
	_, err := languageOf(c.Runtime)
	return err
}

// Options are what the functions of one server have in common.
type Options struct {
	Log    *slog.Logger // gets what functions print
	Watch  bool         // start functions anew when their folder changes
	Region string
	Env    map[string]string // of every function, below its own
}

// Host runs functions. Close it when no function is called any more.
type Host struct {
	Options
	starts    chan start
	functions []*Function
	mu        sync.Mutex
	spawner   sync.WaitGroup
	ended     sync.Once
}

// NewHost makes a host. The system kills children when the thread that started them ends, so one thread starts all.
func NewHost(o Options) *Host {
	h := &Host{Options: o, starts: make(chan start)}
	h.spawner.Go(func() {
		runtime.LockOSThread()
		for s := range h.starts {
			s.done <- s.cmd.Start()
		}
	})
	return h
}

type start struct {
	cmd  *exec.Cmd
	done chan error
}

func (h *Host) start(cmd *exec.Cmd) error {
	s := start{cmd, make(chan error, 1)}
	h.starts <- s
	return <-s.done
}

// Function makes a function and begins to warm it up. The name is for the log and for the function itself.
func (h *Host) Function(name string, c Config) (*Function, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.filled()
	f := &Function{host: h, name: name, Config: c, slots: make(chan struct{}, c.Concurrency), stop: make(chan struct{})}
	h.mu.Lock()
	h.functions = append(h.functions, f)
	h.mu.Unlock()
	if h.Watch {
		f.tasks.Go(f.follow)
	}
	f.tasks.Go(f.tend)
	f.warm()
	return f, nil
}

// Close ends every process and returns when all are gone.
func (h *Host) Close() error {
	h.mu.Lock()
	functions := slices.Clone(h.functions)
	h.mu.Unlock()
	for _, f := range functions {
		f.close()
	}
	for _, f := range functions {
		f.tasks.Wait()
	}
	h.ended.Do(func() { close(h.starts) })
	h.spawner.Wait()
	return nil
}

// NameOf gives a function's name: the last part of its ARN without qualifier, or what a pattern leaves of it.
func NameOf(arn string) string {
	_, name, ok := strings.Cut(arn, ":function:")
	if !ok {
		name = arn[strings.LastIndexByte(arn, ':')+1:]
	}
	name, _, _ = strings.Cut(name, ":")
	if name = strings.Trim(strings.ReplaceAll(name, "*", ""), "-_"); name == "" {
		return "function"
	}
	return name
}

// language is how functions of one kind are started.
type language struct {
	name string
	args func(c Config) []string
}

// languageOf finds a language by its own or AWS's name.
func languageOf(runtime string) (language, error) {
	for _, l := range languages() {
		for _, prefix := range strings.Fields(l.name) {
			if strings.HasPrefix(runtime, prefix) {
				return l, nil
			}
		}
	}
	return language{}, fmt.Errorf("lambda: runtime %q is neither go, nodejs nor python; other languages are started by command", runtime)
}

// environment is all that a function's process knows of its surroundings.
func (f *Function) environment(api, marker string, inherited []string) []string {
	env := map[string]string{
		"TZ": ":UTC", "LANG": "en_US.UTF-8", "PYTHONUNBUFFERED": "1",
		"AWS_REGION": f.host.Region, "AWS_DEFAULT_REGION": f.host.Region,
		"AWS_LAMBDA_FUNCTION_NAME": f.name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(f.MemoryMiB), "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/" + f.name, "AWS_LAMBDA_LOG_STREAM_NAME": marker,
		"AWS_EXECUTION_ENV": "AWS_Lambda_" + f.Runtime,
	}
	inherits, shared := []string{"PATH", "HOME", "TMPDIR"}, f.host.Env
	if f.Bare {
		inherits, shared = nil, nil
	}
	for _, name := range inherits {
		for _, pair := range inherited {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				env[name] = value
			}
		}
	}
	maps.Copy(env, shared)
	maps.Copy(env, f.Env)
	env["AWS_LAMBDA_RUNTIME_API"], env["_HANDLER"], env["LAMBDA_TASK_ROOT"] = api, f.Handler, f.root()
	env[markerName] = marker
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}

// Invoke runs the function on an event.
func (f *Function) Invoke(ctx context.Context, arn string, event []byte) ([]byte, error) {
	return f.call(ctx, arn, event)
}
