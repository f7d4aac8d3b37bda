package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"

	"cognate.dev/cognate/internal/store"
	_ "cognate.dev/cognate/internal/store/sqlite" // its driver
)

// file is a SQLite file. Everything is on one connection with a cold cache of 2 MiB, as a rarely used reader has it; what this
// process reads and writes counts, whether or not the operating system has it in memory.
type file struct{ path string }

func (f file) url() string { return "sqlite:" + f.path }

const pageSize = 4096

// trees reads the size and depth of every tree of a file.
// https://www.sqlite.org/dbstat.html
func (f file) trees(ctx context.Context) ([]tree, error) {
	return query(ctx, "sqlite", f.path, func(row *sql.Rows) (t tree, err error) {
		err = row.Scan(&t.name, &t.pages, &t.inner, &t.depth)
		t.bytes = float64(t.pages) * pageSize
		return t, err
	}, `SELECT name, count(*), sum(pagetype = 'internal'), max(length(path) - length(replace(path, '/', '')))
		FROM dbstat GROUP BY name ORDER BY count(*) DESC`)
}

func (f file) cost(ctx context.Context, signIn func(*store.Store) error) (read, written float64, err error) {
	db, err := store.Open(ctx, f.url(), store.Options{Readers: 1})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := repeat(signIns/4, db, signIn); err != nil {
		return 0, 0, err
	}
	r0, w0, err := transferred()
	if err != nil {
		return 0, 0, err
	}
	if err := repeat(signIns, db, signIn); err != nil {
		return 0, 0, err
	}
	r1, w1, err := transferred()
	return float64(r1-r0) / pageSize / signIns, float64(w1-w0) / pageSize / signIns, err
}

// transferred is what this process has read and written by system calls, in bytes.
func transferred() (read, written int64, err error) {
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(strings.SplitAfterN(string(raw), "\n", 3)[0]+strings.SplitAfterN(string(raw), "\n", 3)[1], "rchar: %d\nwchar: %d\n", &read, &written)
	return read, written, err
}

// served is a PostgreSQL database, which must be new, and whose user may make extensions. Pages are those of 8 KiB that its server looks
// at, cached or not; what is written are pages of its write-ahead log, with what of whole pages goes into it after a checkpoint.
type served struct{ address string }

func (s served) url() string { return s.address }

// trees reads the size and depth of every index, and the size of every table.
// https://www.postgresql.org/docs/current/pgstattuple.html
func (s served) trees(ctx context.Context) ([]tree, error) {
	if _, err := query(ctx, "pgx", s.address, func(*sql.Rows) (int, error) { return 0, nil }, "CREATE EXTENSION IF NOT EXISTS pgstattuple"); err != nil {
		return nil, err
	}
	return query(ctx, "pgx", s.address, func(row *sql.Rows) (t tree, err error) {
		err = row.Scan(&t.name, &t.bytes, &t.pages, &t.inner, &t.depth)
		return t, err
	}, `SELECT c.relname, pg_relation_size(c.oid), pg_relation_size(c.oid) / 8192,
		CASE c.relkind WHEN 'i' THEN (SELECT internal_pages FROM pgstatindex(c.oid::regclass)) ELSE 0 END,
		CASE c.relkind WHEN 'i' THEN (SELECT tree_level + 1 FROM pgstatindex(c.oid::regclass)) ELSE 0 END
		FROM pg_class c WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace ORDER BY 2 DESC`)
}

// cost opens a store for each count, because a server adds up what a connection has read when that ends.
func (s served) cost(ctx context.Context, signIn func(*store.Store) error) (read, written float64, err error) {
	count := func(times int) (pages, log float64, err error) {
		p0, l0, err := s.looked(ctx)
		if err != nil {
			return 0, 0, err
		}
		db, err := store.Open(ctx, s.address, store.Options{})
		if err != nil {
			return 0, 0, err
		}
		if err := errors.Join(repeat(times, db, signIn), db.Close()); err != nil {
			return 0, 0, err
		}
		p1, l1, err := s.looked(ctx)
		return p1 - p0, l1 - l0, err
	}
	if _, _, err := count(signIns); err != nil { // into the caches
		return 0, 0, err
	}
	fewRead, fewWritten, err := count(signIns / 10) // what opening costs is in both
	if err != nil {
		return 0, 0, err
	}
	manyRead, manyWritten, err := count(signIns + signIns/10)
	return (manyRead - fewRead) / signIns, (manyWritten - fewWritten) / signIns, err
}

// looked is how many pages the server has looked at in this database, and written to its log. It waits for connections that have
// been closed to be gone.
func (s served) looked(ctx context.Context) (pages, log float64, err error) {
	for left := int64(1); left > 0; {
		n, err := query(ctx, "pgx", s.address, func(row *sql.Rows) (n int64, err error) {
			err = row.Scan(&n)
			return n, err
		},
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cognate'")
		if err != nil {
			return 0, 0, err
		}
		left = n[0]
	}
	got, err := query(ctx, "pgx", s.address, func(row *sql.Rows) (n [2]float64, err error) {
		err = row.Scan(&n[0], &n[1])
		return n, err
	}, "SELECT blks_read + blks_hit, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') / 8192 FROM pg_stat_database WHERE datname = current_database()")
	if err != nil || len(got) != 1 {
		return 0, 0, errors.Join(err, fmt.Errorf("%d rows of statistics", len(got)))
	}
	return got[0][0], got[0][1], nil
}

func query[T any](ctx context.Context, driver, name string, scan func(*sql.Rows) (T, error), text string) (list []T, err error) {
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		one, err := scan(found)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, found.Err()
}

var (
	_ soil = file{}
	_ soil = served{}
)
