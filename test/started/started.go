// Package started runs the programs that tests drive: it waits until one says that it is ready, remembers what it said, and ends
// it. Which program that is, and what is expected of it, is its callers' business.
package started

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Program is one that runs, or has run.
type Program struct {
	Said    map[string]string // until it was ready: the first word of each line, and the rest of the first line with it
	ReadyIn time.Duration
	Log     *Tail // what it wrote to its standard error, unless the command says where that goes

	cmd    *exec.Cmd
	in     io.Closer
	ended  chan struct{}
	err    error // of its end
	killed atomic.Bool
}

// Start runs a command and returns when it has written a line that begins with a word. The error tells what it logged.
func Start(cmd *exec.Cmd, ready string, patience time.Duration) (*Program, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	told := make(chan struct{})
	return start(cmd, told, patience, func(p *Program) {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
			if _, known := p.Said[word]; !known {
				p.Said[word] = strings.TrimSpace(value)
			}
			if word == ready {
				close(told)
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	})
}

// StartUntil runs a command that does not say when it is ready, and returns when somebody who asks it finds that it is.
func StartUntil(cmd *exec.Cmd, ready func() bool, patience time.Duration) (*Program, error) {
	told := make(chan struct{})
	return start(cmd, told, patience, func(p *Program) {
		go func() {
			for look := time.NewTicker(20 * time.Millisecond); ; {
				select {
				case <-look.C:
					if ready() {
						close(told)
						return
					}
				case <-p.ended:
					return
				}
			}
		}()
	})
}

// start runs a command, has somebody listen to it, and waits until it is told that it is ready.
func start(cmd *exec.Cmd, told <-chan struct{}, patience time.Duration, listen func(*Program)) (*Program, error) {
	p := &Program{Said: map[string]string{}, Log: &Tail{}, cmd: cmd, ended: make(chan struct{})}
	if cmd.Stderr == nil {
		cmd.Stderr = p.Log
	}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil { // stays open: some programs end with it
		return nil, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		listen(p)
		p.err = cmd.Wait()
		close(p.ended)
	}()
	select {
	case <-told:
		p.ReadyIn = time.Since(begun)
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("it ended before it was ready (%w)\n%s", cmp.Or(p.err, io.EOF), p.Log)
	case <-time.After(patience):
		p.Kill()
		return nil, fmt.Errorf("it was not ready in time\n%s", p.Log)
	}
}

// PID is the id of its process.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// Dir is the folder where it was started.
func (p *Program) Dir() string { return p.cmd.Dir }

// Kill ends it as a power cut would end its process.
func (p *Program) Kill() {
	p.killed.Store(true)
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Stop asks it to end and waits until it has; one that does not is killed. The error is that of its end. One that was killed has
// ended.
func (p *Program) Stop() error {
	if p.killed.Load() {
		return nil
	}
	_ = p.in.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return p.err
	case <-time.After(Patience):
		p.Kill()
		return errors.New("it did not end after SIGTERM")
	}
}

// Tail keeps what a program wrote. Safe for concurrent use.
type Tail struct {
	mu  sync.Mutex
	buf strings.Builder
}

// Write keeps more.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

// String is all that was written.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
