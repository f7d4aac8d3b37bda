package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// steady looks at a context before a statement, not during it. Interrupting SQLite undoes the whole transaction, with
// everybody who shares it, and watching a context costs more than a point read takes.
type steady struct{ prepared *rows.Prepared }

func (s steady) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.prepared.Query(context.Background(), each, query, args...)
}

func (s steady) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return s.prepared.Exec(context.Background(), query, args...)
}

// gate shares the one connection of a database in memory between the writer, which holds it for a whole commit, and
// those who read outside of transactions.
type gate struct {
	conn rows.Conn
	free chan struct{} // holds one token
}

func newGate(conn rows.Conn) *gate {
	g := &gate{conn: conn, free: make(chan struct{}, 1)}
	g.free <- struct{}{}
	return g
}

func (g *gate) enter() { <-g.free }
func (g *gate) leave() { g.free <- struct{}{} }

// errOutside names the one mistake that makes a read wait for ever in memory. With a file it would read old data.
var errOutside = errors.New("sqlite: a read waits for the open transaction: inside of it, use its context")

func (g *gate) tryEnter(ctx context.Context) error {
	select {
	case <-g.free:
		return nil
	default:
	}
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	select {
	case <-g.free:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errOutside
	}
}

func (g *gate) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	if err := g.tryEnter(ctx); err != nil {
		return err
	}
	defer g.leave()
	return g.conn.Query(ctx, each, query, args...)
}

func (g *gate) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := g.tryEnter(ctx); err != nil {
		return 0, err
	}
	defer g.leave()
	return g.conn.Exec(ctx, query, args...)
}

var (
	_ rows.Conn = steady{}
	_ rows.Conn = (*gate)(nil)
)
