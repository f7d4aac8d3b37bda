package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/postgres"
)

// InTx runs fn in one transaction: everything that fn does with the context it is given is written, or nothing is.
// When InTx returns nil the write is on disk. A call inside of fn joins: its own error undoes its own part, and the
// outer fn decides whether to go on.
//
// fn must be quick, since it may hold the only writer; must not wait for another transaction with a context that is
// not its own; must use its context from one goroutine; and may run more than once (PostgreSQL, after a deadlock), so
// it must not keep what an earlier run gave it. Cancelling ctx before fn begins leaves everything as it was.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	if t := db.tx(ctx); t != nil {
		if ctx.Value(wholeKey{}) == t {
			return fn(ctx)
		}
		return t.nest(ctx, fn)
	}
	var after []func()
	var told bool
	err := db.engine.Write(ctx, func(conn rows.Conn) error {
		t := &tx{db: db, conn: db.counted(conn)}
		defer t.end()
		err := fn(context.WithValue(ctx, txKey{}, t))
		after, told = t.after, len(t.told) > 0
		if err != nil {
			return err
		}
		return db.writeDown(ctx, t)
	})
	if err != nil {
		if errors.Is(err, postgres.ErrInDoubt) {
			db.doubt.Store(true)
		}
		return err
	}
	if told {
		db.engine.Nudge()
	}
	for _, fn := range after {
		fn()
	}
	return nil
}

// InWhole is InTx for a part of many steps of which none is kept when one fails: an error of a step must become one of fn, unless
// it came of reading alone. Its steps need no savepoints of their own, which are half of the statements of a bulk import.
func (db *DB) InWhole(ctx context.Context, fn func(context.Context) error) error {
	return db.InTx(ctx, func(ctx context.Context) error { return fn(context.WithValue(ctx, wholeKey{}, db.tx(ctx))) })
}

// wholeKey is the context key of the transaction of which a part is whole.
type wholeKey struct{}

// OnCommit runs fn once the transaction of ctx is on disk, and before the caller of InTx hears of it; at once when
// there is no transaction; never when it is undone. Functions run in the order they came.
func (db *DB) OnCommit(ctx context.Context, fn func()) {
	if t := db.tx(ctx); t == nil || !t.afterwards(fn) {
		fn()
	}
}

// txKey is the context key of the open transaction.
type txKey struct{}

// tx is an open transaction. It outlives neither fn nor its turn on the connection: a goroutine left behind with its
// context gets an error, never somebody else's transaction.
type tx struct {
	db    *DB
	conn  rows.Conn
	after []func()
	told  []Change

	mu   sync.Mutex
	over bool
}

// tx is the open transaction of ctx, if any.
func (db *DB) tx(ctx context.Context) *tx {
	t, _ := ctx.Value(txKey{}).(*tx)
	if t == nil || t.db != db {
		return nil
	}
	return t
}

func (t *tx) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
}

// afterwards keeps fn for after the commit, unless that is over.
func (t *tx) afterwards(fn func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		t.after = append(t.after, fn)
	}
	return !t.over
}

// Query implements rows.Conn.
func (t *tx) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return sql.ErrTxDone
	}
	return t.conn.Query(ctx, each, query, args...)
}

// Exec implements rows.Conn.
func (t *tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return 0, sql.ErrTxDone
	}
	return t.conn.Exec(ctx, query, args...)
}

// savepoints are the statements of a nested call. One name does: the innermost savepoint of a name is the one meant.
const (
	savepoint = "SAVEPOINT nested"
	undo      = "ROLLBACK TO SAVEPOINT nested"
	release   = "RELEASE SAVEPOINT nested"
)

// nest runs fn inside of the open transaction. A savepoint keeps a failing part apart; without it PostgreSQL would
// refuse every statement after the first failure, and SQLite would keep half of the part.
func (t *tx) nest(ctx context.Context, fn func(context.Context) error) (err error) {
	if _, err := t.Exec(ctx, savepoint); err != nil {
		return Failed("begin part of transaction", err)
	}
	before, told, kept := len(t.after), len(t.told), false
	defer func() {
		if kept {
			return
		}
		t.after, t.told = t.after[:before], t.told[:told]
		undoing := context.WithoutCancel(ctx) // a cancelled part is undone, too
		if _, e := t.Exec(undoing, undo); e != nil {
			err = fmt.Errorf("%w (and undoing it: %w)", err, e)
			return
		}
		if _, e := t.Exec(undoing, release); e != nil {
			err = fmt.Errorf("%w (and undoing it: %w)", err, e)
		}
	}()
	if err := fn(ctx); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, release); err != nil {
		return Failed("end part of transaction", err)
	}
	kept = true
	return nil
}

var _ rows.Conn = (*tx)(nil)
