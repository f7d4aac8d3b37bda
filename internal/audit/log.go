package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
)

// Parts is what a log is made of. Store, Keys and Now must be set.
type Parts struct {
	Config  Config
	Store   Store
	Keys    Keys
	Now     clock.Clock
	Node    string // name of the machine or container
	Version string // of the program
	Anchor  *Anchor
	// Lost is told of a record that could not be written, and why: its change is made and was not acknowledged.
	Lost func(Record, error)
	// Pinned is told of each checkpoint: the end of every chain that was busy, for a place that nobody can change.
	Pinned func(heads map[string]string)
	// Wrote is told of each write: how many records, and how long it took.
	Wrote func(records int, took time.Duration)
}

// Log writes records into the chain of this process, and those who record wait until they are on disk: many at once
// share a transaction. Safe for concurrent use; a nil Log records nothing.
type Log struct {
	Parts
	queue chan *waiting
	ended chan struct{}
	spare budget

	mu     sync.RWMutex // held for reading while something is put into the queue
	closed bool

	// The writer's own.
	chain   string // empty: none is begun
	seq     int64
	prev    string
	failed  string               // the chain that a failure ended
	checked time.Time            // the last checkpoint
	pinned  map[string]time.Time // when the chains in it were busy
}

type waiting struct {
	r    Record
	done chan error
}

const (
	most     = 256             // records in one transaction
	patience = 5 * time.Second // how long one try may take
	pinEvery = time.Minute     // between checkpoints
	lookBack = time.Hour       // whose chains the first record of a process names
	maxText  = 256             // of a name in a record, in bytes
)

// errClosed is what recording gives after Close.
var errClosed = errors.New("the audit log is closed")

// Open starts a log with a chain of its own. Close it when nothing can be recorded any more.
func Open(p Parts) *Log {
	if p.Lost == nil {
		p.Lost = func(Record, error) {}
	}
	if p.Pinned == nil {
		p.Pinned = func(map[string]string) {}
	}
	if p.Wrote == nil {
		p.Wrote = func(int, time.Duration) {}
	}
	l := &Log{Parts: p, queue: make(chan *waiting, most), ended: make(chan struct{}), spare: budget{now: p.Now}}
	go l.run()
	return l
}

// Close ends the chain.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	<-l.ended
	return l.Anchor.Close()
}

// settle decides whether an act is to be recorded, and records it.
func (l *Log) settle(r Record) error {
	switch {
	case r.Operation == "":
		return nil
	case r.Outcome == "" || r.Outcome == OK:
		if r.Refresh && !l.Config.Refreshes {
			return nil
		}
		r.Outcome = OK
	case r.Actor.Kind == Anyone:
		// Whoever is nobody could fill the log with what fails. What is left out is counted on the next that is not.
		left, ok := l.spare.take()
		if !ok {
			return nil
		}
		if left > 0 {
			r.Detail = with(r.Detail, "left_out", fmt.Sprint(left))
		}
	}
	return l.Record(r)
}

// Record writes a record and returns when it is on disk. Chain, place, time and node are filled in.
func (l *Log) Record(r Record) error {
	if l == nil {
		return nil
	}
	if r.Login != "" && r.User == "" {
		digest := l.Digest(r.Pool, r.Login)
		r.Detail = with(r.Detail, "login", digest)
	}
	bound(&r)
	w := &waiting{r, make(chan error, 1)}
	if err := l.enqueue(w); err != nil {
		l.Lost(r, err)
		return err
	}
	return <-w.done // a caller who is gone does not make it undone
}

func (l *Log) enqueue(w *waiting) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed { // the server has ended, and a request goes on
		return errClosed
	}
	select {
	case l.queue <- w:
		return nil
	default:
	}
	late := time.NewTimer(3 * patience)
	defer late.Stop()
	select {
	case l.queue <- w:
		return nil
	case <-late.C:
		return errors.New("the audit log is too slow")
	}
}

// Digest stands for a name that somebody typed: the same name in the same pool has the same one.
func (l *Log) Digest(pool, login string) string { return Digest(l.Keys, pool, login) }

// Digest is Log's, for who has no log.
func Digest(k Keys, pool, login string) string {
	return hex.EncodeToString(k.MAC(loginPurpose, []byte(pool), []byte(login))[:8])
}

func with(detail map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	for k, v := range detail {
		out[k] = v
	}
	return out
}

// bound cuts what comes from outside to a length, and to what every database takes as a text.
func bound(r *Record) {
	for _, s := range []*string{&r.Pool, &r.Client, &r.User, &r.Group, &r.Resource, &r.Actor.ID, &r.Source, &r.Outcome, &r.Request} {
		*s = cut(*s, maxText)
	}
	if r.Front == "audit" {
		return // its own details are as long as there are chains
	}
	detail := make(map[string]string, len(r.Detail))
	for k, v := range r.Detail {
		detail[k] = cut(v, maxText)
	}
	if len(detail) > 0 {
		r.Detail = detail
	}
}

func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return utf8.RuneError
		}
		return c
	}, s), string(utf8.RuneError))
}

// run is the writer.
func (l *Log) run() {
	defer close(l.ended)
	tick := time.NewTicker(pinEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.pin()
		case first, ok := <-l.queue:
			if !ok {
				l.stop()
				return
			}
			l.write(l.gather(first))
		}
	}
}

// gather takes what else has come.
func (l *Log) gather(first *waiting) []*waiting {
	batch := []*waiting{first}
	for len(batch) < most {
		select {
		case w, ok := <-l.queue:
			if !ok {
				return batch
			}
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// write gives a batch to the store. After a failure nobody knows whether it was written, so the next try begins another
// chain: then a record may be there twice, with one request id, and is never missing.
func (l *Log) write(batch []*waiting) {
	records := make([]Record, len(batch))
	for i, w := range batch {
		records[i] = w.r
	}
	began := l.Now()
	var err error
	for try := range 3 {
		if try > 0 {
			time.Sleep(time.Duration(try) * 100 * time.Millisecond)
		}
		if err = l.append(records, began); err == nil {
			break
		}
	}
	if err == nil {
		l.Wrote(len(batch), l.Now().Sub(began))
	}
	for _, w := range batch {
		if err != nil {
			l.Lost(w.r, err)
		}
		w.done <- err
	}
}

// append puts records at the end of the chain, and begins one when there is none.
func (l *Log) append(records []Record, busy time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if l.chain == "" {
		first, err := l.first(ctx)
		if err != nil {
			return err
		}
		l.chain, l.seq, l.prev = random.LowerAlnum(16), 0, ""
		records = append([]Record{first}, records...)
	}
	rows := make([]Row, len(records))
	seq, prev := l.seq, l.prev
	for i, r := range records {
		r.Chain, r.Seq, r.Prev, r.Time, r.Node = l.chain, seq+1, prev, moment(l.Now()), l.Node
		row, err := link(l.Keys, r)
		if err != nil {
			return err
		}
		seq, prev, rows[i] = row.Seq, row.Hash, row
	}
	if err := l.Store.InsertAudit(ctx, rows, Head{Chain: l.chain, Seq: seq, Hash: prev, Busy: busy}); err != nil {
		if l.seq > 0 {
			l.failed = l.chain
		}
		l.chain = ""
		return err
	}
	l.seq, l.prev = seq, prev
	l.Anchor.Hold(l.chain, seq, prev)
	return nil
}

// first is the record that begins a chain: it names the ends of the chains that were busy lately.
func (l *Log) first(ctx context.Context) (Record, error) {
	heads, err := l.Store.AuditHeads(ctx, l.Now().Add(-lookBack))
	if err != nil {
		return Record{}, err
	}
	r := own(Start)
	r.Detail = endsOf(heads)
	r.Resource = "version/" + l.Version
	if l.failed != "" {
		r.Resource += " after/" + l.failed
	}
	l.checked, l.pinned = l.Now(), busyOf(heads)
	return r, nil
}

// own is a record of the log about itself.
func own(operation string) Record {
	return Record{Front: "audit", Operation: operation, Actor: Actor{Kind: System}, Outcome: OK}
}

func endsOf(heads []Head) map[string]string {
	if len(heads) == 0 {
		return nil
	}
	ends := make(map[string]string, len(heads))
	for _, h := range heads {
		ends[h.Chain] = fmt.Sprintf("%d %s", h.Seq, h.Hash)
	}
	return ends
}

// pin writes down the ends of all chains that were busy since the last time, so that one chain knows of another's end.
func (l *Log) pin() {
	if l.chain == "" {
		return // nothing was recorded here yet
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	at := l.Now()
	heads, err := l.Store.AuditHeads(ctx, l.checked.Add(-pinEvery)) // clocks of nodes differ a little
	if err != nil {
		return // and again in a minute
	}
	busy := busyOf(heads)
	fresh := slices.ContainsFunc(heads, func(h Head) bool { return !h.Busy.Equal(l.pinned[h.Chain]) })
	if !fresh {
		return
	}
	r := own(Checkpoint)
	r.Detail = endsOf(heads)
	if l.append([]Record{r}, zero) == nil {
		l.checked, l.pinned = at, busy
		l.Pinned(r.Detail)
	}
}

func busyOf(heads []Head) map[string]time.Time {
	busy := make(map[string]time.Time, len(heads))
	for _, h := range heads {
		busy[h.Chain] = h.Busy
	}
	return busy
}

func (l *Log) stop() {
	if l.chain == "" {
		return
	}
	if err := l.append([]Record{own(Stop)}, zero); err != nil {
		l.Lost(own(Stop), err)
	}
}
