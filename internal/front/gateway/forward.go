package gateway

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/random"
)

// ForwardPath is where proxies ask whether a request may come through: the name of the proxy follows.
const ForwardPath = "/_cognate/authorize/"

// messageHeader says why, for proxies that throw the body of a refusal away.
const messageHeader = "X-Auth-Message"

// dialect is how a proxy says what it asks about. Only the headers of its own dialect are read: others come from the client.
type dialect struct {
	method, uri, host, proto string // headers; no uri: the path behind the dialect's name, and the request's own method and host
	statuses                 []int  // of refusals that the proxy passes on; nil: all. Others become 403, but for server errors
}

// dialects by name.
func dialects() map[string]dialect {
	forwarded := dialect{method: "X-Forwarded-Method", uri: "X-Forwarded-Uri", host: "X-Forwarded-Host", proto: "X-Forwarded-Proto"}
	return map[string]dialect{
		"nginx": {
			method: "X-Original-Method", uri: "X-Original-Uri", host: "X-Original-Host", proto: "X-Original-Proto",
			statuses: []int{http.StatusUnauthorized, http.StatusForbidden},
		},
		"traefik": forwarded,
		"caddy":   forwarded,
		"apisix":  forwarded,
		"envoy":   {proto: "X-Forwarded-Proto"},
	}
}

// forward answers a proxy.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, rest string) {
	name, _, _ := strings.Cut(rest, "/")
	d, known := dialects()[name]
	c := &call{server: s, w: w, event: Event{RequestID: random.UUID(), Forward: name}}
	if !known {
		c.event.Forward = "unknown"
	}
	defer func() { s.parts.Observe(r.Context(), c.event) }()
	asker := address(r.RemoteAddr)
	if !known || !s.parts.Proxies.Trusts(asker) {
		c.deny(d, &gateway.Denial{Reason: gateway.NoRoute, Cause: errors.New("who asks is no proxy of gateway.proxies, or the dialect is unknown: " + asker.String())})
		return
	}
	client := asker
	if behind, ok := s.parts.Proxies.Client(r); ok {
		client = behind
	}
	asked, err := d.original(r)
	if err != nil {
		c.deny(d, &gateway.Denial{Reason: gateway.BadPath, Cause: err})
		return
	}
	if err := c.decideFor(asked, client); err != nil {
		c.deny(d, err)
		return
	}
	h := w.Header()
	for name, value := range c.told() {
		h[name] = []string{value}
	}
	h[messageHeader] = []string{""}
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

func (c *call) decideFor(r *http.Request, client netip.Addr) error {
	if err := c.find(r, client); err != nil {
		return err
	}
	c.req.Body = func() ([]byte, error) {
		return nil, &gateway.Denial{Reason: gateway.Misconfigured, Cause: errors.New("a signature covers the body, which a proxy that asks does not send")}
	}
	if err := c.match(); err != nil {
		return err
	}
	grant, err := c.ask(r.Context())
	c.grant = grant
	return err
}

var errAsked = errors.New("the proxy does not say which request it asks about")

// original is the request that a proxy asks about. Each header must be there once.
func (d dialect) original(r *http.Request) (*http.Request, error) {
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = http.NoBody, 0
	uri := behind(r.URL)
	if d.uri != "" {
		out.Method, uri = one(r.Header, d.method), one(r.Header, d.uri)
		if host := one(r.Header, d.host); host != "" {
			out.Host = host
		}
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil || out.Method == "" || u.Host != "" || !strings.HasPrefix(uri, "/") || strings.ContainsRune(uri, '#') {
		return nil, errAsked
	}
	out.URL, out.RequestURI = u, uri
	out.TLS = nil
	if one(r.Header, d.proto) == "https" {
		out.TLS = &tls.ConnectionState{}
	}
	for _, name := range []string{d.method, d.uri, d.host, d.proto} {
		out.Header.Del(name)
	}
	return out, nil
}

// behind is the path behind the name of the dialect, as it was sent, and the query; empty when there is none.
func behind(u *url.URL) string {
	rest, ok := strings.CutPrefix(u.EscapedPath(), ForwardPath)
	_, sent, more := strings.Cut(rest, "/")
	if !ok || !more {
		return ""
	}
	if u.RawQuery != "" {
		sent += "?" + u.RawQuery
	}
	return "/" + sent
}

// one gives the only value of a header.
func one(h http.Header, name string) string {
	if values := h.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// deny refuses for a proxy: as the API would, in a status that the proxy passes on. The headers of who asks are there, and empty.
func (c *call) deny(d dialect, err error) {
	h := c.w.Header()
	for name := range c.server.identity(&gateway.Grant{}) {
		h[name] = []string{""}
	}
	h.Set("Cache-Control", "no-store")
	rec := &narrowed{ResponseWriter: c.w, dialect: d}
	c.w = rec
	rec.message = c.message(err)
	c.refuse(err)
}

// message is what the refusal says.
func (c *call) message(err error) string {
	d := c.denied(err)
	if c.api == nil || c.api.Kind == spec.HTTP {
		_, text := plain(d.Reason)
		return text
	}
	return rest(d).message
}

// narrowed writes the statuses that a proxy passes on.
type narrowed struct {
	http.ResponseWriter
	dialect dialect
	message string
}

// WriteHeader implements http.ResponseWriter.
func (n *narrowed) WriteHeader(status int) {
	n.Header().Set(messageHeader, safe(n.message))
	if n.dialect.statuses != nil && status < http.StatusInternalServerError {
		narrow := http.StatusForbidden
		for _, s := range n.dialect.statuses {
			if s == status {
				narrow = status
			}
		}
		status = narrow
	}
	n.ResponseWriter.WriteHeader(status)
}
