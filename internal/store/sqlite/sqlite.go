// Package sqlite opens a SQLite database for the store: a pool of connections that read and one that writes, where
// concurrent transactions share a commit and so one fsync. It owns pragmas, locking and the SQLite migrations, and
// leaves every other statement to the store.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Memory is the path of a private database that lives as long as the DB.
const Memory = ":memory:"

// Options tune a database. The zero value works.
type Options struct {
	// Readers is the number of connections that read; 0 means 4.
	Readers int
	// Observe is told of each commit: how many transactions shared it, how many more were waiting, how long the
	// commit itself took. It must be quick: the writer waits for it.
	Observe func(writes, waiting int, took time.Duration)
	// Checkpoint is told of the write-ahead log: its size in bytes now and then, and how long a checkpoint took (0: there was none).
	Checkpoint func(size int64, took time.Duration)
}

// DB is an open database. Safe for concurrent use.
type DB struct {
	path    string
	reads   *sql.DB // nil in memory, where one connection does everything
	writes  *sql.DB
	outside rows.Conn
	writer  *writer
	closers []func() error
}

// Open opens the database file at path, makes it (with mode 0600, in a directory of mode 0700) when there is none, and
// brings its schema up to date. Several processes may open the same file at once.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db := &DB{}
	if err := db.open(ctx, path, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite database: %w", err), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, path string, o Options) error {
	var err error
	if path != Memory {
		if path, err = create(path); err != nil {
			return err
		}
	}
	db.path = path
	// Savepoints keep old pages in a temporary file, which would cost more than the rest of a write.
	if db.writes, err = connect(path, 1, "journal_mode(WAL)", "wal_autocheckpoint(0)", "temp_store(MEMORY)", "cache_size(-8000)"); err != nil {
		return err
	}
	db.closers = append(db.closers, db.writes.Close)
	prepare := migrate
	if path == Memory {
		prepare = begin
	}
	if err := prepare(ctx, db.writes); err != nil {
		return err
	}
	conn, err := db.writes.Conn(ctx)
	if err != nil {
		return err
	}
	prepared := rows.NewPrepared(conn)
	db.closers = append(db.closers, conn.Close, prepared.Close)
	inside := steady{prepared}
	db.outside = inside
	var gate *gate
	if path == Memory {
		gate = newGate(inside)
		db.outside = gate
	} else if err := db.openReaders(path, o.Readers); err != nil {
		return err
	}
	db.writer = startWriter(inside, gate, o.Observe)
	db.closers = append(db.closers, db.writer.stop)
	if path == Memory {
		return nil
	}
	return db.startCheckpoints(o.Checkpoint)
}

func (db *DB) openReaders(path string, n int) (err error) {
	if n <= 0 {
		n = 4
	}
	if db.reads, err = connect(path, n, "query_only(1)"); err != nil {
		return err
	}
	prepared := rows.NewPrepared(db.reads)
	db.closers = append(db.closers, db.reads.Close, prepared.Close)
	db.outside = steady{prepared}
	return nil
}

// Conn reads outside of transactions.
func (db *DB) Conn() rows.Conn { return db.outside }

// Write runs fn in a transaction and returns when it is on disk. fn runs in the caller's goroutine. A failing or
// panicking fn is undone alone, though it may share its commit with others. fn must not wait for another Write. A disk that
// takes nothing is a fault Unavailable.
func (db *DB) Write(ctx context.Context, fn func(rows.Conn) error) error {
	return unwritable(db.writer.run(ctx, fn))
}

// Violation tells which constraint err speaks of.
func (db *DB) Violation(err error) rows.Violation {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return rows.None
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return rows.Unique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return rows.ForeignKey
	}
	return rows.None
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	_, _, err := rows.One(ctx, db.outside, rows.Value[int], "SELECT 1")
	return err
}

// Close waits for the commit under way and closes the file. Writes that have not begun fail.
func (db *DB) Close() error {
	var errs []error
	for len(db.closers) > 0 { // last opened, first closed
		last := len(db.closers) - 1
		errs = append(errs, db.closers[last]())
		db.closers = db.closers[:last]
	}
	return errors.Join(errs...)
}

// create makes the file before SQLite does, so that nobody else can read it: it holds password hashes.
func create(path string) (string, error) {
	if path == "" {
		return "", errors.New("the path is empty")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

func connect(path string, conns int, pragmas ...string) (*sql.DB, error) {
	if !slices.ContainsFunc(pragmas, func(p string) bool { return strings.HasPrefix(p, "busy_timeout") }) {
		pragmas = append(pragmas, "busy_timeout(10000)")
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"foreign_keys(1)",
		"synchronous(FULL)", // a commit is on disk when it returns
		"journal_size_limit(67108864)",
	}, pragmas...)}
	name := path
	if path != Memory {
		name = filepath.ToSlash(path)
		if !strings.HasPrefix(name, "/") {
			name = "/" + name // C:/…
		}
		name = (&url.URL{Path: name}).EscapedPath()
	}
	db, err := sql.Open("sqlite", "file:"+name+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// migrate needs no lock of its own: every migration runs under the write lock. When several processes start at once,
// those that come second find their step already taken, fail, and look again.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	const attempts = 5
	for i := 1; ; i++ {
		if err = schema.Up(ctx, db, goose.DialectSQLite3, files); err == nil || i == attempts || ctx.Err() != nil {
			return err
		}
	}
}
