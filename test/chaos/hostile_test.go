package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"cognate.dev/cognate/test/started"
)

// besieged is a server with short time-outs, and somebody who uses it meanwhile.
type besieged struct {
	t    *testing.T
	node *node
	grpc string
	http *http.Client // of those who are not to be disturbed
}

// withinReason is far more than any of the time-outs.
const withinReason = started.Patience

func newBesieged(t *testing.T, settings ...string) *besieged {
	t.Helper()
	policies, err := filepath.Abs("../../examples/policies")
	must(t, err)
	b := &besieged{t: t, grpc: "127.0.0.1:" + started.Port(t),
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}} // else one may be used when the server hangs up
	// Long enough for who means well on a busy machine.
	n, err := start(t.TempDir(), append([]string{"COGNATE_CLIENTS_HEADER=5s", "COGNATE_CLIENTS_REQUEST=10s", "COGNATE_CLIENTS_ANSWER=10s",
		"COGNATE_CLIENTS_IDLE=5s", "COGNATE_RATES_MODE=off", "COGNATE_LOG_LEVEL=error"}, settings...), "--policies", policies, "--pdp-grpc-listen", b.grpc)
	must(t, err)
	t.Cleanup(n.Kill)
	b.node = n
	return b
}

func host(url string) string { return strings.TrimPrefix(url, "http://") }

func (b *besieged) dial(address string) net.Conn {
	b.t.Helper()
	c, err := (&net.Dialer{}).DialContext(b.t.Context(), "tcp", address)
	must(b.t, err)
	b.t.Cleanup(func() { c.Close() })
	must(b.t, c.SetDeadline(time.Now().Add(withinReason)))
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	must(t, err)
}

// rest is all that a server sends until it closes the connection. It fails the test when the server does not.
func rest(t *testing.T, c net.Conn) string {
	t.Helper()
	must(t, c.SetDeadline(time.Now().Add(withinReason)))
	text, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection was not closed in %v", withinReason)
	}
	return string(text)
}

// others uses the server until stop is called, which fails the test when an answer was wrong or late.
func (b *besieged) others() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { return b.get(ctx, b.node.cognito+"/_cognate/health/ready") },
		func(ctx context.Context) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.node.pdp+"/api/check/resources", strings.NewReader(
				`{"principal":{"id":"somebody","roles":["user"]},"resources":[{"actions":["delete"],"resource":{"kind":"contact","id":"c1"}}]}`))
			if err != nil {
				return err
			}
			return b.send(r)
		},
	} {
		all.Go(func() {
			asked, slowest := 0, time.Duration(0)
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			for ctx.Err() == nil {
				<-pace.C
				began := time.Now()
				err := ask(context.WithoutCancel(ctx))
				took := time.Since(began)
				if slowest = max(slowest, took); err != nil || took > withinReason {
					b.t.Errorf("another client, after %v: %v", took, err)
					return
				}
				asked++
			}
			b.t.Logf("another client: %d answers, the slowest after %v", asked, slowest.Round(time.Millisecond))
		})
	}
	return func() { cancel(); all.Wait() }
}

func (b *besieged) get(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return b.send(r)
}

func (b *besieged) send(r *http.Request) error {
	res, err := b.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d, %w", res.StatusCode, err)
	}
	return nil
}

// resident is the server's memory in MiB.
func (b *besieged) resident() int {
	b.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.node.PID()))
	must(b.t, err)
	_, after, _ := bytes.Cut(raw, []byte("VmRSS:"))
	kib, err := strconv.Atoi(string(bytes.Fields(after)[0]))
	must(b.t, err)
	return kib / 1024
}

// TestSlowClientsAreLetGo fails when a client that sends or reads slowly, or falls silent, keeps its connection.
func TestSlowClientsAreLetGo(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	t.Cleanup(b.others())
	const begun = "GET /_cognate/health/live HTTP/1.1\r\nHost: a\r\n"
	for name, run := range map[string]func(t *testing.T, b *besieged){
		"silent from the start":        func(t *testing.T, b *besieged) { rest(t, b.dial(host(b.node.cognito))) },
		"silent at the decision point": func(t *testing.T, b *besieged) { rest(t, b.dial(host(b.node.pdp))) },
		"silent at the gRPC port":      func(t *testing.T, b *besieged) { rest(t, b.dial(b.grpc)) },
		"a head that stops": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.cognito))
			say(t, c, begun)
			if got := rest(t, c); strings.Contains(got, " 200 ") {
				t.Errorf("half a request was answered: %q", got)
			}
		},
		"a head that trickles": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.cognito))
			say(t, c, begun+"X-Slow: ")
			trickle(t, c, "a")
		},
		"a body that stops": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.cognito))
			say(t, c, "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 1000\r\n\r\n{")
			if got := rest(t, c); strings.Contains(got, " 200 ") {
				t.Errorf("half a request was answered: %q", got)
			}
		},
		"a body that trickles": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.pdp))
			say(t, c, "POST /api/check/resources HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{")
			trickle(t, c, " ")
		},
		"nothing more to ask": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.cognito))
			say(t, c, begun+"\r\n")
			if got := rest(t, c); !strings.Contains(got, " 200 ") {
				t.Errorf("no answer: %q", got)
			}
		},
		"answers that nobody reads": func(t *testing.T, b *besieged) {
			c := b.dial(host(b.node.cognito))
			must(t, c.(*net.TCPConn).SetReadBuffer(4096))
			trickle(t, c, strings.Repeat("GET /_cognate/metrics HTTP/1.1\r\nHost: a\r\n\r\n", 50))
		},
		"HTTP/2 without a request":  func(t *testing.T, b *besieged) { b.http2(t, host(b.node.pdp), false) },
		"HTTP/2, a body that stops": func(t *testing.T, b *besieged) { b.http2(t, host(b.node.pdp), true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := *b
			one.t = t
			run(t, &one)
		})
	}
}

// trickle sends a little now and then, reads nothing, and fails the test when the server lets that go on.
func trickle(t *testing.T, c net.Conn, text string) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, text); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection was not closed in %v", withinReason)
			}
			return
		}
	}
}

// http2 opens a connection, and perhaps a request whose body never comes.
func (b *besieged) http2(t *testing.T, address string, request bool) {
	t.Helper()
	c := b.dial(address)
	say(t, c, http2.ClientPreface)
	f := http2.NewFramer(c, c)
	must(t, f.WriteSettings())
	if request {
		head := "\x83\x86\x44" + string(rune(len("/api/check/resources"))) + "/api/check/resources" + "\x41\x01a" // POST, http, the path, an authority
		must(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte(head), EndHeaders: true}))
		must(t, f.WriteData(1, false, []byte("{")))
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection was not closed in %v", withinReason)
			}
			return
		}
		if data, ok := frame.(*http2.HeadersFrame); ok && strings.HasPrefix(string(data.HeaderBlockFragment()), "\x88") {
			t.Error("half a request was answered with 200")
		}
	}
}

// TestACrowdOfIdleConnectionsIsBounded fails when ten thousand clients that say nothing cost more than a bounded amount of
// memory, or keep others out.
func TestACrowdOfIdleConnectionsIsBounded(t *testing.T) {
	t.Parallel()
	crowd := 10_000
	var files syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files))
	if most := int(files.Cur) - 1000; most < crowd {
		t.Logf("SCALED DOWN: this process may open %d files only", files.Cur)
		crowd = most
	}
	room := crowd / 2
	b := newBesieged(t, fmt.Sprint("COGNATE_CLIENTS_CONNECTIONS=", room), "COGNATE_CLIENTS_IDLE=5m", "COGNATE_CLIENTS_HEADER=5m")
	before := b.resident()
	stop := b.others()
	var conns []net.Conn
	for range crowd {
		conns = append(conns, b.dial(host(b.node.cognito)))
	}
	for _, c := range conns[:crowd-room] { // those who came first had to go
		rest(t, c)
	}
	grown := b.resident() - before
	stop()
	if grown > 250 { // up to 160 of garbage included
		t.Errorf("%d connections cost %d MiB", room, grown)
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", b.node.PID()))
	must(t, err)
	if len(open) > room+200 {
		t.Errorf("%d files are open, with room for %d connections", len(open), room)
	}
	last := conns[crowd-1]
	must(t, last.SetDeadline(time.Now().Add(withinReason)))
	say(t, last, "GET /_cognate/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if got := rest(t, last); !strings.Contains(got, " 200 ") {
		t.Errorf("the last one who came got %q", got)
	}
	t.Logf("%d of %d idle connections were kept, for %d MiB", room, crowd, grown)
}

// TestLargeBodiesShareABoundedRoom fails when many large bodies at once take more memory than there is room for, or keep
// small requests out.
func TestLargeBodiesShareABoundedRoom(t *testing.T) {
	t.Parallel()
	const room = 32 << 20
	b := newBesieged(t, fmt.Sprint("COGNATE_CLIENTS_BODIES=", room), "COGNATE_CLIENTS_REQUEST=5m")
	before := b.resident()
	stop := b.others()
	piece := strings.Repeat(" ", 3<<20)
	refused := make(chan bool, 200)
	for range cap(refused) {
		c := b.dial(host(b.node.cognito))
		go func() {
			_, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n%s", 4<<20, piece)
			if err != nil {
				refused <- true
				return
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil) // nothing comes for those that are held
			refused <- err != nil || res.StatusCode == http.StatusTooManyRequests
		}()
	}
	for range cap(refused) - room/(3<<20) - 1 { // so many do not fit
		if !<-refused {
			t.Error("a body that does not fit was not refused with 429")
		}
	}
	grown := b.resident() - before
	stop()
	if grown > 400 { // buffers double as they grow, and garbage stands for a while
		t.Errorf("%d bodies of 3 MiB cost %d MiB", cap(refused), grown)
	}
	t.Logf("%d bodies of 3 MiB cost %d MiB", cap(refused), grown)
}
