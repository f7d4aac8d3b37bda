package sqlite

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// lookEvery is how often a database is asked whether another process has written to it.
const lookEvery = 400 * time.Millisecond

// Shared is false: who has the file open learns from SQLite that it changed.
func (db *DB) Shared() bool { return false }

// Stale is Conn: a file has no replica.
func (db *DB) Stale() rows.Conn { return db.outside }

// Nudge does nothing.
func (db *DB) Nudge() {}

// Follow calls look at once and whenever another process has written, until ctx ends. What it wrote is not known.
func (db *DB) Follow(ctx context.Context, look func(context.Context) error, failed func(error)) {
	tell := func() {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
	seen, err := db.version(ctx)
	if err != nil && ctx.Err() == nil {
		failed(err)
	}
	tell()
	if db.reads == nil { // nobody else can open a database in memory
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now, err := db.version(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			failed(err)
		case err == nil && now != seen:
			seen = now
			tell()
		}
	}
}

// errLooked gives back a turn in which nothing was written.
var errLooked = errors.New("only looked")

// version is a number that another one replaces when a connection other than the writer's has written. It is asked of
// the connection that writes, in its turn, so what this process writes does not show.
// https://www.sqlite.org/pragma.html#pragma_data_version
func (db *DB) version(ctx context.Context) (n int64, err error) {
	if db.reads == nil {
		return 0, nil
	}
	err = db.Write(ctx, func(conn rows.Conn) (err error) {
		if n, _, err = rows.One(ctx, conn, rows.Value[int64], "PRAGMA data_version"); err == nil {
			err = errLooked
		}
		return err
	})
	if errors.Is(err, errLooked) {
		err = nil
	}
	return n, err
}
