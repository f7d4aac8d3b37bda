package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// failedCommand ends the process as the command did.
type failedCommand struct{ code int }

func (f failedCommand) Error() string {
	return fmt.Sprintf("the command ended with exit code %d", f.code)
}

// ExitCode is the command's.
func (f failedCommand) ExitCode() int { return f.code }

// Beside runs a command beside a server, which finds it by the environment variables of `cerbos run`, CERBOS_HTTP and CERBOS_GRPC,
// and by AWS_ENDPOINT_URL, and ends the server with the command. Serve runs until its context ends, and says in its banner
// where it is.
func Beside(ctx context.Context, command []string, serve func(ctx context.Context, banner io.Writer) error) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := serve(serving, out)
		_ = out.CloseWithError(io.EOF) // nobody reads it any more
		ended <- err
	}()
	where, ready := addresses(said)
	if !ready {
		return errors.Join(errors.New("the decision point did not start"), <-ended)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	err := runCommand(ctx, command, where)
	stop()
	return errors.Join(err, <-ended)
}

// addresses reads the banner until the server is ready.
func addresses(banner io.Reader) (where map[string]string, ready bool) {
	where = map[string]string{}
	lines := bufio.NewScanner(banner)
	for lines.Scan() {
		word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if word == "ready" {
			return where, true
		}
		where[word] = strings.TrimSpace(value)
	}
	return where, false
}

func runCommand(ctx context.Context, command []string, where map[string]string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // it is what the user asks for
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "CERBOS_HTTP="+strings.TrimPrefix(where["decisions"], "http://"), "CERBOS_GRPC="+where["grpc"],
		"AWS_ENDPOINT_URL="+where["cognito"])
	err := cmd.Run()
	var code *exec.ExitError
	if errors.As(err, &code) && code.ExitCode() > 0 {
		return failedCommand{code.ExitCode()}
	}
	return err
}
