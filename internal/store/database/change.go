package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// Kind is the kind of thing that changed.
type Kind string

// The kinds. A node that keeps something else in memory adds one, tells of it where it is written, and forgets it where
// app follows.
const (
	Everything   Kind = ""           // anything may have changed
	PoolKind     Kind = "pool"       // settings of a pool
	ClientKind   Kind = "client"     // an app client; without an ID, all of a pool
	PersonKind   Kind = "person"     // a user, or the groups of one; without an ID, all of a pool
	DomainKind   Kind = "domain"     // ID is the name
	SourceKind   Kind = "source"     // what a source of attributes said; ID is SOURCE/ID, without an ID all of it; no pool
	KeyKind      Kind = "key"        // signing keys of a pool
	AccessKind   Kind = "access-key" // ID is the access key id; no pool
	BrandingKind Kind = "branding"   // how the pages of a pool look
	ResourceKind Kind = "resource"   // resource servers of a pool

	PolicyStoreKind Kind = "policy-store" // ID is that of a policy store, or an alias; no pool
)

// Change says that what was read before about something may be untrue by now.
type Change struct {
	Kind Kind
	Pool string // pool id
	ID   string // empty: all of the kind in the pool
}

// Tell makes the other nodes hear of a change once the transaction of ctx is on disk; none hears of one that is undone.
// Outside of a transaction it is an error: a change that is committed and not told of would stay unknown.
func (db *DB) Tell(ctx context.Context, c Change) error {
	t := db.tx(ctx)
	if t == nil {
		return errors.New("tell of a change: there is no transaction")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(t.told[max(len(t.told)-closeBy, 0):], c) { // saying it twice is no harm, looking through thousands is
		return nil
	}
	t.told = append(t.told, c)
	return nil
}

// closeBy is how far back a transaction looks for what it has told already.
const closeBy = 8

// writeDown puts what a transaction has to tell among its own rows, as the last thing before its commit: so an id that
// another node finds missing is missing for the time of a commit, not of a transaction.
func (db *DB) writeDown(ctx context.Context, t *tx) error {
	if len(t.told) == 0 || !db.engine.Shared() {
		return nil
	}
	at := rows.Millis(time.Now())
	for told := range slices.Chunk(t.told, toldAtOnce) {
		var values strings.Builder
		args := []any{db.node, at}
		for _, c := range told {
			n := len(args)
			fmt.Fprintf(&values, ", ($1, $%d, $%d, $%d, $2)", n+1, n+2, n+3)
			args = append(args, string(c.Kind), c.Pool, c.ID)
		}
		if _, err := t.conn.Exec(ctx, "INSERT INTO changes (node, kind, pool_id, item, made_at) VALUES "+values.String()[2:], args...); err != nil {
			return fmt.Errorf("tell of a change: %w", err)
		}
	}
	return nil
}

// toldAtOnce is how many changes a statement writes down: most transactions tell of one or two, an import of hundreds. Few
// different statements are kept prepared.
const toldAtOnce = 50

// Follow calls heard for each change that another node or process commits, until ctx ends: within milliseconds when the
// database brings the word, within half a second in any case. It begins with Everything, and says Everything again when
// it may have missed something. Changes of this DB are not repeated. Failed is told of what stands in the way.
func (db *DB) Follow(ctx context.Context, heard func(Change), failed func(error)) {
	r := &reader{db: db, heard: heard}
	db.engine.Follow(ctx, func(ctx context.Context) error {
		if !db.engine.Shared() {
			heard(Change{})
			return nil
		}
		return r.look(ctx)
	}, failed)
}

// reader reads the table of changes from where it was.
type reader struct {
	db    *DB
	heard func(Change)
	begun bool
	high  int64               // the newest id that was seen
	gaps  map[int64]time.Time // ids below it that were not, and since when: not committed yet, or never
	last  time.Time           // when the table was read last
}

const (
	// changesKept is how long rows stay. It must be more than outOfTouch.
	changesKept = 10 * time.Minute
	// outOfTouch is how long a reader may not have read and still find every row it needs.
	outOfTouch = 5 * time.Minute
	// gapWait is how long an id may be missing while its transaction commits.
	gapWait = time.Minute
	// startBehind is how many ids before the newest a reader begins: some may not be committed yet.
	startBehind = 1000
	changesPage = 1000
)

// look reads what is new. After a failure it begins anew: the database that answers next may be another one, which lacks
// what the last one did not pass on (a standby that was promoted).
func (r *reader) look(ctx context.Context) error {
	err := r.read(ctx)
	if err != nil {
		r.begun = false
	}
	return err
}

func (r *reader) read(ctx context.Context) error {
	newest, _, err := rows.One(ctx, SQL{r.db}.Conn(ctx), rows.Value[int64], "SELECT coalesce(max(id), 0) FROM changes")
	if err != nil {
		return fmt.Errorf("find the newest change: %w", err)
	}
	// A table that has shrunk was swept, or is another one.
	doubtful := r.db.doubt.Swap(false) || newest < r.high
	if now := time.Now(); !r.begun || doubtful || now.Sub(r.last) > outOfTouch {
		r.begun, r.high, r.gaps = true, max(newest-startBehind, 0), map[int64]time.Time{}
		r.heard(Change{})
	}
	if err := r.fill(ctx); err != nil {
		return err
	}
	for r.high < newest {
		list, err := rows.All(ctx, SQL{r.db}.Conn(ctx), scanChange,
			"SELECT id, node, kind, pool_id, item FROM changes WHERE id > $1 ORDER BY id LIMIT $2 + 0", r.high, changesPage)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		now := time.Now()
		for _, row := range list {
			if row.id-r.high <= startBehind { // a longer gap is what was swept out, or skipped by the sequence
				for id := r.high + 1; id < row.id; id++ {
					r.gaps[id] = now
				}
			}
			r.high = row.id
			r.hear(row)
		}
		if len(list) < changesPage {
			break
		}
	}
	r.last = time.Now()
	return nil
}

// fill looks for the ids that were missing.
func (r *reader) fill(ctx context.Context) error {
	for id, since := range r.gaps {
		row, found, err := rows.One(ctx, SQL{r.db}.Conn(ctx), scanChange,
			"SELECT id, node, kind, pool_id, item FROM changes WHERE id = $1", id)
		if err != nil {
			return fmt.Errorf("read a late change: %w", err)
		}
		if found {
			r.hear(row)
		}
		if found || time.Since(since) > gapWait {
			delete(r.gaps, id)
		}
	}
	return nil
}

func (r *reader) hear(row changeRow) {
	if row.node != r.db.node {
		r.heard(row.Change)
	}
}

type changeRow struct {
	Change
	id   int64
	node string
}

func scanChange(row rows.Scanner) (c changeRow, err error) {
	var kind string
	err = row.Scan(&c.id, &c.node, &kind, &c.Pool, &c.ID)
	c.Kind = Kind(kind)
	return c, err
}

// DropOldChanges removes what every node has heard of.
func (db *DB) DropOldChanges(ctx context.Context, now time.Time) error {
	if !db.engine.Shared() {
		return nil
	}
	return Failed("drop old changes", SQL{db}.Drop(ctx,
		"DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE made_at < $1 LIMIT $2 + 0)", now.Add(-changesKept)))
}
