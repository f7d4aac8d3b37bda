package database_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/store/storetest"
)

// wire is a way to a PostgreSQL server that can go wrong.
type wire struct {
	url     string
	network string
	address string
	fault   atomic.Pointer[string]
	cut     atomic.Int32 // answers to COMMIT that were cut off
}

const (
	cutCommit = "the answer to COMMIT is lost"
	deaf      = "no answer comes"
)

func newWire(t *testing.T, database string) *wire {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(int(config.Port))
	w := &wire{network: "tcp", address: net.JoinHostPort(config.Host, port)}
	if strings.HasPrefix(config.Host, "/") {
		w.network, w.address = "unix", config.Host+"/.s.PGSQL."+port
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() { l.Close(); stop(); running.Wait() })
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.carry(ctx, c) })
		}
	})
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: l.Addr().String(), Path: config.Database, RawQuery: "sslmode=disable&connect_timeout=1"}
	w.url = u.String()
	return w
}

// carry passes bytes on in both directions until either end closes.
func (w *wire) carry(ctx context.Context, client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(ctx, w.network, w.address)
	if err != nil {
		client.Close()
		return
	}
	shut := func() { client.Close(); server.Close() }
	defer context.AfterFunc(ctx, shut)()
	var committing atomic.Bool
	var both sync.WaitGroup
	pass := func(to, from net.Conn, look func([]byte) (pass bool)) {
		defer shut()
		for b := make([]byte, 64<<10); ; {
			n, err := from.Read(b)
			if err != nil {
				return
			}
			if look(b[:n]) {
				if _, err := to.Write(b[:n]); err != nil {
					return
				}
			}
		}
	}
	both.Go(func() {
		pass(server, client, func(b []byte) bool {
			if fault := w.fault.Load(); fault != nil && *fault == cutCommit && bytes.Contains(bytes.ToLower(b), []byte("commit\x00")) {
				committing.Store(true)
			}
			return true
		})
	})
	both.Go(func() {
		pass(client, server, func([]byte) bool {
			if committing.Load() {
				w.cut.Add(1)
				shut() // it is committed, and nobody hears of it
				return false
			}
			fault := w.fault.Load()
			return fault == nil || *fault != deaf
		})
	})
	both.Wait()
}

func (w *wire) breaks(how string) { w.fault.Store(&how) }

func openPostgres(t *testing.T, url string, c postgres.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{Postgres: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// busy uses n connections at once, so that the pool holds as many.
func busy(t *testing.T, s *store.Store, n int, statement func(context.Context) error) {
	t.Helper()
	var all, here sync.WaitGroup
	here.Add(n)
	for range n {
		all.Go(func() {
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				here.Done()
				here.Wait()
				return statement(ctx)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A server that restarted or failed over leaves a pool of dead connections; no request may meet them.
func TestConnectionsOfALostServerFailNobody(t *testing.T) {
	t.Parallel()
	database := cluster.Database(t)
	s := openPostgres(t, database, postgres.Config{Conns: 8})
	people(t, s)
	for round, use := range map[string]func(i int) error{
		"reads": func(int) error { _, err := s.User(t.Context(), followPool, "u1"); return err },
		"writes": func(i int) error {
			id := "w" + strconv.Itoa(i)
			return s.InsertUser(t.Context(), &directory.User{PoolID: followPool, ID: id, Username: id}, directory.Keys{Username: id})
		},
	} {
		busy(t, s, 8, func(ctx context.Context) error { _, err := s.User(ctx, followPool, "u1"); return err })
		conn, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		var ended int
		err = conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&ended)
		if err := errors.Join(err, conn.Close(t.Context())); err != nil || ended < 8 {
			t.Fatalf("%d connections were ended, %v", ended, err)
		}
		for i := range 10 {
			if err := use(i); err != nil {
				t.Errorf("%s: %v", round, err)
			}
		}
	}
}

// A primary that became a standby keeps its connections in some products, and takes no writes on them.
func TestConnectionsThatOnlyReadAreReplaced(t *testing.T) {
	t.Parallel()
	database := cluster.Database(t)
	s := openPostgres(t, database, postgres.Config{Conns: 8})
	people(t, s)
	busy(t, s, 8, func(ctx context.Context) error {
		return s.Execute(ctx, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
	})
	addUser(t, s, "u2")
}

// When nobody knows whether a change happened, the node must not go on with what it had read before.
func TestACommitInDoubtIsReportedAndEverythingReadAnew(t *testing.T) {
	t.Parallel()
	url := cluster.Database(t)
	plain := storetest.Store(t, url)
	people(t, plain)
	w := newWire(t, url)
	s := openPostgres(t, w.url, postgres.Config{Pooler: true, Direct: url}) // so that what follows changes is not on the wire alone
	heard := following(t, s)
	w.breaks(cutCommit)
	err := s.InsertUser(t.Context(), &directory.User{PoolID: followPool, ID: "u3", Username: "u3"}, directory.Keys{Username: "u3"})
	if !errors.Is(err, postgres.ErrInDoubt) {
		t.Errorf("%v, want that it is in doubt", err)
	}
	if n := w.cut.Load(); n != 1 {
		t.Errorf("the commit was sent %d times", n)
	}
	if _, err := plain.User(t.Context(), followPool, "u3"); err != nil {
		t.Errorf("the test proves nothing: it was not committed: %v", err)
	}
	hears(t, heard, database.Change{})
}

// A server that is there and says nothing must not hold requests for ever.
func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	database := cluster.Database(t)
	w := newWire(t, database)
	s := openPostgres(t, w.url, postgres.Config{StatementTimeout: 3 * time.Second})
	people(t, s)
	w.breaks(deaf)
	began := time.Now()
	_, err := s.User(t.Context(), followPool, "u1")
	if err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a read: %v, want that it gave up", err)
	}
	if err := s.DeleteUser(t.Context(), followPool, "u1"); err == nil {
		t.Error("a write was answered by nobody")
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("a ping was answered by nobody")
	}
	if took := time.Since(began); took > 5*time.Minute {
		t.Errorf("it took %v", took)
	}
	w.breaks("nothing")
	if _, err := s.User(t.Context(), followPool, "u1"); err != nil {
		t.Errorf("after that: %v", err)
	}
}
