// Package mailbox keeps the last messages in memory instead of delivering them, for development and for media that
// have no way out. It owns the order, the bound and waiting for a message; showing them it leaves to a front.
package mailbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cognate.dev/cognate/internal/message"
)

// DefaultLimit is how many messages a box of limit zero keeps.
const DefaultLimit = 1000

// Entry is a message with the number that the box gave it. Numbers grow.
type Entry struct {
	ID string
	message.Message
}

// Query selects messages; its zero value selects all.
type Query struct {
	To     string // exactly this recipient, in any case
	Search string // part of the recipient or the user name, in any case
	After  string // only messages newer than the one with this id; empty or unknown text: all
	Limit  int    // at most this many; zero: no limit
}

// Box is a bounded mailbox: a new message drops the oldest. It is a message.Sender, safe for concurrent use.
type Box struct {
	limit int

	mu      sync.Mutex
	last    uint64
	entries []Entry       // oldest first
	arrived chan struct{} // closed and replaced when a message arrives
	closing sync.Once
	closed  chan struct{}
}

// New makes a box for up to limit messages; zero means DefaultLimit.
func New(limit int) *Box {
	if limit < 1 {
		limit = DefaultLimit
	}
	return &Box{limit: limit, arrived: make(chan struct{}), closed: make(chan struct{})}
}

// Send keeps the message, once however often it is tried. It never fails.
func (b *Box) Send(_ context.Context, m message.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.To == "" || m.ID != "" && slices.ContainsFunc(b.entries, func(e Entry) bool { return e.Message.ID == m.ID }) {
		return nil
	}
	b.last++
	if len(b.entries) == b.limit {
		b.entries = slices.Delete(b.entries, 0, 1)
	}
	b.entries = append(b.entries, Entry{ID: strconv.FormatUint(b.last, 10), Message: m})
	close(b.arrived)
	b.arrived = make(chan struct{})
	return nil
}

// List gives the selected messages, newest first.
func (b *Box) List(q Query) []Entry {
	found, _ := b.list(q)
	return found
}

// Wait is List that waits for a first selected message, as long as the context lasts and the box is not closed. When
// none came, the list is empty.
func (b *Box) Wait(ctx context.Context, q Query) []Entry {
	for {
		found, arrived := b.list(q)
		if len(found) > 0 {
			return found
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil
		case <-b.closed:
			return nil
		}
	}
}

// Clear forgets all messages. Ids go on growing.
func (b *Box) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = nil
}

// Close ends all waiting, now and later. The box goes on keeping and listing messages.
func (b *Box) Close() { b.closing.Do(func() { close(b.closed) }) }

func (b *Box) list(q Query) ([]Entry, <-chan struct{}) {
	after, _ := strconv.ParseUint(q.After, 10, 64)
	search := strings.ToLower(q.Search)
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []Entry
	first := b.last - uint64(len(b.entries)) // the ids of entries are consecutive
	for i := len(b.entries) - 1; i >= 0 && first+uint64(i) >= after; i-- {
		e := b.entries[i]
		if q.To != "" && !strings.EqualFold(e.To, q.To) {
			continue
		}
		if search != "" && !strings.Contains(strings.ToLower(e.To), search) && !strings.Contains(strings.ToLower(e.Username), search) {
			continue
		}
		if found = append(found, e); len(found) == q.Limit {
			break
		}
	}
	return found, b.arrived
}

var _ message.Sender = (*Box)(nil)
