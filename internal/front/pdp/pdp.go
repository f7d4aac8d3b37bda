// Package pdp is the policy API on the wire: Cerbos' service over HTTP and gRPC, answered as Cerbos answers it, with the
// principal enriched before the request is validated. Both transports are shells around one ask. It owns decoding,
// limits, CORS and error bodies. It leaves deciding to policy, knowing people to enrich, and tokens to auxdata.
package pdp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/policy"
)

// Config bounds requests and says which web pages may ask. Zero numbers mean Cerbos' defaults.
// https://docs.cerbos.dev/cerbos/latest/configuration/server
type Config struct {
	MaxResources int     `yaml:"max_resources" doc:"resources in one check; 0 means 50"`
	MaxActions   int     `yaml:"max_actions" doc:"actions per resource; 0 means 50"`
	MaxBody      int64   `yaml:"max_body" doc:"bytes of a request body; 0 means 4194304"`
	CORS         CORS    `yaml:"cors"`
	TLS          TLS     `yaml:"tls"`
	AuthZEN      AuthZEN `yaml:"authzen"`

	KeySets           []auxdata.KeySet `yaml:"key_sets" doc:"whose tokens a request may carry in auxData, besides those of the user pools of this server, which need no setting"`
	TokenSkew         time.Duration    `yaml:"token_skew" doc:"by how much clocks may differ when a token's times are checked"`
	RequireLiveTokens bool             `yaml:"require_live_tokens" doc:"refuse a request whose token is not of a user pool of this server, or is revoked, or whose session, user or client is gone. A request can ask for that itself, with the key set cognate-live"`
	TellLiveTokens    bool             `yaml:"tell_live_tokens" doc:"policies are told whether that is so, by request.auxData.jwt.cognate.live, and decide"`
}

// TLS names the files of a certificate, for both ports. Without any, the ports speak plain HTTP.
type TLS struct {
	Cert string `yaml:"cert" doc:"PEM file of the certificate and its chain, for the ports of the decision point; read again when it changes"`
	Key  string `yaml:"key" doc:"PEM file of the certificate's key"`
}

// CORS says which web pages may ask. Without origins none may, and no header is sent; Cerbos' own default is all.
type CORS struct {
	Off     bool     `yaml:"off" doc:"send no CORS headers: no page of another origin may ask, in development either"`
	Origins []string `yaml:"origins" doc:"origins whose pages may ask, or \"*\" for all; empty means none in serve and all in development"`
	Headers []string `yaml:"headers" doc:"request headers that pages may send; empty means accept, content-type, user-agent, x-requested-with"`
}

// Enricher fills principals and resources in place. enrich.Enricher is one.
type Enricher interface {
	// Enrich fills a principal. The tokens of aux are not verified yet.
	Enrich(ctx context.Context, p *enginev1.Principal, aux *requestv1.AuxData) (enrich.Trace, error)
	// Resources fills resources, and says on which of them everything is denied.
	Resources(ctx context.Context, list []*enginev1.Resource) (denied []bool, trace enrich.Trace, err error)
	// Strip and StripResource take away from what is not enriched what only enrichment may say.
	Strip(p *enginev1.Principal)
	StripResource(kind string, attr map[string]*structpb.Value)
	// Masked gives copies without what enrichment found and nobody is to read. What holds no secret is not copied.
	Masked(p *enginev1.Principal, r *enginev1.Resource) (*enginev1.Principal, *enginev1.Resource)
}

// Tokens verifies what a request carries under auxData and gives its claims. Nothing there is nil. A fault of kind
// Unavailable says that it could not tell; any other error, that a token is not good.
type Tokens interface {
	Read(ctx context.Context, aux *requestv1.AuxData) (*enginev1.AuxData, error)
}

// Event is one request, for the log and the metrics. It names the principal and no attributes of anybody.
type Event struct {
	Method    string // CheckResources, PlanResources, ServerInfo, Health…; empty for what is none of them
	Status    int    // of HTTP; for gRPC the one that says the same
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
	Tokens   Tokens        // nil: a request that carries a token is refused
	People   People        // nil: no subject search
	Cursors  *cursor.Codec // for the pages of searches
	// Insider refuses, with a fault of kind Denied, who may not be told of people: it guards subject searches, which list
	// them. Of subject Password, it asks for one. Nil: nobody is refused.
	Insider func(*http.Request) error
	Ready   func() bool // false makes the health endpoint answer 503; nil is always ready
	Observe func(ctx context.Context, e Event)
	Record  func(e *auditv1.DecisionLogEntry) // takes each decision, and may keep it; nil: no decision log
	Info    *responsev1.ServerInfoResponse
	Now     clock.Clock
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
	if cfg.AuthZEN.SubjectType == "" {
		cfg.AuthZEN.SubjectType = "user"
	}
	cfg.MaxBody = cfg.maxBody()
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

// Check refuses settings that mean nothing.
func (c Config) Check() error {
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("decisions.tls: cert and key belong together")
	}
	switch c.AuthZEN.SearchIDs {
	case "", bySub, byUsername:
		return nil
	}
	return fmt.Errorf("decisions.authzen.search_ids: %q is neither sub nor username", c.AuthZEN.SearchIDs)
}

func (c Config) maxBody() int64 {
	if c.MaxBody <= 0 {
		return 4 << 20
	}
	return c.MaxBody
}

// ServeHTTP is http.Handler's. A multiplexer would answer an odd path by a redirect in HTML, so paths are compared.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cors.handle(w, r) {
		return
	}
	c := &call{ask: ask{server: s, ctx: r.Context(), began: s.parts.Now()}, w: w, r: r}
	switch r.URL.Path {
	case "/api/check/resources":
		c.serve("CheckResources", http.MethodPost, func() error { return reply(c, c.checkResources) })
	case "/api/plan/resources":
		c.serve("PlanResources", http.MethodPost, func() error { return reply(c, c.planResources) })
	case "/api/check":
		c.serve("CheckResourceSet", http.MethodPost, func() error { return reply(c, c.checkResourceSet) })
	case "/api/check_resource_batch":
		c.serve("CheckResourceBatch", http.MethodPost, func() error { return reply(c, c.checkResourceBatch) })
	case "/api/server_info":
		c.serve("ServerInfo", http.MethodGet, func() error { return c.answer(s.parts.Info) })
	case "/_cerbos/health":
		c.serve("Health", http.MethodGet, c.health)
	case "/schema/swagger.json":
		method := http.MethodGet
		if r.Method == http.MethodHead {
			method = r.Method
		}
		c.serve("Schema", method, func() error { return c.write(http.StatusOK, openAPI) })
	default:
		if !c.authzen() {
			c.serve("", r.Method, func() error { return nowhere(r.URL.Path) })
		}
	}
}

const (
	adminOff      = "Admin service is disabled by the configuration"
	playgroundOff = "Playground service is disabled by the configuration"
)

// nowhere answers for paths that lead nowhere, and for parts of Cerbos' API that are off, in Cerbos' words.
func nowhere(path string) error {
	switch {
	case strings.HasPrefix(path, "/admin/"): // else it would be mounted
		return refuse(unimplemented, adminOff).as(http.StatusNotFound)
	case strings.HasPrefix(path, "/api/playground/"):
		return refuse(unimplemented, playgroundOff).as(http.StatusNotFound)
	}
	return refuse(notFound, "Not Found")
}
