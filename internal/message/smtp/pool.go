package smtp

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// connection is one to the server, greeted and authenticated.
type connection struct {
	client *mail.Client
	conn   *gosmtp.Client
	raw    net.Conn
	stop   func() bool // undoes the last endWith
	since  time.Time   // idle
}

// endWith closes the connection when a context ends, until stop is called. Stop reports whether it came in time.
func (c *connection) endWith(ctx context.Context) (stop func() bool) {
	if c.stop != nil {
		c.stop()
	}
	c.stop = context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	return c.stop
}

// alive asks a server that was not spoken to for a while whether it still listens; if not, the connection is closed.
func (c *connection) alive(ctx context.Context) bool {
	stop := c.endWith(ctx)
	_ = c.raw.SetDeadline(time.Now().Add(2 * time.Second))
	err := c.conn.Noop()
	_ = c.raw.SetDeadline(time.Time{})
	if stop() && err == nil {
		return true
	}
	_ = c.raw.Close()
	return false
}

// close says good-bye. That the server may not answer changes nothing.
func (c *connection) close() {
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.client.CloseWithSMTPClient(c.conn)
	_ = c.raw.Close()
}

// longestIdle is how long a connection waits for the next mail; servers close after minutes (RFC 5321 section 4.5.3.2.7).
const longestIdle = 30 * time.Second

// pool keeps connections for the next mails, the one used last first.
type pool struct {
	size int

	mu      sync.Mutex
	idle    []*connection
	closed  bool
	looking bool
}

// take gives a connection, or nil, and closes those that have waited too long.
func (p *pool) take() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.idle) > 0 && now.Sub(p.idle[0].since) > longestIdle {
		go p.idle[0].close()
		p.idle = p.idle[1:]
	}
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c
}

// give puts a connection back, or closes it when there are enough. Nobody has to take it again for it to end in time.
func (p *pool) give(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.size {
		go c.close()
		return
	}
	c.since = time.Now()
	p.idle = append(p.idle, c)
	p.look()
}

// look sees to it that what waits too long is closed, with one timer for all. The lock is held.
func (p *pool) look() {
	if !p.looking {
		p.looking = true
		time.AfterFunc(longestIdle+time.Second, p.expire)
	}
}

// expire closes what has waited too long.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looking = false
	for len(p.idle) > 0 && time.Since(p.idle[0].since) > longestIdle {
		go p.idle[0].close()
		p.idle = p.idle[1:]
	}
	if len(p.idle) > 0 {
		p.look()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}
