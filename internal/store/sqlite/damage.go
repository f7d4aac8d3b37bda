package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cognate.dev/cognate/internal/fault"
)

// primary leaves of an extended result code what happened, without where.
// https://www.sqlite.org/rescode.html
const primary = 0xff

// unwritable makes a fault of an error that says that the disk takes nothing: it is full, read-only or failing. SQLite has
// undone the transaction by then.
func unwritable(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & primary {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return fault.Unwritable(err)
	}
	return err
}

// Check reads the whole file and returns an error that names what is wrong with it, if something is. It takes a connection
// of its own, and disturbs nobody.
func (db *DB) Check(ctx context.Context) error {
	if db.path == Memory {
		return nil
	}
	conn, err := connect(db.path, 1, "query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it only reads
	return whole(ctx, conn, "quick_check", "the database")
}

// whole runs one of SQLite's two checks, quick_check or integrity_check, on what errors call by a name.
// https://www.sqlite.org/pragma.html#pragma_quick_check
func whole(ctx context.Context, db *sql.DB, check, name string) error {
	found, err := texts(ctx, db, "PRAGMA "+check+"(10)")
	if err != nil {
		return fmt.Errorf("check %s: %w", name, err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("%s is damaged: %s", name, strings.Join(found, "; "))
	}
	return nil
}
