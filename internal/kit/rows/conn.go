package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// Queryer is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Plain is a Conn that sends each statement as it is, for drivers that cache statements themselves.
type Plain struct{ DB Queryer }

// Query implements Conn.
func (p Plain) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	return loop(each)(p.DB.QueryContext(ctx, query, args...))
}

// Exec implements Conn.
func (p Plain) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return affected(p.DB.ExecContext(ctx, query, args...))
}

// Preparer makes prepared statements: *sql.DB and *sql.Conn are Preparers.
type Preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Prepared is a Conn that prepares each query text once and keeps the statement. Texts must be constants of the
// program: the cache has no bound. Safe for concurrent use if the Preparer is.
type Prepared struct {
	from  Preparer
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

// NewPrepared makes an empty cache in front of from.
func NewPrepared(from Preparer) *Prepared {
	return &Prepared{from: from, stmts: map[string]*sql.Stmt{}}
}

// Query implements Conn.
func (p *Prepared) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	stmt, err := p.stmt(ctx, query)
	if err != nil {
		return err
	}
	return loop(each)(stmt.QueryContext(ctx, args...))
}

// Exec implements Conn.
func (p *Prepared) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := p.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	return affected(stmt.ExecContext(ctx, args...))
}

// Close closes all statements.
func (p *Prepared) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, stmt := range p.stmts {
		errs = append(errs, stmt.Close())
	}
	clear(p.stmts)
	return errors.Join(errs...)
}

func (p *Prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.stmts[query]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt := p.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := p.from.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.stmts[query] = stmt
	return stmt, nil
}

// loop walks a result and always closes it. An error of closing belongs to the query: some drivers learn of a
// failure only then.
func loop(each func(*sql.Rows) (bool, error)) func(*sql.Rows, error) error {
	return func(rs *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			more, err := each(rs)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		if err := rs.Err(); err != nil {
			return err
		}
		return rs.Close()
	}
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("rows affected: %w", err)
	}
	return n, nil
}

var (
	_ Conn = Plain{}
	_ Conn = (*Prepared)(nil)
)
