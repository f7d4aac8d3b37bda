// Package pdp is the policy API on the wire: Cerbos' HTTP endpoints for checks and plans, answered as Cerbos answers
// them, with the principal enriched before the request is validated. It owns decoding, limits, CORS and error bodies.
// It leaves deciding to policy and knowing people to enrich.
package pdp

import (
	"context"
	"net/http"
	"strings"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
)

// Config bounds requests and says which web pages may ask. Zero numbers mean Cerbos' defaults.
// https://docs.cerbos.dev/cerbos/latest/configuration/server
type Config struct {
	MaxResources int   `yaml:"max_resources" doc:"resources in one check; 0 means 50"`
	MaxActions   int   `yaml:"max_actions" doc:"actions per resource; 0 means 50"`
	MaxBody      int64 `yaml:"max_body" doc:"bytes of a request body; 0 means 4194304"`
	CORS         CORS  `yaml:"cors"`
}

// CORS says which web pages may ask.
type CORS struct {
	Off     bool     `yaml:"off" doc:"send no CORS headers: no page of another origin may ask"`
	Origins []string `yaml:"origins" doc:"origins that may ask; empty means all"`
	Headers []string `yaml:"headers" doc:"request headers that pages may send; empty means accept, content-type, user-agent, x-requested-with"`
}

// Enricher fills a principal in place. enrich.Enricher is one.
type Enricher interface {
	Enrich(ctx context.Context, p *enginev1.Principal) (enrich.Trace, error)
}

// Event is one request, for the log and the metrics. It names the principal and no attributes of anybody.
type Event struct {
	Method    string // CheckResources, PlanResources, ServerInfo, Health; empty for what is none of them
	Status    int    // of HTTP
	CallID    string
	RequestID string // the caller's own
	Principal string
	Resources int
	Allowed   int // of all actions of all resources
	Denied    int
	Trace     enrich.Trace
	Took      time.Duration
	Err       error // why the answer is an error; for the log only
}

// Parts is what the front speaks for. Decider is needed; the others may be nil.
type Parts struct {
	Decider  policy.Decider
	Enricher Enricher
	Ready    func() bool // false makes the health endpoint answer 503; nil is always ready
	Observe  func(ctx context.Context, e Event)
	Info     *responsev1.ServerInfoResponse
	Now      clock.Clock
}

// Server answers the policy API. Safe for concurrent use.
type Server struct {
	cfg   Config
	parts Parts
	cors  cors
}

// New makes a server.
func New(cfg Config, parts Parts) *Server {
	if cfg.MaxResources <= 0 {
		cfg.MaxResources = 50
	}
	if cfg.MaxActions <= 0 {
		cfg.MaxActions = 50
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 4 << 20
	}
	if parts.Now == nil {
		parts.Now = clock.System
	}
	if parts.Info == nil {
		parts.Info = &responsev1.ServerInfoResponse{}
	}
	if parts.Ready == nil {
		parts.Ready = func() bool { return true }
	}
	return &Server{cfg: cfg, parts: parts, cors: newCORS(cfg.CORS)}
}

// ServeHTTP is http.Handler's. A multiplexer would answer an odd path by a redirect in HTML, so paths are compared.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cors.handle(w, r) {
		return
	}
	c := &call{server: s, w: w, r: r, began: s.parts.Now()}
	switch r.URL.Path {
	case "/api/check/resources":
		c.serve("CheckResources", http.MethodPost, c.check)
	case "/api/plan/resources":
		c.serve("PlanResources", http.MethodPost, c.plan)
	case "/api/server_info":
		c.serve("ServerInfo", http.MethodGet, func() error { return c.answer(s.parts.Info) })
	case "/_cerbos/health":
		c.serve("Health", http.MethodGet, c.health)
	default:
		c.serve("", r.Method, func() error { return refuse(notFound, "Not Found") })
	}
}

// call is one request on its way.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	began  time.Time
	event  Event
}

// serve runs a handler and turns its error into an answer, once.
func (c *call) serve(name, method string, handle func() error) {
	c.event.Method, c.event.Status = name, http.StatusOK
	var err error = refuse(unimplemented, "Method Not Allowed")
	if c.r.Method == method {
		err = handle()
	}
	if err != nil {
		c.event.Err = err
		c.fail(err)
	}
	if c.server.parts.Observe != nil {
		c.event.Took = c.server.parts.Now().Sub(c.began)
		c.server.parts.Observe(c.r.Context(), c.event)
	}
}

// health answers as the gRPC health service does through Cerbos' gateway.
func (c *call) health() error {
	switch service := c.r.URL.Query().Get("service"); {
	case service != "" && service != "cerbos.svc.v1.CerbosService":
		return refuse(notFound, "unknown service")
	case !c.server.parts.Ready():
		return refuse(unavailable, "status:NOT_SERVING")
	}
	return c.write(http.StatusOK, []byte(`{"status":"SERVING"}`))
}

// enrich fills the principal and tells the caller, in one short header, where its attributes came from.
func (c *call) enrich(p *enginev1.Principal) error {
	c.event.Principal = p.GetId()
	if c.server.parts.Enricher == nil {
		return nil
	}
	trace, err := c.server.parts.Enricher.Enrich(c.r.Context(), p)
	c.event.Trace = trace
	if len(trace) > 0 {
		c.w.Header()["X-Cognate-Enrichment"] = []string{trace.String()}
	}
	return err
}

// timing tells how long the parts of a decision took, for a browser's developer tools.
// https://www.w3.org/TR/server-timing/
func (c *call) timing(enriched, decided time.Time) {
	var b strings.Builder
	for _, part := range []struct {
		name string
		took time.Duration
	}{{"enrich", enriched.Sub(c.began)}, {"decide", decided.Sub(enriched)}} {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(part.name + ";dur=" + milliseconds(part.took))
	}
	c.w.Header()["Server-Timing"] = []string{b.String()}
}
