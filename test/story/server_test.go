package story

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

// server is one running cognate process and where it answers.
type server struct {
	*started.Program
	cognito string // URL of everything of Cognito
	pdp     string // URL of the decision point
	key     string // root access key id and secret, when the start printed one
	secret  string
}

// start runs the binary with ephemeral ports and returns when its banner says that it is ready.
func start(dir string, args ...string) (*server, error) {
	args = append(args, "--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "127.0.0.1:0")
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COGNATE_LOG_FORMAT=json")
	p, err := started.Start(cmd, "ready", time.Minute)
	if err != nil {
		return nil, err
	}
	return &server{p, p.Said["cognito"], p.Said["decisions"], p.Said["access-key"], p.Said["secret-key"]}, nil
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
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Log)
		}
	})
	return s
}

// soon is the patience of one request in a test.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
