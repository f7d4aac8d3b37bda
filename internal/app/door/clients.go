package door

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/crowd"
)

// Config bounds what slow, greedy or broken clients can hold. Zero values take defaults.
type Config struct {
	Connections int           `yaml:"connections" doc:"connections on each port; one more closes the one that has kept the server waiting longest. 0 means 10000, or a quarter of the files that the process may open if that is less"`
	Header      time.Duration `yaml:"header" doc:"how long the head of a request may take; 0 means 10s"`
	Request     time.Duration `yaml:"request" doc:"how long a whole request may take to come in; 0 means 1m. The file of an import may take longer, while it moves"`
	Answer      time.Duration `yaml:"answer" doc:"how long a client may take to read an answer, or a piece of a long one; 0 means 1m"`
	Idle        time.Duration `yaml:"idle" doc:"how long a connection without a request stays open; 0 means 2m"`
	Bodies      int           `yaml:"bodies" doc:"bytes of large request bodies (beyond 16 KiB each) held in memory at once; a request that needs more is refused. 0 means 268435456"`
}

// Check looks at the settings.
func (c Config) Check() error {
	if c.Connections < 0 || c.Header < 0 || c.Request < 0 || c.Answer < 0 || c.Idle < 0 || c.Bodies < 0 {
		return errors.New("clients: nothing may be negative")
	}
	return nil
}

// Filled are the settings with what counts where they say nothing.
func (c Config) Filled() Config {
	for _, d := range []struct {
		field *time.Duration
		usual time.Duration
	}{{&c.Header, 10 * time.Second}, {&c.Request, time.Minute}, {&c.Answer, time.Minute}, {&c.Idle, 2 * time.Minute}} {
		if *d.field == 0 {
			*d.field = d.usual
		}
	}
	if c.Bodies == 0 {
		c.Bodies = 256 << 20
	}
	if c.Connections == 0 {
		c.Connections = 10_000
		var files syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
			c.Connections = max(16, min(c.Connections, int(min(files.Cur/4, 1<<30))))
		}
	}
	return c
}

// Clients are the bounds of a running server.
type Clients struct {
	Config
	bodies atomic.Int64 // bytes
}

// Server is an HTTP server that holds to them.
func (c *Clients) Server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: crowd.Handler(handler), ConnContext: crowd.Context,
		ReadHeaderTimeout: c.Header, ReadTimeout: c.Request, IdleTimeout: c.Idle, MaxHeaderBytes: 64 << 10,
		HTTP2: &http.HTTP2Config{SendPingTimeout: c.Idle, WriteByteTimeout: c.Answer},
	}
}

// Door lets no more connections in than there is room for.
func (c *Clients) Door(l net.Listener, reading bool) net.Listener {
	return crowd.New(c.Connections, reading).Listener(l)
}

// Bound gives each answer its time and each body its share of memory.
func (c *Clients) Bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if pdp.IsRPC(r) { // gRPC wants its own writer
			if r.URL.Path != watchPath {
				_ = control.SetWriteDeadline(time.Now().Add(c.Request + c.Answer))
			}
			next.ServeHTTP(w, r)
			return
		}
		_ = control.SetWriteDeadline(time.Time{}) // of the request before
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// A proxy in front may have taken the end of this request for the beginning of another: whatever follows on this
			// connection is not believed. RFC 9112 section 6.1.
			w.Header().Set("Connection", "close")
		}
		if r.Body != nil && r.Body != http.NoBody {
			held := &heldBody{ReadCloser: r.Body, clients: c}
			defer held.release()
			r.Body = held
		}
		next.ServeHTTP(&timedAnswer{w, control, c.Answer}, r)
	})
}

// watchPath is of the one call that may go on for ever.
const watchPath = "/grpc.health.v1.Health/Watch"

// smallBody is what a request may send without asking for room.
const smallBody = 16 << 10

// heldBody counts what is read of a body, as long as its request runs.
type heldBody struct {
	io.ReadCloser
	clients *Clients
	read    int64
	held    int64
}

// Read implements io.Reader.
func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if more := max(0, b.read-smallBody) - b.held; more > 0 {
		b.held += more
		if all := b.clients.bodies.Add(more); all > int64(b.clients.Bodies) {
			f := fault.New(fault.Throttled, fault.Load, "The server is busy with large requests. Please try again in a moment.")
			f.After = time.Second
			return 0, f.Because(fmt.Errorf("bodies of requests that run now hold %d bytes", all))
		}
	}
	return n, err
}

func (b *heldBody) release() { b.clients.bodies.Add(-b.held) }

// timedAnswer gives each write its time.
type timedAnswer struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

func (a *timedAnswer) WriteHeader(status int) {
	_ = a.control.SetWriteDeadline(time.Now().Add(a.limit))
	a.ResponseWriter.WriteHeader(status)
}

func (a *timedAnswer) Write(b []byte) (int, error) {
	_ = a.control.SetWriteDeadline(time.Now().Add(a.limit))
	return a.ResponseWriter.Write(b)
}

// Flush is here for handlers that ask for http.Flusher.
func (a *timedAnswer) Flush() { _ = a.control.Flush() }

// Unwrap is http.ResponseController's.
func (a *timedAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
