// Package postgres opens a PostgreSQL database for the store: a pool of connections, READ COMMITTED transactions that
// are tried again after a deadlock, and the PostgreSQL migrations. It leaves every other statement to the store.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a database. The zero value works.
type Options struct {
	Config
	// Observe is told of each commit: how many transactions shared it (always one), how many callers had to wait for
	// a connection at that moment (always zero: the pool does not say), how long the commit took.
	Observe func(writes, waiting int, took time.Duration)
}

// DB is an open database. Safe for concurrent use.
type DB struct {
	pool    *pool
	direct  *pgx.ConnConfig // past a pooler; nil: there is no way past it
	past    string          // the URL of direct
	replica *replica        // nil: none
	nudges  chan struct{}
	observe func(writes, waiting int, took time.Duration)
}

// Open connects to the database of a postgres:// URL and brings its schema up to date. Several nodes may do so at
// once: an advisory lock lets one of them work.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	db, err := open(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("open postgres database: %w", err)
	}
	return db, nil
}

func open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	db := &DB{nudges: make(chan struct{}, 1), observe: o.Observe}
	switch {
	case !o.Pooler:
		db.direct, db.past = config, url
	case o.Direct != "":
		db.past = o.Direct
		if db.direct, err = parse(o.Direct); err != nil {
			return nil, fmt.Errorf("direct: %w", err)
		}
	}
	if err := db.migrate(ctx, config); err != nil {
		return nil, err
	}
	db.pool = connect(config, url, o.Config)
	if o.Replica != "" {
		standby, err := parse(o.Replica)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("replica: %w", err), db.pool.Close())
		}
		db.replica = startReplica(connect(standby, o.Replica, o.Config), db.Conn(), o.ReplicaLag)
	}
	return db, nil
}

// Conn reads outside of transactions.
func (db *DB) Conn() rows.Conn { return reader{db.pool} }

// Stale reads outside of transactions what may be a little old.
func (db *DB) Stale() rows.Conn {
	if db.replica != nil {
		return db.replica
	}
	return db.Conn()
}

// Write runs fn in a READ COMMITTED transaction and returns when it is on disk. After a deadlock, a serialization failure or
// the loss of the server fn runs again, so it must not keep what an earlier run gave it.
func (db *DB) Write(ctx context.Context, fn func(rows.Conn) error) error {
	const attempts = 10
	longest := 5 * time.Millisecond
	for i := 1; ; i++ {
		took, err := db.pool.transaction(ctx, fn)
		lost := db.pool.lost(ctx, err)
		if err == nil && db.observe != nil {
			db.observe(1, 0, took)
		}
		if errors.Is(err, ErrInDoubt) || !lost && !again(err) || i == attempts {
			return unwritable(err)
		}
		longest *= 2
		pause := time.NewTimer(rand.N(longest)) //nolint:gosec // at random, lest the same ones meet again; nothing secret
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	foreignKeyViolation  = "23503"
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnly             = "25006" // a server that was the primary once
	diskFull             = "53100"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
)

// Violation tells which constraint err speaks of.
func (db *DB) Violation(err error) rows.Violation {
	switch state(err) {
	case uniqueViolation:
		return rows.Unique
	case foreignKeyViolation:
		return rows.ForeignKey
	}
	return rows.None
}

// unwritable makes a fault of an error that says that the server's disk is full, or that it takes no writes.
func unwritable(err error) error {
	if s := state(err); s == diskFull || s == readOnly {
		return fault.Unwritable(err)
	}
	return err
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.ping(ctx) }

// Check does nothing: a PostgreSQL server looks after its own files.
func (db *DB) Check(context.Context) error { return nil }

// Close closes all connections.
func (db *DB) Close() error {
	if db.replica != nil {
		return errors.Join(db.replica.close(), db.pool.Close())
	}
	return db.pool.Close()
}

func again(err error) bool {
	s := state(err)
	return s == serializationFailure || s == deadlockDetected
}

func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// migrate works past a pooler, and without the timeouts of daily work. Through a pooler it only looks: the lock that lets
// one node work belongs to a connection.
func (db *DB) migrate(ctx context.Context, through *pgx.ConnConfig) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if db.direct == nil {
		pool := connect(through, "", Config{Conns: 1, Pooler: true})
		err := schema.Complete(ctx, pool.DB, files)
		if errors.Is(err, schema.ErrIncomplete) {
			err = fmt.Errorf("%w: set postgres.direct to a URL past the pooler", err)
		}
		return errors.Join(err, pool.Close())
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return err
	}
	patient := db.direct.Copy()
	Config{StatementTimeout: -1, LockTimeout: -1, IdleTimeout: -1}.session(patient)
	pool := stdlib.OpenDB(*patient)
	pool.SetMaxOpenConns(4)
	return errors.Join(schema.Up(ctx, pool, goose.DialectPostgres, files, goose.WithSessionLocker(locker)), pool.Close())
}
