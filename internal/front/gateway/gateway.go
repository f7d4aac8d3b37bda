// Package gateway is the door in front of backends: a reverse proxy that lets through what internal/gateway grants, and answers
// the rest in the words of Amazon API Gateway; and the same decisions for proxies that ask for them (forward authentication). It
// leaves deciding to the room.
package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/forwarded"
	"cognate.dev/cognate/internal/kit/random"
)

// Parts is what the front is built from.
type Parts struct {
	Gateway   *gateway.Gateway
	Functions gateway.Functions
	Transport http.RoundTripper // to backends
	Proxies   forwarded.Proxies // that may ask for forward authentication
	Trusted   forwarded.Proxies // in front of us, whose X-Forwarded-For is believed
	Claims    bool              // backends are told all claims
	Observe   func(ctx context.Context, e Event)
	Now       clock.Clock
}

// Event is what came of a request, for the log.
type Event struct {
	API, Route string // empty: none was found
	Authorizer string // its kind
	Principal  string
	Client     string         // IP address, behind the proxies that are trusted
	Reason     gateway.Reason // why it was refused; empty: it came through
	Forward    string         // the proxy that asked, by its dialect; empty: the gateway itself answered
	RequestID  string
	Backend    time.Duration // until the backend began to answer; 0: none was asked
	Err        error
}

// Server answers requests. Safe for concurrent use; a change of the APIs makes a new one.
type Server struct {
	parts Parts
	proxy *proxy
}

// New makes a server.
func New(p Parts) *Server {
	s := &Server{parts: p}
	s.proxy = newProxy(s)
	return s
}

// call is one request on its way.
type call struct {
	server *Server
	w      http.ResponseWriter
	api    *gateway.API     // nil: none
	req    *gateway.Request // nil: no route
	grant  *gateway.Grant
	origin string // of the page that asked; empty: none
	event  Event

	to    *url.URL    // of the backend
	began time.Time   // when it was asked
	timer *time.Timer // ends one that does not begin to answer
}

// ServeHTTP finds the route of a request, asks whether it may come through, and hands it to its backend.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, ForwardPath); ok {
		s.forward(w, r, rest)
		return
	}
	c := &call{server: s, w: w, event: Event{RequestID: random.UUID()}}
	defer func() { s.parts.Observe(r.Context(), c.event) }()
	c.serve(r)
}

func (c *call) serve(r *http.Request) {
	client, ok := c.server.parts.Trusted.Client(r)
	if !ok {
		client = address(r.RemoteAddr)
	}
	if err := c.find(r, client); err != nil {
		c.refuse(err)
		return
	}
	if c.preflight(r) {
		return
	}
	if err := c.match(); err != nil {
		c.refuse(err)
		return
	}
	var err error
	if c.grant, err = c.ask(r.Context()); err != nil {
		c.refuse(err)
		return
	}
	to := c.req.Route().To
	switch {
	case to.URL != "":
		c.server.proxy.serve(c)
	case to.Function != "":
		c.invoke(r.Context())
	case to.Status != 0:
		c.mock(to)
	default: // a route for forward authentication alone
		c.refuse(&gateway.Denial{Reason: gateway.NoRoute})
	}
}

// find finds the API and makes the request that it sees.
func (c *call) find(r *http.Request, client netip.Addr) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &gateway.Denial{Reason: gateway.BadPath, Cause: err}
	}
	api, path, err := c.server.parts.Gateway.Find(hostname(r.Host), r.URL.EscapedPath())
	if c.api = api; err != nil {
		return err
	}
	if api == nil {
		return &gateway.Denial{Reason: gateway.NoRoute}
	}
	c.event.API, c.event.Client = api.ID, client.String()
	c.req = &gateway.Request{
		HTTP: r, Method: r.Method, Path: path, Query: query, Client: client, ID: c.event.RequestID, At: c.server.parts.Now(), API: api,
		Body: c.body,
	}
	return nil
}

// match finds the route.
func (c *call) match() (err error) {
	if c.req.Match, err = c.api.Route(c.req.Method, c.req.Path); err != nil {
		return err
	}
	c.event.Route, c.event.Authorizer = c.req.Route().Key(), c.req.Route().Kind()
	if c.req.HTTP.ContentLength > c.api.MaxBody {
		return &gateway.Denial{Reason: gateway.TooLarge}
	}
	if body := c.req.HTTP.Body; body != nil && body != http.NoBody {
		c.req.HTTP.Body = http.MaxBytesReader(c.w, body, c.api.MaxBody)
	}
	return nil
}

func (c *call) ask(ctx context.Context) (*gateway.Grant, error) {
	grant, err := c.server.parts.Gateway.Ask(ctx, c.req)
	if err == nil {
		c.event.Principal = grant.Principal
	}
	return grant, err
}

// body reads the whole body and keeps it for the backend.
func (c *call) body() ([]byte, error) {
	r := c.req.HTTP
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, &gateway.Denial{Reason: gateway.TooLarge}
		}
		return nil, err
	}
	r.Body = io.NopCloser(strings.NewReader(string(raw)))
	r.ContentLength = int64(len(raw))
	r.TransferEncoding = nil
	return raw, nil
}

// mock answers by itself.
func (c *call) mock(b spec.Backend) {
	h := c.w.Header()
	for name, value := range b.Headers {
		h.Set(name, value)
	}
	if h.Get("Content-Type") == "" && b.Body != "" {
		h.Set("Content-Type", "application/json")
	}
	c.stamp(h)
	c.w.WriteHeader(b.Status)
	_, _ = io.WriteString(c.w, b.Body) // a client that is gone is nobody's error
}

// stamp names the request in an answer, and says which pages may read it.
func (c *call) stamp(h http.Header) {
	if c.api != nil && c.api.Kind == spec.HTTP {
		h.Set("Apigw-Requestid", c.event.RequestID)
	} else {
		h.Set("X-Amzn-Requestid", c.event.RequestID)
		h.Set("X-Amz-Apigw-Id", c.event.RequestID)
	}
	c.allow(h)
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// address is that of a peer, and the zero one for what is none, such as a socket.
func address(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap()
	}
	return netip.IPv4Unspecified()
}
