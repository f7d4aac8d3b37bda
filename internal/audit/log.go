package audit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"cognate.dev/cognate/internal/kit/clock"
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
	// Copy gets rows that were written, in their order, before anybody is answered who waits for them. It must be quick.
	Copy func([]Row)
	// Wrote is told of each write: how many records, and how long it took.
	Wrote func(records int, took time.Duration)
}

// Log writes records into the chain of this process, and those who record wait until they are on disk: many at once
// share a transaction. Safe for concurrent use; a nil Log records nothing.
type Log struct {
	Parts
	queue chan *waiting
	hurry chan struct{} // somebody waits for a record that is ahead
	ended chan struct{}
	spare budget

	mu     sync.RWMutex // held for reading while something is put into the queue
	closed bool

	hall  sync.Mutex // guards ahead
	ahead []*waiting // records that nobody waits for yet: they go with the next that somebody does

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
	done chan error // what became of it, once
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
	if p.Copy == nil {
		p.Copy = func([]Row) {}
	}
	if p.Wrote == nil {
		p.Wrote = func(int, time.Duration) {}
	}
	l := &Log{Parts: p, queue: make(chan *waiting, most), hurry: make(chan struct{}, 1), ended: make(chan struct{}), spare: budget{now: p.Now}}
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

// due decides whether an act is to be recorded, and puts its record ahead of those who will wait for it; nil: it is not.
func (l *Log) due(r Record) (*waiting, error) {
	switch {
	case r.Operation == "":
		return nil, nil
	case r.Outcome == "" || r.Outcome == OK:
		if r.Refresh && !l.Config.Refreshes {
			return nil, nil
		}
		r.Outcome = OK
	case r.Actor.Kind == Anyone:
		// Whoever is nobody could fill the log with what fails. What is left out is counted on the next that is not.
		left, ok := l.spare.take()
		if !ok {
			return nil, nil
		}
		if left > 0 {
			r.Detail = with(r.Detail, "left_out", fmt.Sprint(left))
		}
	}
	return l.put(r)
}

// Record writes a record and returns when it is on disk. Chain, place, time and node are filled in.
func (l *Log) Record(r Record) error {
	if l == nil {
		return nil
	}
	w, err := l.put(r)
	if err != nil {
		return err
	}
	return l.wait(w)
}

// put takes a record. It is written when somebody waits, for it or for another: many at once share a transaction.
func (l *Log) put(r Record) (*waiting, error) {
	if r.Login != "" && r.User == "" {
		digest := l.Digest(r.Pool, r.Login)
		r.Detail = with(r.Detail, "login", digest)
	}
	bound(&r)
	w := &waiting{r, make(chan error, 1)}
	l.hall.Lock()
	room := len(l.ahead) < most
	if room {
		l.ahead = append(l.ahead, w)
	}
	l.hall.Unlock()
	if room {
		return w, nil
	}
	if err := l.enqueue(w); err != nil {
		l.Lost(r, err)
		return nil, err
	}
	return w, nil
}

// wait returns when a record is on disk. A caller who is gone does not make it undone.
func (l *Log) wait(w *waiting) error {
	select {
	case err := <-w.done: // it went with somebody else's
		return err
	default:
	}
	select {
	case l.hurry <- struct{}{}:
	default: // the writer is about to look
	}
	select {
	case err := <-w.done:
		return err
	case <-l.ended: // the server has ended, and a request goes on
	}
	select {
	case err := <-w.done:
		return err
	default:
		l.Lost(w.r, errClosed)
		return errClosed
	}
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
