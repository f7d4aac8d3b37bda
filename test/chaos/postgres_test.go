package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cognate.dev/cognate/test/started"
)

// postgres is a PostgreSQL server of the test, which can be killed, started again, copied and promoted.
type postgres struct {
	t   testing.TB
	bin string
	dir string // sockets, and the data below
	cmd *exec.Cmd
	log *started.Tail
}

// newPostgres makes and starts a server with an empty database named cognate.
func newPostgres(t testing.TB) *postgres {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		need(t, "initdb")
	}
	p := &postgres{t: t, bin: filepath.Dir(found[len(found)-1])}
	p.folder()
	p.run("initdb", "-D", p.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	p.start()
	p.exec("postgres", "CREATE DATABASE cognate")
	return p
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// folder makes a place that the server's user owns.
func (p *postgres) folder() {
	p.t.Helper()
	dir, err := os.MkdirTemp("/tmp", "cognate-chaos-pg-")
	must(p.t, err)
	p.dir, p.log = dir, &started.Tail{}
	p.t.Cleanup(func() { os.RemoveAll(dir) })
	if c := p.credential(); c != nil {
		must(p.t, os.Chown(dir, int(c.Uid), int(c.Gid)))
	}
}

// credential is the server's user when the test runs as root, whom PostgreSQL refuses to run for.
func (p *postgres) credential() *syscall.Credential {
	p.t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	must(p.t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	must(p.t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	must(p.t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, p.log, p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential(), Pdeathsig: syscall.SIGQUIT}
	return cmd
}

func (p *postgres) run(program string, args ...string) {
	p.t.Helper()
	if err := p.command(program, args...).Run(); err != nil {
		p.t.Fatalf("%s: %v\n%s", program, err, p.log)
	}
}

// start starts the server and waits until it answers.
func (p *postgres) start() {
	p.t.Helper()
	p.cmd = p.command("postgres", "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "max_connections=100",
		"-c", "wal_level=replica", "-c", "max_wal_senders=4", "-c", "hot_standby=on", "-c", "wal_keep_size=128MB")
	must(p.t, p.cmd.Start())
	p.t.Cleanup(p.stop)
	deadline := time.Now().Add(started.Patience)
	for {
		conn, err := pgx.Connect(context.Background(), p.url("postgres"))
		if err == nil {
			must(p.t, conn.Close(context.Background()))
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("PostgreSQL does not answer: %v\n%s", err, p.log)
		}
		time.Sleep(20 * time.Millisecond) // there is nothing to wait on
	}
}

func (p *postgres) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// kill ends every process of the server as a power cut would.
func (p *postgres) kill() {
	p.t.Helper()
	pid := p.cmd.Process.Pid
	must(p.t, p.cmd.Process.Signal(syscall.SIGSTOP)) // it shall not have more children than we read of
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	must(p.t, err)
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
	for _, child := range strings.Fields(string(list)) {
		n, err := strconv.Atoi(child)
		must(p.t, err)
		_ = syscall.Kill(n, syscall.SIGKILL)
		for alive(n) {
			time.Sleep(time.Millisecond)
		}
	}
}

// alive says whether a process runs still. One that nobody has buried yet does not: that is up to init, which may not care.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// url is that of a database of the server.
func (p *postgres) url(database string) string {
	return "postgres:///" + database + "?user=postgres&host=" + p.dir
}

func (p *postgres) exec(database, statement string) {
	p.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, p.url(database))
	must(p.t, err)
	_, err = conn.Exec(ctx, statement)
	must(p.t, errors.Join(err, conn.Close(ctx)))
}

// standby makes and starts a streaming replica.
func (p *postgres) standby() *postgres {
	p.t.Helper()
	s := &postgres{t: p.t, bin: p.bin}
	s.folder()
	s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "-U", "postgres", "-h", p.dir)
	s.start()
	return s
}
