package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// Bounds of one commit: with more, those who came first would wait for those who came last. The time for turns follows
// the time that the disk takes: on a slow one more of them share what is slow.
const (
	maxTurns = 128
	minWork  = 2 * time.Millisecond
	maxWork  = 20 * time.Millisecond
)

// patience is how long a write waits for its turn. It ends what would wait for ever: a transaction that waits, with
// the wrong context, for another one.
const patience = 30 * time.Second

var (
	errClosed = errors.New("sqlite: database is closed")
	errBusy   = errors.New("sqlite: no turn to write for 30 s: is a transaction waiting for another one?")
)

// writer owns the connection that writes. Its goroutine opens a transaction, gives everybody who waits a turn in it,
// each inside a savepoint, and commits once for all. While it waits for the disk, the next ones gather: no timer, no
// delay for somebody alone. A turn runs in its caller's goroutine, so that panics end up where they belong.
type writer struct {
	conn    rows.Conn
	gate    *gate // nil unless readers share the connection
	observe func(writes, waiting int, took time.Duration)
	queue   chan *turn
	pauses  chan func() // what runs between two commits
	quit    chan struct{}
	stopped chan struct{}
	work    time.Duration // for the turns of the next commit
}

// turn is one caller's place in the queue.
type turn struct {
	ctx    context.Context
	start  chan error // from the writer: your turn, or why it cannot be
	done   chan bool  // from the caller: the turn is over; whether it shall count
	answer chan error // from the writer, to all who had a turn: the commit's result
}

func startWriter(conn rows.Conn, g *gate, observe func(writes, waiting int, took time.Duration)) *writer {
	w := &writer{
		conn: conn, gate: g, observe: observe,
		queue: make(chan *turn, 8*maxTurns), pauses: make(chan func()), quit: make(chan struct{}), stopped: make(chan struct{}),
		work: minWork,
	}
	go w.loop()
	return w
}

func (w *writer) stop() error {
	close(w.quit)
	<-w.stopped
	return nil
}

// between runs do while no transaction is open; not at all when quit closes before.
func (w *writer) between(quit <-chan struct{}, do func()) {
	done := make(chan struct{})
	select {
	case w.pauses <- func() { defer close(done); do() }:
		<-done
	case <-w.stopped:
	case <-quit:
	}
}

// run waits for a turn, takes it and waits for the commit. Who gives up before the turn has changed nothing.
func (w *writer) run(ctx context.Context, fn func(rows.Conn) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errBusy)
	defer cancel()
	t := &turn{ctx: ctx, start: make(chan error), done: make(chan bool), answer: make(chan error, 1)}
	select {
	case w.queue <- t:
	case <-ctx.Done():
		return givenUp(ctx)
	case <-w.stopped:
		return errClosed
	}
	select {
	case err := <-t.start:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return givenUp(ctx)
	case <-w.stopped:
		return errClosed
	}
	// Who refuses has read what others wrote in the same transaction, and must not say so before it is true: the next thing
	// that its caller does may be to look.
	refused := t.take(w.conn, fn)
	if err := <-t.answer; err != nil {
		return err
	}
	return refused
}

// givenUp says why a wait ended: the caller's context, or its own limit.
func givenUp(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, errBusy) {
		return cause
	}
	return ctx.Err()
}

// take runs fn and gives the turn back however fn ends: by returning, by a panic or by runtime.Goexit.
func (t *turn) take(conn rows.Conn, fn func(rows.Conn) error) error {
	counts := false
	defer func() { t.done <- counts }()
	err := fn(conn)
	counts = err == nil
	return err
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case <-w.quit:
			return
		default:
		}
		select {
		case t := <-w.queue:
			w.commit(t)
		case do := <-w.pauses:
			do()
		case <-w.quit:
			return
		}
	}
}

// commit runs first and whoever else waits in one transaction.
func (w *writer) commit(first *turn) {
	if w.gate != nil {
		w.gate.enter()
		defer w.gate.leave()
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		first.refuse(fmt.Errorf("begin transaction: %w", err))
		return
	}
	given, counted, broken := w.turns(first)
	began := time.Now()
	err := broken
	switch {
	case err != nil || counted == 0:
		// The transaction may be gone already; then there is nothing to roll back, and that is fine.
		_ = w.exec("ROLLBACK")
	default:
		if err = w.exec("COMMIT"); err != nil {
			_ = w.exec("ROLLBACK")
		}
	}
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
	}
	took := time.Since(began)
	w.work = min(max(took, minWork), maxWork)
	if w.observe != nil && counted > 0 {
		w.observe(counted, len(w.queue), took)
	}
	for _, t := range given {
		t.answer <- err
	}
}

// turns gives first and its followers their turns until nobody waits or the bounds are met. It returns those who had one,
// how many of them have work in the transaction, and an error if the transaction itself is lost.
func (w *writer) turns(first *turn) (given []*turn, counted int, broken error) {
	began := time.Now()
	for t, n := first, 1; ; n++ {
		had, counts, err := w.give(t, counted == 0)
		if had {
			given = append(given, t)
		}
		if counts {
			counted++
		}
		if err != nil || n == maxTurns || time.Since(began) > w.work {
			return given, counted, err
		}
		select {
		case t = <-w.queue:
		default:
			return given, counted, nil
		}
	}
}

// give runs one turn in a savepoint; while the transaction holds nobody's work it needs none, since it can begin anew. An error
// means that the whole transaction is lost: SQLite gives up all of it on some failures (a full disk, for one), and then the
// savepoint is gone too.
func (w *writer) give(t *turn, empty bool) (had, counts bool, err error) {
	if !empty {
		if err := w.exec("SAVEPOINT turn"); err != nil {
			t.refuse(err)
			return false, false, err
		}
	}
	select {
	case t.start <- nil:
		had, counts = true, <-t.done
	case <-t.ctx.Done():
	}
	if empty {
		if counts {
			return had, true, nil
		}
		_ = w.exec("ROLLBACK") // it may be gone already
		return had, false, w.exec("BEGIN IMMEDIATE")
	}
	if !counts {
		if err := w.exec("ROLLBACK TO turn"); err != nil {
			return had, false, err
		}
	}
	return had, counts, w.exec("RELEASE turn")
}

// refuse answers a turn that cannot be given.
func (t *turn) refuse(err error) {
	select {
	case t.start <- err:
	case <-t.ctx.Done():
	}
}

func (w *writer) exec(statement string) error {
	_, err := w.conn.Exec(context.Background(), statement)
	return err
}
