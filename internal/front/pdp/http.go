package pdp

import (
	"net/http"
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

// serve runs a handler and turns its error into an answer, once.
func (c *call) serve(name, method string, handle func() error) {
	c.event.Method, c.status = name, http.StatusOK
	var err error = refuse(unimplemented, "Method Not Allowed")
	if c.r.Method == method {
		err = handle()
	}
	if err != nil {
		c.fail(err)
	}
	c.end(c.status, err)
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
