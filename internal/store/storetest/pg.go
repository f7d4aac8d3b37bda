package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// EnvPostgres names the environment variable with the postgres:// URL of a server where tests may create databases.
const EnvPostgres = "COGNATE_TEST_POSTGRES"

// Cluster is the PostgreSQL server of one test binary: the one that EnvPostgres names, or a private one, which starts
// with the first database and listens on a socket in a temporary directory. Make it in TestMain and Stop it after the
// tests. It also goes away when the test binary dies.
type Cluster struct {
	once    sync.Once
	err     error
	server  *url.URL
	process *exec.Cmd
	alive   io.Closer // the cluster lives until this is closed

	mu   sync.Mutex
	made int
	free []string // databases that tests are done with, emptied
}

// errNoPostgres means that this machine has no PostgreSQL.
var errNoPostgres = errors.New("neither initdb was found nor " + EnvPostgres + " is set")

// Database returns the URL of a database that is the test's own until it ends, and has no rows. Tests that come after
// each other share one, because making one takes longer than most tests. On a machine without PostgreSQL it skips the
// test, unless CI=true.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	c.ready(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	var name string
	if n := len(c.free); n > 0 {
		name, c.free = c.free[n-1], c.free[:n-1]
	} else {
		name = c.create(t)
	}
	t.Cleanup(func() {
		if err := c.run(name, purge); err != nil {
			t.Errorf("empty the database: %v", err)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.free = append(c.free, name)
	})
	return c.url(name)
}

// purge empties every table but the one that knows the schema. It does not wait for what a test left open.
const purge = `SET lock_timeout = '5s';
DO $$ DECLARE t text; BEGIN
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version' LOOP
		EXECUTE 'DELETE FROM ' || quote_ident(t);
	END LOOP;
END $$`

// NewDatabase is Database without a schema, for tests of the schema itself.
func (c *Cluster) NewDatabase(t testing.TB) string {
	t.Helper()
	c.ready(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.url(c.create(t))
}

// ready starts the server if that has not happened, and skips or ends the test if there is none. The fast gate leaves out
// what needs one.
func (c *Cluster) ready(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no PostgreSQL server is started")
	}
	c.once.Do(c.start)
	if errors.Is(c.err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(c.err)
	}
	if c.err != nil {
		t.Fatal(c.err)
	}
}

// create makes a database. A given server keeps it until Stop.
func (c *Cluster) create(t testing.TB) string {
	t.Helper()
	c.made++
	if err := c.run("", "CREATE DATABASE "+c.name(c.made)); err != nil {
		t.Fatal(err)
	}
	return c.name(c.made)
}

func (c *Cluster) name(n int) string { return fmt.Sprintf("cognate_test_%d_%d", os.Getpid(), n) }

func (c *Cluster) url(name string) string {
	database := *c.server
	database.Path = "/" + name
	return database.String()
}

// Main runs the tests of a binary, stops the server and looks for goroutines that were left.
func (c *Cluster) Main(m *testing.M) {
	code := m.Run()
	if err := c.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop postgres:", err)
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// Stop ends the private server and removes its files; on a given server it drops the databases.
func (c *Cluster) Stop() error {
	if c.process != nil {
		err := errors.Join(c.alive.Close(), c.process.Wait())
		c.process, c.made = nil, 0
		return err
	}
	var errs []error
	for n := range c.made {
		errs = append(errs, c.run("", "DROP DATABASE IF EXISTS "+c.name(n+1)+" WITH (FORCE)"))
	}
	return errors.Join(errs...)
}

func (c *Cluster) start() {
	if given := os.Getenv(EnvPostgres); given != "" {
		c.server, c.err = url.Parse(given)
		return
	}
	bin := binaries()
	if bin == "" {
		c.err = errNoPostgres
		fmt.Fprintf(os.Stderr, "\n!!! THE POSTGRESQL TESTS ARE SKIPPED: %v\n\n", c.err)
		return
	}
	dir, err := c.launch(bin)
	if err != nil {
		c.err = fmt.Errorf("start postgres: %w", err)
		return
	}
	query := url.Values{"host": {dir}, "user": {"postgres"}}
	c.server = &url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: query.Encode()}
}

// script makes a cluster, starts it, says where it is and waits until its input ends, which it does when the test
// binary stops it or dies; then it removes everything. The collation is one that does not sort by bytes, as real
// servers have it. fsync is off: the tests here are about SQL, not about disks.
const script = `
trap '' INT HUP TERM
dir=$(mktemp -d /tmp/cognate-postgres.XXXXXX) || exit 1
cd "$dir" || exit 1
trap 'cd / && rm -rf "$dir"' EXIT
make() { "$0/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync "$@" >>"$dir/log" 2>&1; }
fail() { cat "$dir/log" >&2; exit 1; }
make --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US || { rm -rf "$dir/data"; make; } || fail
"$0/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c max_connections=200 -c deadlock_timeout=20ms \
	>>"$dir/log" 2>&1 &
server=$!
until "$0/pg_isready" -q -h "$dir"; do
	kill -0 $server || fail
	sleep 0.05
done
echo "$dir"
cat >/dev/null
kill -QUIT $server
wait $server
exit 0
`

func (c *Cluster) launch(bin string) (dir string, err error) {
	args := []string{"sh", "-c", script, bin}
	if os.Getuid() == 0 { // postgres refuses to run as root
		args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
	}
	c.process = exec.Command(args[0], args[1:]...)
	c.process.Dir = "/"
	c.process.Stderr = os.Stderr
	if c.alive, err = c.process.StdinPipe(); err != nil {
		return "", err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.process.Start(); err != nil {
		c.process = nil
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", errors.Join(errors.New("the server did not start"), c.Stop())
	}
	return strings.TrimSpace(line), nil
}

// run runs statements in a database, or without a name in the one of the server's URL.
func (c *Cluster) run(name, statements string) error {
	ctx := context.Background()
	url := c.server.String()
	if name != "" {
		url = c.url(name)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol)
	return errors.Join(err, conn.Close(ctx))
}

// binaries is the folder of initdb, postgres and pg_isready; Debian keeps them out of PATH.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "pg_isready")); err == nil {
			return filepath.Dir(path)
		}
	}
	return ""
}
