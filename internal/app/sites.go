package app

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/asset"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/telemetry"
)

// grants are the ways to tokens at the token endpoint.
func grants(r *rooms) []grant.Grant {
	return []grant.Grant{
		grant.Code{Codes: r.authorizer.Codes},
		grant.Refresh{Tokens: r.minter},
		grant.Machine{Tokens: r.minter, Scopes: r.authorizer.Scopes},
	}
}

// sites lets a pool's endpoints and pages answer where the pool is at home, and the rest everywhere else.
func (h *house) sites(r *rooms, pages *login.Pages, rest http.Handler) http.Handler {
	s := &sites{house: h, pools: r.directory.Pools, domains: r.domains, serves: pages.Serves, rest: rest}
	s.oauth = h.told.Watch("oauth", h.audit.Watch("oauth", h.admission.forms(oauth.Handler(oauth.Config{
		Authorizer: r.authorizer, Grants: grants(r), Tokens: r.verifier, Sessions: r.sessions,
		Registrar: authorize.NewRegistrar(r.directory.Clients, r.authorizer.Scopes), Keys: r.ring,
		Gate: r.gate, Issuer: h.issuer, Location: h.location, Home: func(ctx context.Context, p *directory.Pool) (string, error) { return h.home(ctx, r, p) }, Strict: h.strictly(r), Outside: r.outside,
	}), tokenPath, busyTokens)))
	s.login = h.told.Watch("login", h.audit.Watch("login", h.admission.forms(pages, pages.Serves, busyForm)))
	s.images = h.told.Watch("asset", asset.Handler(r.branding.Looks, telemetry.Fail))
	s.lost = h.told.Watch("oauth", http.HandlerFunc(s.lose))
	return s
}

// sites is the router in front of everything: it reads host and path, and tells the handlers behind it which pool a
// request is for.
type sites struct {
	house   *house
	pools   *directory.Pools
	domains *domain.Domains
	oauth   http.Handler
	login   http.Handler
	images  http.Handler
	serves  func(path string) bool // whether login does
	lost    http.Handler
	rest    http.Handler
}

// ServeHTTP finds the site of a request: by its host, which then is the pool's altogether, or by the start of its path.
func (s *sites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := s.domains.ByHost(r.Context(), r.Host)
	if err != nil {
		s.stray(w, r, err)
		return
	}
	if d != nil {
		site := authorize.Site{Base: s.domains.URL(d), Classic: d.ManagedLogin == 1}
		if s.house.strict[d.Name] {
			site.Issuer = site.Base
		}
		s.find(w, r, d.PoolID, site)
		return
	}
	id, ok := poolOf(r.URL.Path)
	if !ok {
		s.rest.ServeHTTP(w, r)
		return
	}
	s.find(w, r, id, authorize.Site{Prefix: "/" + id})
}

// find looks for the pool of a site and goes on there.
func (s *sites) find(w http.ResponseWriter, r *http.Request, poolID string, site authorize.Site) {
	var err error
	if site.Pool, err = s.pools.Get(r.Context(), poolID); err != nil {
		s.stray(w, r, err)
		return
	}
	if site.Base == "" {
		site.Base = s.house.location(site.Pool)
	}
	http.StripPrefix(site.Prefix, http.HandlerFunc(s.enter)).ServeHTTP(w, r.WithContext(authorize.WithSite(r.Context(), site)))
}

// enter serves a request whose site is known.
func (s *sites) enter(w http.ResponseWriter, r *http.Request) {
	if slices.Contains(oauth.Paths(), r.URL.Path) {
		s.oauth.ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, branding.Images) {
		s.images.ServeHTTP(w, r)
		return
	}
	if s.serves(r.URL.Path) {
		s.login.ServeHTTP(w, r)
		return
	}
	s.lost.ServeHTTP(w, r)
}

type lostKey struct{}

// stray answers a request for a pool that cannot be found.
func (s *sites) stray(w http.ResponseWriter, r *http.Request, err error) {
	s.lost.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), lostKey{}, err)))
}

// lose answers for a pool or path that does not exist.
func (s *sites) lose(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	err, _ := r.Context().Value(lostKey{}).(error)
	switch f := fault.As(err); {
	case f == nil:
		say(w, http.StatusNotFound, map[string]string{"message": "There is no such document."})
	case f.Kind == fault.Missing:
		say(w, http.StatusNotFound, map[string]string{"message": f.Text})
	default:
		telemetry.Fail(r.Context(), err)
		say(w, http.StatusInternalServerError, map[string]string{"message": "Internal server error."})
	}
}

var poolForm = regexp.MustCompile(`^[0-9A-Za-z][\w-]*_[0-9A-Za-z]+$`)

// poolOf takes the pool id from the start of a path; there must be more behind it.
func poolOf(path string) (id string, ok bool) {
	id, _, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return id, ok && len(id) <= 55 && poolForm.MatchString(id)
}
