// Package database is what the stores of all subjects stand on: an open database, its transactions, what nodes tell each
// other, jobs of one node, and moving to another database. It knows no entity: those are the packages beside it. What differs between
// databases is in sqlite and postgres.
package database

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/store/sqlite"
)

// Options tune a database. The zero value works, except for client secrets, which need a Sealer.
type Options struct {
	Sealer   Sealer
	Readers  int // connections that read, for SQLite; 0: 4
	Postgres postgres.Config
	// Observe is told of each commit: how many transactions shared it, how many more were waiting, and how long the
	// commit itself took. It must be quick: in SQLite the writer waits for it.
	Observe func(writes, waiting int, took time.Duration)
	// Statement is told of each statement before it runs, but for those that begin and end transactions; nil: nobody is. Tests
	// count with it.
	Statement func(text string)
	// Checkpoint is told of SQLite's write-ahead log: its size in bytes now and then, and how long a checkpoint took (0: there was
	// none).
	Checkpoint func(size int64, took time.Duration)
}

// Sealer encrypts what must not lie readable on the disk. secret.Keyring is one.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}

// DB is an open database, for all but its SQL. Safe for concurrent use. Times have millisecond resolution and come back in UTC.
type DB struct {
	engine    engine
	lock      string // ends a SELECT whose rows are about to be changed
	leaseLife time.Duration
	statement func(string)
	node      string      // names this DB among those that share the database
	doubt     atomic.Bool // a commit of this DB may have happened that nobody was told of
}

// engine is what the databases do differently. sqlite.DB and postgres.DB are engines.
type engine interface {
	Conn() rows.Conn  // reads outside of transactions
	Stale() rows.Conn // likewise, what may be seconds old
	Write(ctx context.Context, fn func(rows.Conn) error) error
	Dialect() rows.Dialect
	Violation(err error) rows.Violation
	Shared() bool // other nodes learn of changes through a table
	Nudge()       // has them look at it soon
	// Follow calls look when another node or process may have changed something, first at once, until ctx ends.
	Follow(ctx context.Context, look func(context.Context) error, failed func(error))
	Ping(ctx context.Context) error
	Check(ctx context.Context) error // whether what is stored is whole
	Close() error
}

// Open opens the database of a URL and brings its schema up to date: sqlite:///absolute/path or sqlite:relative/path
// (no escapes: every character counts), sqlite::memory: (private, gone at Close) or postgres://user:password@host/name.
// Several nodes may open one database at once. The URL may stand elsewhere (kit/given); in a file, it is read again for
// each connection to PostgreSQL, so that a password can be changed under a running server.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	now, err := given.Read(url)
	if err != nil {
		return nil, err
	}
	scheme, rest, _ := strings.Cut(now, ":")
	var e engine
	switch scheme {
	case "sqlite":
		e, err = sqlite.Open(ctx, strings.TrimPrefix(rest, "//"), sqlite.Options{Readers: o.Readers, Observe: o.Observe, Checkpoint: o.Checkpoint})
	case "postgres", "postgresql":
		e, err = postgres.Open(ctx, url, postgres.Options{Config: o.Postgres, Observe: o.Observe})
	default: // the URL may hold a password: the error does not repeat it
		err = errors.New("the scheme of the database URL must be sqlite or postgres")
	}
	if err != nil {
		return nil, err
	}
	return &DB{engine: e, lock: e.Dialect().Locking, statement: o.Statement, node: rand.Text(), leaseLife: leaseLife}, nil
}

// Check reads what is stored and returns an error that says what is damaged, if something is. It may take minutes.
func (db *DB) Check(ctx context.Context) error { return db.engine.Check(ctx) }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return Failed("ping", db.engine.Ping(ctx)) }

// Shared reports whether other nodes may use the database.
func (db *DB) Shared() bool { return db.engine.Shared() }

// Now reads the database's clock, the same for all nodes.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	at, _, err := rows.One(ctx, SQL{db}.Conn(ctx), rows.Value[int64], "SELECT "+db.engine.Dialect().Now)
	return rows.Time(at), Failed("read clock", err)
}

// Close lets the commit under way finish and closes the database.
func (db *DB) Close() error { return Failed("close", db.engine.Close()) }

// Failed names the operation that err comes from. Faults are for the caller and stay as they are.
func Failed(op string, err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s: %w", op, err)
}

var (
	_ engine = (*sqlite.DB)(nil)
	_ engine = (*postgres.DB)(nil)
)
