package deploy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cognate.dev/cognate/test/started"
)

// image is what the Dockerfile makes, as a folder.
type image struct {
	root, data string
	user       int
	env        []string
}

// only is what a line of the Dockerfile must have exactly one of.
func only(t *testing.T, dockerfile, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)`+pattern).FindAllStringSubmatch(dockerfile, -1)
	if len(found) != 1 {
		t.Fatalf("the Dockerfile has %d lines like %s", len(found), pattern)
	}
	return found[0][1]
}

// unpack builds the binary as the Dockerfile does and puts it where that does, into a folder with nothing else in it.
func unpack(t *testing.T) *image {
	t.Helper()
	dockerfile := text(t, "deploy/Dockerfile")
	dir := t.TempDir()
	i := &image{root: filepath.Join(dir, "root"), data: filepath.Join(dir, "data"), env: strings.Fields(only(t, dockerfile, `^ENV (.*)`))}
	var err error
	if i.user, err = strconv.Atoi(only(t, dockerfile, `^USER (\d+):\d+$`)); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(i.root, only(t, dockerfile, `^COPY --from=build /out/cognate (\S+)$`))
	for _, folder := range []string{filepath.Dir(program), filepath.Join(i.root, "data"), filepath.Join(i.root, "tmp"), i.data} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// The server's user must get through the test's own folders.
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(i.data, 0o700), os.Chown(i.data, i.user, i.user)); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "sh", "-c", only(t, dockerfile, `^RUN (CGO_ENABLED=0 go build .*) -o /out/cognate `)+" -o '"+program+"' ./cmd/cognate")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return i
}

// run starts the server as compose.yaml has a container do it: its own root, which is read-only but for the data folder and /tmp, and
// a user without any rights.
func (i *image) run(t *testing.T) *started.Program {
	t.Helper()
	const script = `set -e
mount --bind "$ROOT" "$ROOT"
mount --bind "$VOLUME" "$ROOT/data"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -o remount,ro,bind "$ROOT"
exec setpriv --no-new-privs chroot --userspec="$OWNER:$OWNER" "$ROOT" /usr/local/bin/cognate serve`
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script)
	cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH"), "ROOT=" + i.root, "VOLUME=" + i.data, fmt.Sprint("OWNER=", i.user)}, i.env...),
		"COGNATE_LISTEN=127.0.0.1:0", "COGNATE_PDP_LISTEN=127.0.0.1:0", "COGNATE_PDP_GRPC_LISTEN=127.0.0.1:0") // where others have these ports
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p, err := started.Start(cmd, "ready", started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// TestTheImageNeedsNothingElse runs what the image holds as a container would, without the container: there is nothing here that
// builds images. It fails when the binary needs a library, a shell, a file of a distribution, a right of its user, or to write
// anywhere but in its data folder.
func TestTheImageNeedsNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt && command -v setpriv chroot").Run(); err != nil {
		t.Skipf("NOT RUN: mounting is not allowed here: %v", err)
	}
	i := unpack(t)
	first := i.run(t)
	if first.Said["access-key"] == "" {
		t.Error("the first start prints no root access key")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", first.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{fmt.Sprintf("\nUid:\t%[1]d\t%[1]d\t%[1]d\t%[1]d\n", i.user), "\nCapEff:\t0000000000000000\n", "\nNoNewPrivs:\t1\n"} {
		if !strings.Contains(string(status), line) {
			t.Errorf("the process is not locked in: no %q in\n%s", line, status)
		}
	}
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/root/new", first.PID()), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Errorf("the root is not read-only: %v", err)
	}
	api := func(p *started.Program) *idp.Client {
		return idp.New(idp.Options{Region: "us-east-1", BaseEndpoint: aws.String(p.Said["cognito"]),
			Credentials: credentials.NewStaticCredentialsProvider(first.Said["access-key"], first.Said["secret-key"], "")})
	}
	made, err := api(first).CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Errorf("%v\n%s", err, first.Log)
	}
	second := i.run(t)
	if second.Said["access-key"] != "" {
		t.Error("the second start made another root access key")
	}
	if _, err := api(second).DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: made.UserPool.Id}); err != nil {
		t.Errorf("what the first container wrote: %v", err)
	}
	if err := second.Stop(); err != nil {
		t.Errorf("%v\n%s", err, second.Log)
	}
}
