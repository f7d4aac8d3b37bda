package store

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
func (s *Store) InTx(ctx context.Context, fn func(context.Context) error) error {
	if t := s.tx(ctx); t != nil {
		if ctx.Value(wholeKey{}) == t {
			return fn(ctx)
		}
		return t.nest(ctx, fn)
	}
	var after []func()
	var told bool
	err := s.engine.Write(ctx, func(conn rows.Conn) error {
		t := &tx{store: s, conn: s.counted(conn)}
		defer t.end()
		err := fn(context.WithValue(ctx, txKey{}, t))
		after, told = t.after, len(t.told) > 0
		if err != nil {
			return err
		}
		return s.writeDown(ctx, t)
	})
	if err != nil {
		if errors.Is(err, postgres.ErrInDoubt) {
			s.doubt.Store(true)
		}
		return err
	}
	if told {
		s.engine.Nudge()
	}
	for _, fn := range after {
		fn()
	}
	return nil
}

// InWhole is InTx for a part of many steps of which none is kept when one fails: an error of a step must become one of fn, unless
// it came of reading alone. Its steps need no savepoints of their own, which are half of the statements of a bulk import.
func (s *Store) InWhole(ctx context.Context, fn func(context.Context) error) error {
	return s.InTx(ctx, func(ctx context.Context) error { return fn(context.WithValue(ctx, wholeKey{}, s.tx(ctx))) })
}

// wholeKey is the context key of the transaction of which a part is whole.
type wholeKey struct{}

// OnCommit runs fn once the transaction of ctx is on disk, and before the caller of InTx hears of it; at once when
// there is no transaction; never when it is undone. Functions run in the order they came.
func (s *Store) OnCommit(ctx context.Context, fn func()) {
	if t := s.tx(ctx); t == nil || !t.afterwards(fn) {
		fn()
	}
}

// conn is the transaction of ctx or, without one, the connections that read.
func (s *Store) conn(ctx context.Context) rows.Conn {
	if t := s.tx(ctx); t != nil {
		return t
	}
	return s.counted(s.engine.Conn())
}

// stale is conn for what may be seconds old: lists and counts that people look at, and that nothing is decided from.
func (s *Store) stale(ctx context.Context) rows.Conn {
	if t := s.tx(ctx); t != nil {
		return t
	}
	return s.counted(s.engine.Stale())
}

// counted is a connection whose statements somebody is told of.
func (s *Store) counted(conn rows.Conn) rows.Conn {
	if s.statement == nil {
		return conn
	}
	return told{conn, s.statement}
}

type told struct {
	rows.Conn
	statement func(string)
}

func (c told) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	c.statement(query)
	return c.Conn.Query(ctx, each, query, args...)
}

func (c told) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	c.statement(query)
	return c.Conn.Exec(ctx, query, args...)
}

// update is InTx for one operation of the store, whose name its errors carry.
func (s *Store) update(ctx context.Context, op string, fn func(context.Context) error) error {
	return failed(op, s.InTx(ctx, fn))
}

// exec runs one statement in a transaction of its own or in the one of ctx. The error is the driver's, for the caller
// to look at.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	if t := s.tx(ctx); t != nil && s.engine.Dialect().FailsAlone {
		return t.Exec(ctx, statement, args...)
	}
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.conn(ctx).Exec(ctx, statement, args...)
		return err
	})
	return n, err
}

// txKey is the context key of the open transaction.
type txKey struct{}

// tx is an open transaction. It outlives neither fn nor its turn on the connection: a goroutine left behind with its
// context gets an error, never somebody else's transaction.
type tx struct {
	store *Store
	conn  rows.Conn
	after []func()
	told  []Change

	mu   sync.Mutex
	over bool
}

// tx is the open transaction of ctx, if any.
func (s *Store) tx(ctx context.Context) *tx {
	t, _ := ctx.Value(txKey{}).(*tx)
	if t == nil || t.store != s {
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
		return failed("begin part of transaction", err)
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
		return failed("end part of transaction", err)
	}
	kept = true
	return nil
}

var _ rows.Conn = (*tx)(nil)
