package audit

import (
	"context"
	"net"
	"net/http"
	"strconv"
)

// Watch records what next does, before the answer leaves: the first byte waits until the record is on disk. When that
// cannot be, the answer is an error instead, whatever next had to say. Requests on which nobody notes an operation are
// not recorded. Front names the protocol, a constant. A nil log watches nothing.
func (l *Log) Watch(front string, next http.Handler) http.Handler {
	if l == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, a := l.begin(r.Context(), Record{Front: front, Source: hostOf(r.RemoteAddr), Actor: Actor{Kind: Anyone}})
		g := &guarded{ResponseWriter: w, act: a}
		defer func() {
			if thrown := recover(); thrown != nil {
				if !g.begun { // what it had changed by then stays changed
					Note(ctx, func(r *Record) { r.Outcome = "InternalError" })
					_ = a.settle("") // the answer is an error in any case
				}
				panic(thrown)
			}
			g.begin(http.StatusOK) // it answered nothing, which is 200
		}()
		next.ServeHTTP(g, r.WithContext(ctx))
	})
}

// guarded holds an answer back until its record is written.
type guarded struct {
	http.ResponseWriter
	act   *act
	begun bool
	lost  bool // the record could not be written: nothing of the answer leaves
}

func (g *guarded) begin(status int) {
	if g.begun {
		return
	}
	g.begun = true
	outcome := ""
	if status >= http.StatusBadRequest {
		outcome = "HTTP " + strconv.Itoa(status)
	}
	if g.act.settle(outcome) == nil {
		return
	}
	g.lost = true
	header := g.Header()
	for name := range header { // cookies and locations would be acknowledgements, too
		if name != "X-Amzn-Requestid" && name != "Access-Control-Allow-Origin" {
			header.Del(name)
		}
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	g.ResponseWriter.WriteHeader(http.StatusInternalServerError)
	_, _ = g.ResponseWriter.Write([]byte(`{"__type":"InternalErrorException","error":"server_error","message":"Internal server error."}`))
}

// Unwrap gives the writer behind, for flushing and deadlines. What was lost can be flushed, too: it is the error.
func (g *guarded) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// WriteHeader is http.ResponseWriter's, as Write.
func (g *guarded) WriteHeader(status int) {
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		g.ResponseWriter.WriteHeader(status)
		return
	}
	first := !g.begun
	g.begin(status)
	if !g.lost && first {
		g.ResponseWriter.WriteHeader(status)
	}
}

func (g *guarded) Write(b []byte) (int, error) {
	g.begin(http.StatusOK)
	if g.lost {
		return len(b), nil
	}
	return g.ResponseWriter.Write(b)
}

// Flush is here for handlers that ask for http.Flusher.
func (g *guarded) Flush() {
	g.begin(http.StatusOK)
	_ = http.NewResponseController(g.ResponseWriter).Flush()
}

func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// Do records what a command, a job or a call of another protocol does, before it says that it is done: work may note on
// its context. The error is work's; or that the record could not be written, which must not be answered with success.
func (l *Log) Do(ctx context.Context, r Record, work func(context.Context) error) error {
	if l == nil {
		return work(ctx)
	}
	ctx, a := l.begin(ctx, r)
	err := work(ctx)
	outcome := ""
	if err != nil {
		outcome = "error"
	}
	if failed := a.settle(outcome); failed != nil && err == nil {
		return failed
	}
	return err
}

var _ http.Flusher = (*guarded)(nil)
