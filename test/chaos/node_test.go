package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// node is one running cognate process.
type node struct {
	cognito, pdp string // URLs
	key, secret  string // of the root, when this start printed them

	cmd  *exec.Cmd
	log  *tail
	done chan struct{}
	err  error

	killed atomic.Bool
}

// cheap makes password hashes cheap and hides nothing else.
var cheap = []string{"COGNATE_PASSWORD_MEMORY_KIB=1024", "COGNATE_PASSWORD_TIME=1", "COGNATE_LOG_LEVEL=warn"}

// start runs a node in secure mode and waits until it is ready. Settings are environment variables.
func start(data string, settings []string, args ...string) (*node, error) {
	n := &node{cmd: command(data, settings, args...), log: &tail{}, done: make(chan struct{})}
	n.cmd.Stderr = n.log
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go n.read(out, ready)
	select {
	case <-ready:
		return n, nil
	case <-n.done:
		return nil, fmt.Errorf("the node ended before it was ready: %w\n%s", n.err, n.log)
	case <-time.After(time.Minute):
		n.kill()
		return nil, fmt.Errorf("the node was not ready in time\n%s", n.log)
	}
}

// command is a server that nobody waits for.
func command(data string, settings []string, args ...string) *exec.Cmd {
	args = append([]string{"serve", "--data", data, "--pdp-listen", "127.0.0.1:0"}, args...)
	if !slices.Contains(args, "--pdp-grpc-listen") {
		args = append(args, "--pdp-grpc-listen", "off")
	}
	if !slices.Contains(args, "--listen") {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(append(os.Environ(), cheap...), settings...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (n *node) read(out io.Reader, ready chan<- struct{}) {
	lines, told := bufio.NewScanner(out), false
	for lines.Scan() {
		word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		value = strings.TrimSpace(value)
		switch word {
		case "cognito":
			n.cognito = value
		case "decisions":
			n.pdp = value
		case "access-key":
			n.key = value
		case "secret-key":
			n.secret = value
		case "ready":
			if !told {
				told = true
				close(ready)
			}
		}
	}
	n.err = n.cmd.Wait()
	close(n.done)
}

// kill ends the node as a power cut would.
func (n *node) kill() {
	n.killed.Store(true)
	_ = n.cmd.Process.Kill()
	<-n.done
}

// stop asks the node to end and waits for it. One that was killed has ended.
func (n *node) stop() error {
	if n.killed.Load() {
		return nil
	}
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
		return n.err
	case <-time.After(30 * time.Second):
		n.kill()
		return errors.New("the node did not end after SIGTERM")
	}
}

// root is an SDK of the root user at an address, without retries: what fails shall show.
func root(address, key, secret string) *idp.Client { return rootThrough(address, key, secret, nil) }

func rootThrough(address, key, secret string, client idp.HTTPClient) *idp.Client {
	return idp.New(idp.Options{HTTPClient: client,
		Region: "us-east-1", BaseEndpoint: aws.String(address), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// tail keeps what a process logged. Safe for concurrent use.
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

// freePort is a port of loopback that nobody listens on at this moment.
func freePort(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return port
}

// patience is the time for one journey.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// end is the last that a process logged.
func (t *tail) end() string {
	text := t.String()
	return text[max(0, len(text)-4000):]
}
