package lambda

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// markerName is the variable by which the descendants of a process are found, whatever group they moved to.
const markerName = "COGNATE_FUNCTION_PROCESS"

// alone puts a process into a group of its own, and lets it end with the server.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds the memory of a process that has just been started. It counts what the process writes to (RLIMIT_DATA):
// language runtimes reserve far more addresses than they use. A core dump would hold events, so there is none.
func limit(pid, mib int) error {
	bytes := uint64(mib) << 20
	return errors.Join(
		unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes}, nil),
		unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil))
}

// collect waits for the end of a child. What comes last runs while its number is still its own.
func collect(p *os.Process, last func()) (*os.ProcessState, error) {
	err := unix.EINTR
	for errors.Is(err, unix.EINTR) {
		err, _ = unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil).(unix.Errno) //nolint:errorlint // the call returns the number itself
	}
	last()
	return p.Wait()
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// killStrays ends descendants that left the group. One that forks while it is looked for is found the next time round.
func killStrays(marker string) {
	mark := []byte(markerName + "=" + marker + "\x00")
	for range 100 {
		found := false
		names, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil {
			return
		}
		for _, name := range names {
			env, err := os.ReadFile(name)
			if err != nil || !bytes.Contains(env, mark) {
				continue // ended, or somebody else's
			}
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
			}
		}
		if !found {
			return
		}
	}
}
