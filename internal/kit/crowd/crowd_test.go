package crowd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server with room for three, whose /work waits until it is told to answer.
type world struct {
	t     *testing.T
	crowd *Crowd
	addr  string
	begun chan struct{}
	end   chan struct{}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, crowd: New(3, false), begun: make(chan struct{}, 10), end: make(chan struct{})}
	s := httptest.NewUnstartedServer(Handler(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/work" {
			w.begun <- struct{}{}
			<-w.end
		}
		text, _ := io.ReadAll(r.Body)
		fmt.Fprintf(out, "%d", len(text))
	})))
	s.Listener = w.crowd.Listener(s.Listener)
	s.Config.ConnContext = Context
	s.Start()
	t.Cleanup(s.Close)
	w.addr = s.Listener.Addr().String()
	return w
}

func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// ask sends a request and gives its status; 0: the connection was closed.
func ask(c net.Conn, request string) int {
	if _, err := io.WriteString(c, request); err != nil {
		return 0
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

func closed(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestANewcomerTakesThePlaceOfWhoWaitedLongest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, third := w.dial(), w.dial(), w.dial()
	for _, c := range []net.Conn{first, second, third, first} { // now second has waited longest
		if got := ask(c, get); got != http.StatusOK {
			t.Fatalf("status %d", got)
		}
	}
	newcomer := w.dial()
	if got := ask(newcomer, get); got != http.StatusOK {
		t.Errorf("a newcomer: status %d", got)
	}
	if !closed(second) {
		t.Error("who waited longest is still there")
	}
	for _, c := range []net.Conn{first, third, newcomer} {
		if got := ask(c, get); got != http.StatusOK {
			t.Errorf("another one was closed: status %d", got)
		}
	}
	if open, room, closed := w.crowd.Load(); open != 3 || room != 3 || closed != 1 {
		t.Errorf("%d of %d, %d closed", open, room, closed)
	}
}

func TestWhoIsWorkedForStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status := make(chan int)
	for range 3 {
		c := w.dial()
		go func() { status <- ask(c, strings.Replace(get, "/", "/work", 1)) }()
		<-w.begun
	}
	if newcomer := w.dial(); !closed(newcomer) {
		t.Error("there is no room, and a newcomer was let in")
	}
	close(w.end)
	for range 3 {
		if got := <-status; got != http.StatusOK {
			t.Errorf("status %d", got)
		}
	}
}

func TestWhoKeepsAHandlerWaitingForABodyMayGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var slow []net.Conn
	for range 3 {
		c := w.dial()
		if _, err := io.WriteString(c, "POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
			t.Fatal(err)
		}
		<-w.begun
		slow = append(slow, c)
	}
	close(w.end) // all three wait for the rest now, or soon
	for {
		newcomer := w.dial()
		if ask(newcomer, get) == http.StatusOK {
			break
		}
	}
	gone := make(chan bool, 3)
	for _, c := range slow {
		go func() { gone <- closed(c) }()
	}
	if !<-gone {
		t.Error("none of them is gone")
	}
}

func TestReadingIsASignOfLife(t *testing.T) {
	t.Parallel()
	c := New(2, true)
	plain, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := c.Listener(plain)
	defer l.Close()
	join := func() (client, server net.Conn) {
		client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err = l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close(); server.Close() })
		return client, server
	}
	lively, theirs := join()
	silent, _ := join()
	if _, err := lively.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	join()
	if !closed(silent) {
		t.Error("the silent one is still there")
	}
	if _, err := theirs.Write([]byte("x")); err != nil || closed(lively) {
		t.Errorf("the lively one is gone: %v", err)
	}
}
