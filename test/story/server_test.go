package story

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is one running cognate process and where it answers.
type server struct {
	cognito string // URL of everything of Cognito
	pdp     string // URL of the decision point
	key     string // root access key id and secret, when the start printed one
	secret  string

	cmd  *exec.Cmd
	log  *tail
	done chan error
}

// start runs the binary with ephemeral ports and returns when its banner says that it is ready.
func start(dir string, args ...string) (*server, error) {
	args = append(args, "--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "127.0.0.1:0")
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COGNATE_LOG_FORMAT=json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, log: &tail{}, done: make(chan error, 1)}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go s.read(out, ready)
	select {
	case <-ready:
		return s, nil
	case err := <-s.done:
		return nil, fmt.Errorf("the server ended before it was ready: %v\n%s", err, s.log.String())
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("the server was not ready in time\n%s", s.log.String())
	}
}

// read takes the addresses from the banner: lines of a word and a value, the last of which begins with "ready".
func (s *server) read(out io.Reader, ready chan<- struct{}) {
	lines, told := bufio.NewScanner(out), false
	for lines.Scan() {
		word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		value = strings.TrimSpace(value)
		switch word {
		case "cognito":
			s.cognito = value
		case "decisions":
			s.pdp = value
		case "access-key":
			s.key = value
		case "secret-key":
			s.secret = value
		case "ready":
			if !told {
				told = true
				close(ready)
			}
		}
	}
	s.done <- s.cmd.Wait()
}

// stop asks the server to end and waits until it has.
func (s *server) stop() error {
	if s.cmd.ProcessState != nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.done:
		return err
	case <-time.After(15 * time.Second):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the server did not end after SIGTERM")
	}
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// serve starts a server for a Go test and ends it with the test.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	s, err := start(dir, append(args, "--data", filepath.Join(dir, "data"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, s.log.String())
		}
	})
	return s
}

// tail keeps what the server logged. Safe for concurrent use.
type tail struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// soon is the patience of one request in a test.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
