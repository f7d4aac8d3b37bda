//go:build !unix

package lambda

import (
	"os"
	"syscall"
)

// markerName is the variable by which the descendants of a process could be found.
const markerName = "COGNATE_FUNCTION_PROCESS"

func alone() *syscall.SysProcAttr { return nil }

// limit cannot bound the memory of another process here.
func limit(int, int) error { return nil }

// collect waits for the end of a child, and does what comes last.
func collect(p *os.Process, last func()) (*os.ProcessState, error) {
	state, err := p.Wait()
	last()
	return state, err
}

// killGroup ends the process; what it started is its own affair on systems without process groups.
func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func killStrays(string) {}
