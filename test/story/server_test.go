package story

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

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

// patientDecisions is the configuration of servers that get none from their tests.
var patientDecisions = sync.OnceValues(func() (string, error) {
	file := filepath.Join(filepath.Dir(binary), "patient.yaml")
	return file, os.WriteFile(file, []byte(started.PatientDecisions), 0o600)
})

// start runs the binary with ephemeral ports and returns when its banner says that it is ready.
func start(dir string, args ...string) (*server, error) {
	if !slices.Contains(args, "--config") {
		config, err := patientDecisions()
		if err != nil {
			return nil, err
		}
		args = append(args, "--config", config)
	}
	args = append(args, "--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "127.0.0.1:0")
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "COGNATE_LOG_FORMAT=json"), started.Patient...)
	p, err := started.Start(cmd, "ready", started.Patience)
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

// soon is the patience of a test.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
	t.Cleanup(cancel)
	return ctx
}
