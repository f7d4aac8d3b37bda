package database

import (
	"context"
	"database/sql"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// SQL is a database as the store of a subject uses it, which embeds it. The store of everything embeds many such stores, and so
// has none of these methods itself: whoever holds that reaches what subjects offer, and no statements.
type SQL struct{ *DB }

// Conn is the transaction of ctx or, without one, the connections that read.
func (s SQL) Conn(ctx context.Context) rows.Conn {
	if t := s.tx(ctx); t != nil {
		return t
	}
	return s.counted(s.engine.Conn())
}

// Stale is Conn for what may be seconds old: lists and counts that people look at, and that nothing is decided from.
func (s SQL) Stale(ctx context.Context) rows.Conn {
	if t := s.tx(ctx); t != nil {
		return t
	}
	return s.counted(s.engine.Stale())
}

// Update is InTx for one operation of a store, whose name its errors carry.
func (s SQL) Update(ctx context.Context, op string, fn func(context.Context) error) error {
	return Failed(op, s.InTx(ctx, fn))
}

// Exec runs one statement in a transaction of its own or in the one of ctx. The error is the driver's, for the caller
// to look at.
func (s SQL) Exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	if t := s.tx(ctx); t != nil && s.engine.Dialect().FailsAlone {
		return t.Exec(ctx, statement, args...)
	}
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.Conn(ctx).Exec(ctx, statement, args...)
		return err
	})
	return n, err
}

// Telling takes what a statement in the transaction of ctx gave and tells of a change if it changed a row.
func (s SQL) Telling(ctx context.Context, c Change) func(n int64, err error) (int64, error) {
	return func(n int64, err error) (int64, error) {
		if err == nil && n > 0 {
			err = s.Tell(ctx, c)
		}
		return n, err
	}
}

// ExecTelling runs one statement, in a transaction of its own or as a part of the one of ctx, and tells likewise.
func (s SQL) ExecTelling(ctx context.Context, c Change, statement string, args ...any) (n int64, err error) {
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = s.Telling(ctx, c)(s.Conn(ctx).Exec(ctx, statement, args...))
		return err
	})
	return n, err
}

// DropStep is how many rows one transaction of a sweep removes, so that writers in between do not wait long.
const DropStep = 500

// Drop runs a DELETE of ($1: a time, $2: how many rows) until nothing is left.
func (s SQL) Drop(ctx context.Context, statement string, before time.Time) error {
	for {
		n, err := s.Exec(ctx, statement, rows.Millis(before), DropStep)
		if err != nil || n < DropStep {
			return err
		}
	}
}

// Dialect is what the database's SQL has of its own.
func (s SQL) Dialect() rows.Dialect { return s.engine.Dialect() }

// ForUpdate ends a SELECT whose rows are about to be changed.
func (s SQL) ForUpdate() string { return s.lock }

// Violation is what rule of the schema an error says was broken.
func (s SQL) Violation(err error) rows.Violation { return s.engine.Violation(err) }

// counted is a connection whose statements somebody is told of.
func (db *DB) counted(conn rows.Conn) rows.Conn {
	if db.statement == nil {
		return conn
	}
	return told{conn, db.statement}
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
