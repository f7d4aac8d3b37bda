package pdp

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
)

// call is a question that came by HTTP.
type call struct {
	ask
	w      http.ResponseWriter
	r      *http.Request
	status int

	plainErrors bool // AuthZEN's: a sentence
}

// errMethod is in Cerbos' words. Its status is that of its code, but for AuthZEN.
var errMethod = refuse(unimplemented, "Method Not Allowed")

// serve runs a handler and turns its error into an answer, once.
func (c *call) serve(name, method string, handle func() error) {
	c.event.Method, c.status = name, http.StatusOK
	var err error = errMethod
	if c.r.Method == method {
		defer c.hurry()()
		err = handle()
	}
	if err != nil {
		c.fail(err)
	}
	c.end(c.status, err)
}

// hurry obeys the header Grpc-Timeout, as the gateway in front of Cerbos' service does: eight digits at most and a unit.
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
func (c *call) hurry() (done context.CancelFunc) {
	text := c.r.Header.Get("Grpc-Timeout")
	units := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond}
	if len(text) < 2 || len(text) > 9 || units[text[len(text)-1]] == 0 {
		return func() {}
	}
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	if err != nil {
		return func() {}
	}
	c.ctx, done = context.WithTimeout(c.ctx, time.Duration(n)*units[text[len(text)-1]])
	return done
}

// reply decodes the body, asks, and writes the answer.
func reply[Q any, A proto.Message, P interface {
	*Q
	proto.Message
}](c *call, answer func(P) (A, error)) error {
	req := P(new(Q))
	if err := c.decode(req); err != nil {
		return err
	}
	res, err := answer(req)
	if err == nil {
		err = c.ctx.Err() // nobody waits any more
	}
	if err != nil {
		return err
	}
	return c.answer(res)
}

// health answers as the gRPC health service does through Cerbos' gateway.
func (c *call) health() error {
	switch service := c.r.URL.Query().Get("service"); {
	case !known(service):
		return refuse(notFound, "unknown service")
	case !c.server.parts.Ready():
		return refuse(unavailable, "status:NOT_SERVING")
	}
	return c.write(http.StatusOK, []byte(`{"status":"SERVING"}`))
}

// tell says in short headers where the attributes came from and how long the parts of a decision took, for a browser's
// developer tools. https://www.w3.org/TR/server-timing/
func (c *call) tell(h http.Header) {
	if len(c.event.Trace) > 0 {
		h["X-Cognate-Enrichment"] = []string{c.event.Trace.String()}
	}
	if c.decided.IsZero() {
		return
	}
	h["Server-Timing"] = []string{timing(c.began, c.enriched, c.decided)}
}

func timing(began, enriched, decided time.Time) string {
	var b strings.Builder
	for _, part := range []struct {
		name string
		took time.Duration
	}{{"enrich", enriched.Sub(began)}, {"decide", decided.Sub(enriched)}} {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(part.name + ";dur=" + milliseconds(part.took))
	}
	return b.String()
}
