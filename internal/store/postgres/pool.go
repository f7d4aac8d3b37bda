package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"cognate.dev/cognate/internal/kit/rows"
)

// pool is the connections to a database. When one turns out to lead to a server that is gone, or that writes no more, all
// others of its time are replaced before they are used: after a failover a statement meets at most one of them.
type pool struct {
	*sql.DB
	patience time.Duration // with one step: getting a connection and a statement on it; 0: endless
	time     atomic.Uint64 // counts servers that were lost
}

const (
	bornIn = "cognate.time" // the key of a connection's time among its custom data
	// connectPatience is for one server of those that the URL names, unless it has connect_timeout.
	connectPatience = 5 * time.Second
	// afterTheServer is how much longer than the server itself a node waits for the end of a statement, at most.
	afterTheServer = 5 * time.Second
)

func connect(config *pgx.ConnConfig, url string, c Config) *pool {
	if c.Conns <= 0 {
		c.Conns = 16
	}
	config = config.Copy()
	c.session(config)
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectPatience
	}
	p := &pool{}
	if d := or(c.StatementTimeout, statementTimeout); d > 0 {
		p.patience = d + min(d, afterTheServer)
	}
	p.DB = stdlib.OpenDB(*config,
		stdlib.OptionBeforeConnect(func(_ context.Context, next *pgx.ConnConfig) error { return renew(url, next) }),
		stdlib.OptionAfterConnect(func(_ context.Context, conn *pgx.Conn) error {
			conn.PgConn().CustomData()[bornIn] = p.time.Load()
			return nil
		}),
		stdlib.OptionResetSession(func(_ context.Context, conn *pgx.Conn) error {
			if conn.PgConn().CustomData()[bornIn] != p.time.Load() {
				return driver.ErrBadConn
			}
			return nil
		}))
	p.SetMaxOpenConns(c.Conns)
	p.SetMaxIdleConns(c.Conns)
	p.SetConnMaxIdleTime(5 * time.Minute)
	p.SetConnMaxLifetime(or(c.ConnLifetime, time.Hour))
	return p
}

// lost says whether err means that the server behind the connection is gone or of no use, and sees to it that no other
// connection of that time is used. What was not committed may be tried again.
func (p *pool) lost(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || !gone(err) {
		return false
	}
	p.time.Add(1)
	return true
}

// gone is lost, of the error alone. That no server could be reached is another thing: there is nothing to replace.
func gone(err error) bool {
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connecting), errors.Is(err, errPatience):
		return false
	case pgconn.SafeToRetry(err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, driver.ErrBadConn):
		return true
	case errors.As(err, &network):
		return !network.Timeout()
	}
	switch state(err) {
	case readOnly, adminShutdown, crashShutdown, cannotConnectNow:
		return true
	}
	return false
}

// errPatience is the cause of the end of a step that took too long.
var errPatience = errors.New("postgres: the server did not answer in time")

// limited bounds one step.
func limited(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	if patience <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, patience, errPatience)
}

// impatient names the cause of an error that a limit made.
func impatient(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errPatience) {
		return fmt.Errorf("%w (%w)", errPatience, err)
	}
	return err
}

// Ping reports whether the database answers.
func (p *pool) ping(ctx context.Context) error {
	ctx, cancel := limited(ctx, connectPatience)
	defer cancel()
	return impatient(ctx, p.PingContext(ctx))
}

// transaction runs fn in a transaction. Err is ErrInDoubt when nobody knows whether the commit happened; otherwise with an
// error nothing did. Once everything is written the caller cannot call it off: what the commit brought would stay unknown.
func (p *pool) transaction(ctx context.Context, fn func(rows.Conn) error) (took time.Duration, err error) {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	within := func(step func() error) error {
		if p.patience <= 0 {
			return step()
		}
		limit := time.AfterFunc(p.patience, func() { end(errPatience) })
		defer limit.Stop()
		return impatient(life, step())
	}
	var tx *sql.Tx
	calledOff := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	err = within(func() (err error) {
		tx, err = p.BeginTx(life, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		return err
	})
	calledOff()
	if err != nil {
		return 0, fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := fn(clean{rows.Plain{DB: tx}, p.patience}); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := within(tx.Commit); err != nil {
		if s := state(err); s == "" || strings.HasPrefix(s, "57P") {
			err = fmt.Errorf("%w: %w", ErrInDoubt, err)
		}
		return 0, fmt.Errorf("commit: %w", err)
	}
	return time.Since(began), nil
}

// ErrInDoubt is the error of a transaction that may have been committed: the server went away before it said so.
var ErrInDoubt = errors.New("it is not known whether it was committed")

// reader reads outside of transactions. A statement that a lost server did not answer is sent to the next one.
type reader struct{ *pool }

// Query implements rows.Conn.
func (r reader) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	const attempts = 3
	for i := 1; ; i++ {
		begun := false
		err := r.plain().Query(ctx, func(row *sql.Rows) (bool, error) {
			begun = true
			return each(row)
		}, query, args...)
		if begun || !r.lost(ctx, err) || i == attempts {
			return err
		}
	}
}

// Exec implements rows.Conn.
func (r reader) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return r.plain().Exec(ctx, query, args...)
}

func (p *pool) plain() clean { return clean{rows.Plain{DB: p.DB}, p.patience} }

var _ rows.Conn = reader{}
