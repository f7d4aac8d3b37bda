// Package oauth is the OAuth 2.0 and OpenID Connect face of a user pool: authorization, tokens, userInfo, revocation,
// logout, key sets and discovery. It translates between HTTP and authorize, and leaves tokens to token, pages to
// front/login, and finding out which pool a request is for to whoever mounts it.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Keys gives the key set of a pool as JSON (RFC 7517 section 5). *key.Ring is one.
type Keys interface {
	JSON(ctx context.Context, poolID string) ([]byte, error)
}

// Verifier checks access tokens; *token.Verifier does.
type Verifier interface {
	Access(ctx context.Context, token string, scopes ...string) (*token.Access, error)
	Bound(ctx context.Context, token, thumbprint string, scopes ...string) (*token.Access, error)
	Machine(ctx context.Context, token string, scopes ...string) (*token.Access, error)
}

// Revoker ends sessions by their refresh tokens; *token.Sessions does.
type Revoker interface {
	Revoke(ctx context.Context, c *directory.Client, token string) error
}

// Config is what the handler needs. All must be set.
type Config struct {
	Authorizer *authorize.Authorizer
	Registrar  *authorize.Registrar
	Grants     []grant.Grant
	Tokens     Verifier
	Sessions   Revoker
	Keys       Keys
	// Gate limits how often the endpoints are asked, and how often an address may guess; nil limits nothing.
	Gate *limit.Gate
	// Issuer is the iss of a pool's tokens.
	Issuer func(*directory.Pool) string
	// Location is where this server answers for a pool's issuer: a URL that ends in the pool's id. It equals Issuer
	// unless the issuer has the form that AWS uses.
	Location func(*directory.Pool) string
	// Home is the base URL that discovery names for a pool's endpoints: its custom domain, its prefix domain, or a path
	// of this server.
	Home func(context.Context, *directory.Pool) (string, error)
	// Strict is needed where a site is strict.
	Strict *Strict
	// Outside is needed where pools have outside identity providers.
	Outside *Outside
	// Workspaces is needed where sites are workspaces.
	Workspaces *Workspaces
}

// The paths of the endpoints, below a site.
const (
	authorizePath  = "/oauth2/authorize"
	tokenPath      = "/oauth2/token"
	userInfoPath   = "/oauth2/userInfo"
	revokePath     = "/oauth2/revoke"
	registerPath   = "/oauth2/register"
	pushPath       = "/oauth2/par" // this and the next on strict sites only
	introspectPath = "/oauth2/introspect"
	logoutPath     = "/logout"
	jwksPath       = "/.well-known/jwks.json"
	openIDPath     = "/.well-known/openid-configuration"
	serverPath     = "/.well-known/oauth-authorization-server" // RFC 8414
	answerPath     = "/oauth2/idpresponse"
	choosePath     = "/oauth2/choose" // this and the next at workspaces only
	resumePath     = journey.BackPath
	assertPath     = "/saml2/idpresponse"
	loggedOutPath  = "/saml2/logout"
)

// Paths lists what Handler answers.
func Paths() []string {
	return []string{authorizePath, tokenPath, userInfoPath, revokePath, registerPath, pushPath, introspectPath, logoutPath, jwksPath, openIDPath, serverPath, answerPath, assertPath, loggedOutPath, choosePath, resumePath}
}

// Answers tells whether Handler answers a path, below a site that is a workspace or below another.
func Answers(path string, atWorkspace bool) bool {
	return slices.Contains(Paths(), path) || atWorkspace && ownOf(path) != ""
}

// Handler answers Paths for the site in the request's context (authorize.WithSite), with the site's prefix stripped.
func Handler(c Config) http.Handler {
	h := &handler{Config: c, grants: map[string]grant.Grant{}}
	for _, g := range c.Grants {
		h.grants[g.Type()] = g
	}
	document := func(fn document) map[string]endpoint {
		return map[string]endpoint{http.MethodGet: h.publish(fn), http.MethodHead: h.publish(fn)}
	}
	h.routes = map[string]route{
		authorizePath:  {"Authorize", false, false, map[string]endpoint{http.MethodGet: h.authorize, http.MethodPost: h.authorize}},
		tokenPath:      {"Token", true, true, map[string]endpoint{http.MethodPost: h.token}},
		userInfoPath:   {"UserInfo", true, false, map[string]endpoint{http.MethodGet: h.userInfo, http.MethodPost: h.userInfo}},
		revokePath:     {"Revoke", true, true, map[string]endpoint{http.MethodPost: h.revoke}},
		registerPath:   {"Register", true, true, map[string]endpoint{http.MethodPost: h.register}},
		pushPath:       {"Push", false, true, map[string]endpoint{http.MethodPost: only(h.push)}},
		introspectPath: {"Introspect", false, false, map[string]endpoint{http.MethodPost: only(h.introspect)}},
		logoutPath:     {"Logout", false, true, map[string]endpoint{http.MethodGet: h.logout, http.MethodPost: h.postLogout}},
		jwksPath:       {"Keys", true, false, document(h.keySet)},
		openIDPath:     {"Discovery", true, false, document(h.discovery)},
		serverPath:     {"Discovery", true, false, document(h.discovery)},
	}
	if h.Outside != nil {
		h.routes[answerPath] = route{"Federation", false, false, map[string]endpoint{http.MethodGet: h.answered, http.MethodPost: h.answered}}
		h.routes[loggedOutPath] = route{"Logout", false, true, map[string]endpoint{http.MethodPost: h.loggedOut}}
		h.routes[assertPath] = route{"Federation", false, false, map[string]endpoint{http.MethodGet: h.answered, http.MethodPost: h.asserted}}
	}
	if h.Workspaces != nil {
		h.routes[choosePath] = route{"Choose", false, false, map[string]endpoint{http.MethodGet: h.choose}}
		h.routes[resumePath] = route{"Resume", false, false, map[string]endpoint{http.MethodGet: h.resume}}
	}
	return h
}

// endpoint answers one method of a path. What it returns could not be said in the endpoint's own words.
type endpoint func(w http.ResponseWriter, r *http.Request, site authorize.Site) error

type route struct {
	name    string
	open    bool // to scripts of every origin: what it says depends on no cookie
	changes bool // something, or gives tokens out: it is recorded
	methods map[string]endpoint
}

type handler struct {
	Config
	grants map[string]grant.Grant
	routes map[string]route
}

// ServeHTTP finds the endpoint and sets what all answers have.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Amz-Cognito-Request-Id", random.UUID())
	site, ok := authorize.SiteOf(r.Context())
	path := r.URL.Path
	if site.Workspace != "" && ownOf(path) != "" {
		path = answerPath
	}
	route, known := h.routes[path]
	if !ok || !known {
		lost(w)
		return
	}
	telemetry.Operation(r.Context(), route.name)
	if route.open {
		header.Set("Access-Control-Allow-Origin", "*")
	}
	answer, ok := route.methods[r.Method]
	switch {
	case !ok && route.open && r.Method == http.MethodOptions:
		preflight(header, route, r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
	case !ok:
		forbid(w, route)
	default:
		err := h.Gate.Site(r.Context(), site.Pool.ID, remote(r))
		if err == nil {
			note(r, route, site, header.Get("X-Amz-Cognito-Request-Id"))
			err = answer(w, r, site)
		}
		noteRefusal(r.Context(), err)
		if err != nil && !refuseStrictly(w, site, err) {
			fail(w, r, err)
		}
	}
}

// remote is the address that a request comes from.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func forbid(w http.ResponseWriter, r route) {
	w.Header().Set("Allow", strings.Join(methods(r), ", "))
	say(w, http.StatusMethodNotAllowed, map[string]string{"message": "This method is not possible here."})
}

// fail answers with an error that the endpoint has no words for; what is not for callers goes to the log.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if refusal := (*authorize.Refusal)(nil); errors.As(err, &refusal) {
		sayRefusal(w, http.StatusBadRequest, refusal)
		return
	}
	if fault.Is(err, fault.Throttled, "") {
		say(w, http.StatusTooManyRequests, wireError{"temporarily_unavailable", fault.As(err).Text})
		return
	}
	status := http.StatusInternalServerError
	if fault.Is(err, fault.Unavailable, "") {
		status = http.StatusServiceUnavailable
	}
	telemetry.Fail(r.Context(), err)
	sayRefusal(w, status, authorize.Refuse(authorize.ServerError, ""))
}

// say writes JSON that nothing remembers (RFC 6749 section 5.1).
func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone; nothing to do then
}

// wireError is an error as RFC 6749 section 5.2 writes it.
type wireError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func sayRefusal(w http.ResponseWriter, status int, r *authorize.Refusal) {
	say(w, status, wireError{r.Code, r.Description})
}
