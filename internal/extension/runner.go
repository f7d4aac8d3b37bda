package extension

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"cognate.dev/cognate/internal/extension/sandbox"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/lambda"
)

// Config is what workspaces may add.
type Config struct {
	Scripts    ScriptConfig `yaml:"scripts"`
	CustomApps bool         `yaml:"custom_apps" doc:"whether there are custom applications and consent pages of one's own, through which people are sent"`
}

// Check refuses a configuration that cannot work.
func (c Config) Check() error { return c.Scripts.Check() }

// ScriptConfig is what scripts may take and reach.
type ScriptConfig struct {
	Timeout     time.Duration `yaml:"timeout" doc:"how long one script may take; 0 means 3s"`
	MemoryMiB   int           `yaml:"memory_mib" doc:"memory that one process of scripts may take (on Linux), at least 160, of which 128 go before any script runs; 0 means 192"`
	Concurrency int           `yaml:"concurrency" doc:"scripts that run at once, each in a process; more wait. A workspace gets another only while it runs fewer than are free; 0 means 10"`
	Warm        int           `yaml:"warm" doc:"processes that are kept ready once a script has run; 0 means 1, below zero none"`
	Hosts       []string      `yaml:"hosts" doc:"names of hosts that scripts may call, * is any text; empty: none"`
	Networks    []string      `yaml:"networks" doc:"networks, such as 10.1.0.0/16, that scripts may call beside public addresses"`
}

// Check refuses a configuration that cannot work.
func (c ScriptConfig) Check() error {
	if c.Timeout < 0 || c.Timeout > time.Minute || c.MemoryMiB < 0 || c.Concurrency < 0 {
		return errors.New("extensions.scripts: timeout is at most 1m, and timeout, memory_mib and concurrency must not be negative")
	}
	if c.MemoryMiB != 0 && c.MemoryMiB < 160 {
		return errors.New("extensions.scripts: memory_mib must be at least 160")
	}
	_, err := c.networks()
	return err
}

func (c ScriptConfig) networks() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range c.Networks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("extensions.scripts.networks: %q is no network such as 10.1.0.0/16", text)
		}
		list = append(list, p)
	}
	return list, nil
}

func (c ScriptConfig) filled() ScriptConfig {
	if c.Timeout == 0 {
		c.Timeout = 3 * time.Second
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = 192
	}
	if c.Concurrency == 0 {
		c.Concurrency = 10
	}
	return c
}

// Runner runs scripts in processes of our own binary, which it starts when the first script is to run. Safe for concurrent use.
type Runner struct {
	ScriptConfig
	host  *lambda.Host
	self  string // our binary
	reach sandbox.Reach

	mu       sync.Mutex
	function *lambda.Function
	turns    turns
}

// NewRunner makes a runner whose processes belong to a host; self is the path of our own binary.
func NewRunner(h *lambda.Host, self string, c ScriptConfig) (*Runner, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.filled()
	networks, err := c.networks()
	return &Runner{
		ScriptConfig: c, host: h, self: self, turns: turns{slots: c.Concurrency}, reach: sandbox.Reach{Hosts: c.Hosts, Networks: networks},
	}, err
}

// Run is one run of a script.
type Run struct {
	Workspace string
	Body      string
	Input     json.RawMessage // an object
	Secrets   map[string]string
	Check     bool // compile it, and run nothing
}

// Outcome is how a run ended. What a script threw is no error but its outcome.
type Outcome struct {
	sandbox.Outcome
	Took time.Duration
}

// Run runs a script. The error is a fault Throttled when too many run for too long, or one of our own.
func (r *Runner) Run(ctx context.Context, x Run) (*Outcome, error) {
	f, err := r.ready()
	if err != nil {
		return nil, err
	}
	job, err := json.Marshal(sandbox.Job{Body: x.Body, Input: x.Input, Secrets: x.Secrets, Check: x.Check, Limit: r.Timeout, Reach: r.reach})
	if err != nil {
		return nil, fmt.Errorf("write the input of a script: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience(r.Timeout))
	defer cancel()
	leave, err := r.turns.enter(ctx, x.Workspace)
	if err != nil {
		return nil, err
	}
	defer leave()
	began := time.Now()
	out, err := f.Invoke(ctx, "script", job)
	o := &Outcome{Took: time.Since(began)}
	if err != nil {
		o.Outcome.Output = json.RawMessage("null")
		o.Caught, err = ended(ctx, err, r.ScriptConfig)
		return o, err
	}
	if err := json.Unmarshal(out, &o.Outcome); err != nil {
		return nil, fmt.Errorf("read what a script gave: %w", err)
	}
	hide(&o.Outcome, x.Secrets)
	return o, nil
}

// patience is how long a run may take with its waiting for a turn, and the start of a process. It ends processes that do not end
// themselves.
func patience(limit time.Duration) time.Duration { return 2*limit + 5*time.Second }

// ended says what the end of a process was to the script.
func ended(ctx context.Context, err error, c ScriptConfig) (caught string, _ error) {
	failure := (*function.Failure)(nil)
	switch {
	case errors.As(err, &failure) && failure.Name == "Runtime.ExitError":
		return fmt.Sprintf("MemoryError: the process of the script has ended: it may have %d MiB of memory", c.MemoryMiB), nil
	case errors.As(err, &failure) && failure.Name == "TooManyRequestsException":
		return "", busy()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Sprintf("TimeoutError: the script took longer than %s", c.Timeout), nil
	}
	return "", fmt.Errorf("run a script: %w", err)
}

func busy() error {
	return fault.New(fault.Throttled, "", "Too many scripts are running. Please try again in a moment.")
}

// ready starts what scripts run in, once there is one to run.
func (r *Runner) ready() (*lambda.Function, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.function != nil {
		return r.function, nil
	}
	f, err := r.host.Function("scripts", lambda.Config{
		Command: []string{r.self, sandbox.Subcommand}, Private: true, Bare: true, Folder: os.TempDir(),
		MemoryMiB: r.MemoryMiB, Concurrency: r.Concurrency, Warm: r.Warm,
	})
	if err != nil {
		return nil, fmt.Errorf("start what scripts run in: %w", err)
	}
	r.function = f
	return f, nil
}
