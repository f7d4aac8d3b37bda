package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/route"
	"cognate.dev/cognate/internal/gateway/spec"
)

// proxy hands requests to backends over HTTP: bodies and answers flow through as they come, and connections may be upgraded.
type proxy struct{ reverse *httputil.ReverseProxy }

// errSlow is a backend that did not begin to answer in time.
var errSlow = errors.New("the backend did not answer in time")

// errSlash is an encoded slash on the way to a backend whose path is put together from text, where it would become one.
var errSlash = errors.New("an encoded slash would become one of the path")

type callKey struct{}

func callOf(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

func newProxy(s *Server) *proxy {
	return &proxy{&httputil.ReverseProxy{
		Transport:     s.parts.Transport,
		FlushInterval: -1,
		Rewrite:       rewrite,
		ModifyResponse: func(res *http.Response) error {
			c := callOf(res.Request)
			c.event.Backend = time.Since(c.began)
			c.timer.Stop()
			c.stamp(res.Header)
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			c := callOf(r)
			switch large := (*http.MaxBytesError)(nil); {
			case errors.As(err, &large):
				err = &gateway.Denial{Reason: gateway.TooLarge}
			case errors.Is(context.Cause(r.Context()), errSlow):
				err = &gateway.Denial{Reason: integrationSlow, Cause: err}
			default:
				err = &gateway.Denial{Reason: integrationFails, Cause: err}
			}
			c.refuse(err)
		},
	}}
}

// serve waits so long for the beginning of an answer; what comes after may take its time.
func (p *proxy) serve(c *call) {
	r := c.req.HTTP
	var err error
	if c.to, err = c.target(c.req.Route().To); err != nil {
		c.refuse(err)
		return
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(r.Context(), callKey{}, c))
	defer cancel(nil)
	c.began = time.Now()
	c.timer = time.AfterFunc(c.req.Route().To.Timeout, func() { cancel(errSlow) })
	defer c.timer.Stop()
	p.reverse.ServeHTTP(c.w, r.WithContext(ctx))
}

// rewrite makes the request of a backend: the client's headers without those that only we may write, then ours. Headers of the
// connection are gone already, so no client can have ours removed by naming them there.
func rewrite(p *httputil.ProxyRequest) {
	c := callOf(p.In)
	to := c.req.Route().To
	out := p.Out
	out.Header = gateway.Visible(out.Header, c.grant)
	if to.Method != "" {
		out.Method = to.Method
	}
	out.URL = c.to
	out.Host = ""
	for name, value := range c.server.identity(c.grant) {
		if value != "" {
			out.Header.Set(name, value)
		}
	}
	c.change(out, to)
	out.Header.Set("X-Forwarded-For", c.req.Client.String())
	out.Header.Set("X-Forwarded-Host", p.In.Host)
	out.Header.Set("X-Forwarded-Proto", scheme(p.In))
	out.Header.Set("X-Amzn-Trace-Id", "Self="+c.event.RequestID)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// target is where a request goes: the URL of the backend with path parameters in it, or with the path of the request when it
// has none. The path stays as the client wrote it; one that parameters put together must have one meaning, as any other.
func (c *call) target(to spec.Backend) (*url.URL, error) {
	raw := to.URL
	for name, value := range c.api.Variables {
		raw = strings.ReplaceAll(raw, "${stageVariables."+name+"}", value)
	}
	u, err := url.Parse(raw)
	if err != nil { // it was checked, but for what variables put into it
		return nil, &gateway.Denial{Reason: integrationFails, Cause: err}
	}
	path := u.EscapedPath()
	if path == "" {
		path = c.req.Path.Raw
	}
	if filled := slot.ReplaceAllStringFunc(path, c.segment); filled != path {
		if _, err := route.Parse(filled, c.api.EncodedSlashes); err != nil {
			return nil, &gateway.Denial{Reason: gateway.BadPath, Cause: err}
		}
		path = filled
	}
	if value, ok := to.Parameters["overwrite:path"]; ok {
		if slices.ContainsFunc(c.req.Path.Segments, func(s string) bool { return strings.Contains(s, "/") }) {
			return nil, &gateway.Denial{Reason: gateway.BadPath, Cause: errSlash}
		}
		path = "/" + strings.TrimPrefix(escape(strings.Split(c.req.Value(value, c.grant), "/")), "/")
		if _, err := route.Parse(path, false); err != nil {
			return nil, &gateway.Denial{Reason: gateway.BadPath, Cause: err}
		}
	}
	u.Path, u.RawPath = path, path
	if plain, err := url.PathUnescape(path); err == nil {
		u.Path = plain
	}
	u.RawQuery = join(u.RawQuery, gateway.VisibleQuery(c.req.HTTP.URL.RawQuery, c.grant))
	return u, nil
}

// slot is a path parameter in the path of a backend: {id} or {proxy+}, escaped.
var slot = regexp.MustCompile(`%7B[0-9A-Za-z._:$-]+\+?%7D`)

// segment is what stands for a slot. All slots are filled at once: a value that looks like one is a value. A slash is one of a
// greedy variable only; within a segment it stays %2F.
func (c *call) segment(slot string) string {
	name := strings.TrimSuffix(slot[len("%7B"):len(slot)-len("%7D")], "+")
	value, there := c.req.Match.Params[name]
	switch template := c.req.Route().Path; {
	case !there:
		return slot
	case strings.HasSuffix(template, "{"+name+"+}"):
		return escape(c.req.Path.Segments[strings.Count(template, "/")-1:])
	}
	return url.PathEscape(value)
}

// escape writes segments of a path.
func escape(segments []string) string {
	out := make([]string, len(segments))
	for i, s := range segments {
		out[i] = url.PathEscape(s)
	}
	return strings.Join(out, "/")
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// change obeys the parameters of a backend. What they write from the authorizer's knowledge stands alone, whatever the client
// sent under the name.
func (c *call) change(out *http.Request, to spec.Backend) {
	var query url.Values
	for target, text := range to.Parameters {
		operation, what, _ := strings.Cut(target, ":")
		kind, name, _ := strings.Cut(what, ".")
		if operation == "append" && says(text) {
			operation = "overwrite"
		}
		value := ""
		if operation != "remove" {
			value = c.req.Value(text, c.grant)
		}
		switch kind {
		case "header":
			alter(operation, safe(value), func() { out.Header.Del(name) }, func(v string) { out.Header.Add(name, v) })
			withoutAliases(out.Header, name)
		case "querystring":
			if query == nil {
				query = out.URL.Query()
			}
			alter(operation, value, func() { query.Del(name) }, func(v string) { query.Add(name, v) })
		}
	}
	if query != nil {
		out.URL.RawQuery = query.Encode()
	}
}

// alter does one operation; a value that is not there is not written.
func alter(operation, value string, remove func(), add func(string)) {
	if operation != "append" {
		remove()
	}
	if operation != "remove" && value != "" {
		add(value)
	}
}

// withoutAliases removes headers that a backend may take for one of ours, because it makes variables of headers.
func withoutAliases(h http.Header, name string) {
	for other := range h {
		if strings.Contains(other, "_") && strings.EqualFold(strings.ReplaceAll(other, "_", "-"), name) {
			delete(h, other)
		}
	}
}
