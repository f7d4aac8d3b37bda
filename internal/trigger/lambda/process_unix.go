//go:build unix && !linux

package lambda

import (
	"os"
	"syscall"
)

// markerName is the variable by which the descendants of a process could be found.
const markerName = "COGNATE_FUNCTION_PROCESS"

// alone puts a process into a group of its own.
func alone() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit cannot bound the memory of another process here.
func limit(int, int) error { return nil }

// collect waits for the end of a child, and does what comes last.
func collect(p *os.Process, last func()) (*os.ProcessState, error) {
	state, err := p.Wait()
	last()
	return state, err
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// killStrays has no way to find those that left the group.
func killStrays(string) {}
