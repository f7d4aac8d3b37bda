package chaos

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cognate.dev/cognate/test/started"
)

// node is one running cognate process.
type node struct {
	*started.Program
	cognito, pdp string // URLs
	key, secret  string // of the root, when this start printed them
}

// cheap makes password hashes cheap and hides nothing else.
var cheap = []string{"COGNATE_PASSWORD_MEMORY_KIB=1024", "COGNATE_PASSWORD_TIME=1", "COGNATE_LOG_LEVEL=warn"}

// start runs a node in secure mode and waits until it is ready. Settings are environment variables.
func start(data string, settings []string, args ...string) (*node, error) {
	return ready(command(data, settings, args...))
}

func ready(cmd *exec.Cmd) (*node, error) {
	p, err := started.Start(cmd, "ready", started.Patience)
	if err != nil {
		return nil, err
	}
	return &node{p, p.Said["cognito"], p.Said["decisions"], p.Said["access-key"], p.Said["secret-key"]}, nil
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
	cmd.Env = slices.Concat(os.Environ(), started.Patient, cheap, settings)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// root is an SDK of the root user at an address, without retries: what fails shall show.
func root(address, key, secret string) *idp.Client { return rootThrough(address, key, secret, nil) }

func rootThrough(address, key, secret string, client idp.HTTPClient) *idp.Client {
	return idp.New(idp.Options{HTTPClient: client,
		Region: "us-east-1", BaseEndpoint: aws.String(address), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// patience is the time for one journey.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
	t.Cleanup(cancel)
	return ctx
}

// lastOf is the last that a process logged.
func lastOf(t *started.Tail) string {
	text := t.String()
	return text[max(0, len(text)-4000):]
}
