// Package rows runs SQL through database/sql and reads what comes back: one row or all, statements prepared once,
// times as milliseconds, prefixes as ranges. It owns no schema, no transaction and no connection: those are its
// callers'.
package rows

import (
	"context"
	"database/sql"
	"time"
)

// Conn runs statements, in a transaction or outside of one. The loop over a result belongs to the Conn, so that it
// knows when a query is over; each must not use the Conn.
type Conn interface {
	// Query calls each for every row until it returns false or an error.
	Query(ctx context.Context, each func(*sql.Rows) (more bool, err error), query string, args ...any) error
	// Exec returns how many rows the statement touched.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
}

// Violation is the kind of constraint that a statement broke.
type Violation int

// The violations. None stands for every other error, too.
const (
	None       Violation = iota
	Unique               // a key is taken
	ForeignKey           // what the row refers to does not exist
)

// Dialect is what one database says in its own way; all other SQL is common to them.
type Dialect struct {
	Locking string // ends a SELECT whose rows the transaction is going to change
	Now     string // an expression: the time, in Unix milliseconds
	// Queries for the names of all tables, of a table's columns in their order, and of the tables that a table refers to.
	Tables, Columns, References string
	FailsAlone                  bool // a failing statement leaves the rest of its transaction usable
}

// Scanner reads the columns of the current row, like *sql.Rows.
type Scanner interface {
	Scan(dest ...any) error
}

// One reads the first row of a query; found is false when there is none.
func One[T any](ctx context.Context, c Conn, scan func(Scanner) (T, error), query string, args ...any) (value T, found bool, err error) {
	err = c.Query(ctx, func(rs *sql.Rows) (bool, error) {
		var err error
		value, err = scan(rs)
		found = err == nil
		return false, err
	}, query, args...)
	if err != nil {
		var none T
		return none, false, err
	}
	return value, found, nil
}

// All reads every row of a query into memory; callers bound it with LIMIT. No rows give an empty slice.
func All[T any](ctx context.Context, c Conn, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	list := []T{}
	err := c.Query(ctx, func(rs *sql.Rows) (bool, error) {
		value, err := scan(rs)
		list = append(list, value)
		return true, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Value scans a row of one column.
func Value[T any](s Scanner) (value T, err error) {
	err = s.Scan(&value)
	return value, err
}

// Millis is a time as unix milliseconds; the zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time reverses Millis, in UTC. 0 is the zero time, so the first millisecond of 1970 cannot be kept.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
