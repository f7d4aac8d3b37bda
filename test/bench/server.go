package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cognate.dev/cognate/test/started"
)

// server is one running cognate process, in its secure mode and with production parameters.
type server struct {
	cognito, pdp string // host:port
	grpc         string // likewise, of decisions
	key, secret  string // the root access key; only a first start prints it

	*started.Program
	log string // file of what it logged
}

// launch starts the binary on a data folder and returns when its banner says that it is ready.
func launch(binary, data, policies string, env ...string) (*server, error) {
	return launchWith(binary, nil, data, policies, env...)
}

// launchWith is launch with more flags.
func launchWith(binary string, flags []string, data, policies string, env ...string) (*server, error) {
	cmd := exec.Command(binary, append([]string{"serve", "--data", data, "--policies", policies,
		"--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(append(os.Environ(), "COGNATE_RATES_MODE=off"), env...) // to see what the machine can do, not what Cognito allows
	// A file, not a pipe: reading the log would cost the processors that are being measured.
	log, err := os.CreateTemp(filepath.Dir(data), "log-")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	p, err := started.Start(cmd, "ready", 3*time.Minute)
	s := &server{Program: p, log: log.Name()}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, s.tail())
	}
	address := func(word string) string { return strings.TrimSuffix(strings.TrimPrefix(p.Said[word], "http://"), "/") }
	s.cognito, s.pdp, s.grpc, s.key, s.secret = address("cognito"), address("decisions"), p.Said["grpc"], p.Said["access-key"], p.Said["secret-key"]
	return s, nil
}

// stop asks the server to end and waits until it has. Stopping twice is harmless.
func (s *server) stop() error {
	if s == nil {
		return nil
	}
	if err := s.Stop(); err != nil {
		return fmt.Errorf("the server did not end well: %w\n%s", err, s.tail())
	}
	return nil
}

// settle waits until the server has done what it does after a start (such as making spare signing keys), so that none
// of it is counted against a scenario: until it uses no processor for a while.
func (s *server) settle() {
	const pause, most = 200 * time.Millisecond, 50
	last := s.cpu()
	for idle, i := 0, 0; idle < 3 && i < most; i++ {
		time.Sleep(pause)
		now := s.cpu()
		if idle++; now > last {
			idle = 0
		}
		last = now
	}
}

func (s *server) memory(field string) float64 { return memoryOf(s.PID(), field) }

// memoryOf reads a line of /proc/PID/status, such as VmRSS or VmHWM, in MiB; 0 where there is no such file.
func memoryOf(pid int, field string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(raw, []byte("\n"+field+":"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.Atoi(string(fields[0]))
	if err != nil {
		return 0
	}
	return float64(kib) / 1024
}

// cpu is the processor time that the server has used, in steps of 10 ms; 0 where there is no /proc.
func (s *server) cpu() time.Duration {
	return time.Duration(s.stat(11)+s.stat(12)) * 10 * time.Millisecond // user and system
}

// faults counts the pages that the kernel had to give the server, without reading them from a disk.
func (s *server) faults() int { return s.stat(7) }

// stat is a field of /proc/PID/stat, counted from the state of the process; 0 where there is no such file.
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func (s *server) stat(field int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(raw, []byte(") ")) // the name before may hold spaces
	fields := bytes.Fields(rest)
	if len(fields) <= field {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[field]))
	return n
}

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tail is the last part of what the server logged.
func (s *server) tail() string {
	raw, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-4<<10):])
}
