package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// channel is what nodes listen on. Its messages carry nothing: they say that the table of changes has grown.
	channel = "cognate_changes"
	// lookEvery is how often the table is read when no message comes: through a pooler that gives connections away
	// after each transaction none ever does.
	lookEvery = 400 * time.Millisecond
	// nudgePause keeps a busy node from sending a message per commit.
	nudgePause = 10 * time.Millisecond
	listenRest = 5 * time.Second // between attempts to listen
)

// Shared is true: nodes tell each other of changes through a table.
func (db *DB) Shared() bool { return true }

// Nudge has the nodes that follow look soon. A message is sent after the commit and not by it, because PostgreSQL lets
// commits that notify happen only one at a time; one that is never sent costs the others less than half a second.
func (db *DB) Nudge() {
	select {
	case db.nudges <- struct{}{}:
	default:
	}
}

// Follow calls look at once, after each message and every 400 ms, until ctx ends.
func (db *DB) Follow(ctx context.Context, look func(context.Context) error, failed func(error)) {
	heard, done := make(chan struct{}, 1), make(chan struct{}, 2)
	go func() { db.listen(ctx, heard); done <- struct{}{} }()
	go func() { db.notify(ctx); done <- struct{}{} }()
	defer func() { <-done; <-done }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-heard:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// listen passes messages on. What goes wrong is not worth telling: reading the table every now and then does without.
func (db *DB) listen(ctx context.Context, heard chan<- struct{}) {
	for ctx.Err() == nil && db.direct != nil {
		_ = db.listenOnce(ctx, heard)
		pause(ctx, listenRest)
	}
}

func (db *DB) listenOnce(ctx context.Context, heard chan<- struct{}) error {
	config := db.direct.Copy()
	if err := renew(db.past, config); err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it is of no use any more
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		select {
		case heard <- struct{}{}:
		default:
		}
	}
}

// notify sends a message for any number of nudges.
func (db *DB) notify(ctx context.Context) {
	for {
		select {
		case <-db.nudges:
		case <-ctx.Done():
			return
		}
		_, _ = db.pool.ExecContext(ctx, "SELECT pg_notify($1, '')", channel) // the others will look all the same
		pause(ctx, nudgePause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
