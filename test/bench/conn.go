package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// conn is one keep-alive HTTP/1.1 connection that sends prepared bytes. It reads just enough of an answer to know its
// status and where it ends: the load generator shares the processors with what it measures, so it has to be cheap.
// Not safe for concurrent use.
type conn struct {
	net  net.Conn
	buf  []byte
	head int // length of the head of the last answer, which the buffer begins with
}

// patience bounds one slice of load with everything in it; an answer that takes longer fails the run.
const patience = 2 * time.Minute

// maxBody is more than any answer has.
const maxBody = 16 << 20

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return newConn(c), nil
}

func newConn(c net.Conn) *conn { return &conn{net: c, buf: make([]byte, 16<<10)} }

// ok sends a request whose answer must be 200. The body is valid until the next call.
func (c *conn) ok(request []byte) ([]byte, error) {
	status, body, err := c.ask(request)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("status %d: %.300s", status, body)
	}
	return body, nil
}

func (c *conn) ask(request []byte) (status int, body []byte, err error) {
	if _, err := c.net.Write(request); err != nil {
		return 0, nil, fmt.Errorf("send: %w", err)
	}
	n, head := 0, -1
	for head < 0 {
		if n == len(c.buf) {
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		more, err := c.net.Read(c.buf[n:])
		if err != nil {
			return 0, nil, fmt.Errorf("receive: %w", err)
		}
		// The end of the head may lie across two reads.
		from := max(0, n-3)
		n += more
		if i := bytes.Index(c.buf[from:n], headEnd); i >= 0 {
			head = from + i + len(headEnd)
		}
	}
	c.head = head
	status, size, ok := parseHead(c.buf[:head])
	if !ok {
		return c.slow(n)
	}
	if need := head + size; need > len(c.buf) {
		c.buf = append(c.buf, make([]byte, need-len(c.buf))...)
	}
	if _, err := io.ReadFull(c.net, c.buf[n:max(n, head+size)]); err != nil {
		return 0, nil, fmt.Errorf("receive: %w", err)
	}
	return status, c.buf[head : head+size], nil
}

// location is where the last answer sends the browser; empty: nowhere.
func (c *conn) location() string {
	_, rest, _ := bytes.Cut(c.buf[:c.head], []byte("\r\nLocation: "))
	value, _, _ := bytes.Cut(rest, []byte("\r"))
	return string(value)
}

// slow reads an answer that does not say its length in the plain way, by the standard library.
func (c *conn) slow(n int) (int, []byte, error) {
	all := io.MultiReader(bytes.NewReader(bytes.Clone(c.buf[:n])), c.net)
	answer, err := http.ReadResponse(bufio.NewReader(all), nil)
	if err != nil {
		return 0, nil, fmt.Errorf("receive: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

var (
	headEnd   = []byte("\r\n\r\n")
	sizeField = []byte("\r\nContent-Length: ")
)

// parseHead finds the status and the length of the body; ok is false when it is not as plain as that.
func parseHead(head []byte) (status, size int, ok bool) {
	const line = "HTTP/1.1 200"
	if len(head) < len(line) {
		return 0, 0, false
	}
	status, err := strconv.Atoi(string(head[len(line)-3 : len(line)]))
	at := bytes.Index(head, sizeField)
	if err != nil || at < 0 {
		return 0, 0, false
	}
	value := head[at+len(sizeField):]
	end := bytes.IndexByte(value, '\r')
	size, err = strconv.Atoi(string(value[:end]))
	return status, size, err == nil && size >= 0 && size <= maxBody
}
