package gateway

import (
	"context"
	"errors"
	"mime"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/event"
	"cognate.dev/cognate/internal/gateway/spec"
)

// invoke lets a function answer.
func (c *call) invoke(ctx context.Context) {
	body, err := c.body()
	if err != nil {
		c.refuse(err)
		return
	}
	answer, err := c.function(ctx, body)
	if err != nil {
		c.refuse(err)
		return
	}
	h := c.w.Header()
	for name, values := range answer.Header {
		h[name] = values
	}
	c.stamp(h)
	c.w.WriteHeader(answer.Status)
	_, _ = c.w.Write(answer.Body) // a client that is gone is nobody's error
}

func (c *call) function(ctx context.Context, body []byte) (event.Answer, error) {
	to := c.req.Route().To
	call := c.req.Call(c.grant)
	call.Body, call.Text = body, c.isText()
	write, read := call.One, event.ReadOne
	if to.Payload == spec.Payload2 {
		write, read = call.Two, event.ReadTwo
	}
	asked, err := write()
	if err != nil {
		return event.Answer{}, err
	}
	began := time.Now()
	said, err := c.server.parts.Functions.Invoke(ctx, to.Function, to.Timeout, asked)
	c.event.Backend = time.Since(began)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return event.Answer{}, &gateway.Denial{Reason: integrationSlow, Cause: err}
	case err != nil:
		return event.Answer{}, &gateway.Denial{Reason: badAnswer, Cause: err}
	}
	answer, err := read(said)
	if err != nil {
		return answer, &gateway.Denial{Reason: badAnswer, Cause: err}
	}
	return answer, nil
}

// isText reports whether a body goes to a function as text: in HTTP APIs by its media type, in REST APIs unless the API calls
// the type binary.
func (c *call) isText() bool {
	kind, _, err := mime.ParseMediaType(c.req.HTTP.Header.Get("Content-Type"))
	if c.api.Kind == spec.REST {
		for _, binary := range c.api.BinaryTypes {
			group, any := strings.CutSuffix(binary, "/*")
			if binary == "*/*" || binary == kind || any && strings.HasPrefix(kind, group+"/") {
				return false
			}
		}
		return true
	}
	return err == nil && (strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/xml" ||
		kind == "application/javascript" || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml"))
}
