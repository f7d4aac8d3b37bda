// Package crowd bounds the connections of a server: when one more comes than there is room for, the one that has kept the
// server waiting longest is closed. It owns who is waited for; time-outs and what is said on connections are its callers'.
package crowd

import (
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Crowd is the connections of a listener. Safe for concurrent use.
type Crowd struct {
	room    int
	reading bool // what comes in counts as a sign of life

	mu      sync.Mutex
	all     int
	waiting *list.List // of *member: no handler works for them; who has waited longest is in front
	closed  int
}

// New makes a crowd of so many connections, at least one. Without a Handler to say what is worked on (another protocol than
// HTTP), reading says it: the connection from which nothing has come for longest goes first.
func New(room int, reading bool) *Crowd {
	return &Crowd{room: max(1, room), reading: reading, waiting: list.New()}
}

// Listener accepts the connections of the crowd.
func (c *Crowd) Listener(l net.Listener) net.Listener { return listener{l, c} }

// Load tells how many connections there are, for how many there is room, and how many were closed to make room.
func (c *Crowd) Load() (open, room, closed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, c.room, c.closed
}

type listener struct {
	net.Listener
	crowd *Crowd
}

func (l listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		m := &member{Conn: conn, crowd: l.crowd}
		gone, ok := l.crowd.join(m)
		if gone != nil {
			_ = gone.Close()
		}
		if ok {
			return m, nil
		}
		_ = conn.Close() // the server works for everybody who is there
	}
}

// member is one connection.
type member struct {
	net.Conn
	crowd *Crowd

	// Guarded by the crowd.
	place   *list.Element // among those who are waited for
	working int           // handlers that work for it and do not wait for it
	left    bool
}

func (c *Crowd) join(m *member) (gone *member, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.room {
		front := c.waiting.Front()
		if front == nil {
			c.closed++
			return nil, false
		}
		gone = front.Value.(*member)
		c.leave(gone)
		c.closed++
	}
	c.all++
	m.place = c.waiting.PushBack(m)
	return gone, true
}

// leave is called with the lock.
func (c *Crowd) leave(m *member) {
	if m.left {
		return
	}
	m.left = true
	c.all--
	if m.place != nil {
		c.waiting.Remove(m.place)
		m.place = nil
	}
}

// work says that a handler begins (1) or ends (-1) to work for m, or to wait for its client meanwhile.
func (c *Crowd) work(m *member, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.working += n
	switch {
	case m.left:
	case m.working > 0 && m.place != nil:
		c.waiting.Remove(m.place)
		m.place = nil
	case m.working == 0 && m.place == nil:
		m.place = c.waiting.PushBack(m)
	}
}

// Close implements net.Conn.
func (m *member) Close() error {
	m.crowd.mu.Lock()
	m.crowd.leave(m)
	m.crowd.mu.Unlock()
	return m.Conn.Close()
}

// Read implements net.Conn.
func (m *member) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if n > 0 && m.crowd.reading {
		m.crowd.mu.Lock()
		if m.place != nil {
			m.crowd.waiting.MoveToBack(m.place)
		}
		m.crowd.mu.Unlock()
	}
	return n, err
}

type memberKey struct{}

// Context is http.Server's ConnContext: Handler finds the connection of a request by it.
func Context(ctx context.Context, conn net.Conn) context.Context {
	for {
		if m, ok := conn.(*member); ok {
			return context.WithValue(ctx, memberKey{}, m)
		}
		under, ok := conn.(interface{ NetConn() net.Conn }) // TLS
		if !ok {
			return ctx
		}
		conn = under.NetConn()
	}
}

// Handler notes whom next works for. While it waits for more of a body, or until an answer has left, it waits.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, _ := r.Context().Value(memberKey{}).(*member)
		if m == nil {
			next.ServeHTTP(w, r)
			return
		}
		m.crowd.work(m, 1)
		defer m.crowd.work(m, -1)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = body{r.Body, m}
		}
		next.ServeHTTP(&answer{w, m}, r)
	})
}

type body struct {
	io.ReadCloser
	m *member
}

func (b body) Read(p []byte) (int, error) {
	b.m.crowd.work(b.m, -1)
	defer b.m.crowd.work(b.m, 1)
	return b.ReadCloser.Read(p)
}

type answer struct {
	http.ResponseWriter
	m *member
}

func (a *answer) Write(p []byte) (int, error) {
	a.m.crowd.work(a.m, -1)
	defer a.m.crowd.work(a.m, 1)
	return a.ResponseWriter.Write(p)
}

// Flush is here for handlers that ask for http.Flusher.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap is http.ResponseController's.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
