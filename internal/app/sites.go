package app

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
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
func (h *house) sites(r *rooms, rest http.Handler) http.Handler {
	s := &sites{house: h, pools: r.directory.Pools, rest: rest}
	s.oauth = h.told.Watch("oauth", oauth.Handler(oauth.Config{
		Authorizer: r.authorizer, Clients: r.directory.Clients, Grants: grants(r), Tokens: r.verifier, Sessions: r.sessions,
		Keys: r.ring, Issuer: h.issuer, Location: h.location,
		Home: func(_ context.Context, p *directory.Pool) (string, error) { return h.location(p), nil },
	}))
	s.lost = h.told.Watch("oauth", http.HandlerFunc(s.lose))
	return s
}

// location is where this server answers for a pool by path.
func (h *house) location(p *directory.Pool) string { return h.public + "/" + p.ID }

// sites is the router in front of everything: it reads host and path, and tells the handlers behind it which pool a
// request is for.
type sites struct {
	house *house
	pools *directory.Pools
	oauth http.Handler
	lost  http.Handler
	rest  http.Handler
}

// ServeHTTP finds the site of a request.
func (s *sites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, ok := poolOf(r.URL.Path)
	if !ok {
		s.rest.ServeHTTP(w, r)
		return
	}
	pool, err := s.pools.Get(r.Context(), id)
	if err != nil {
		s.lost.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), lostKey{}, err)))
		return
	}
	site := authorize.Site{Pool: pool, Base: s.house.location(pool), Prefix: "/" + id}
	http.StripPrefix(site.Prefix, http.HandlerFunc(s.enter)).ServeHTTP(w, r.WithContext(authorize.WithSite(r.Context(), site)))
}

// enter serves a request whose site is known.
func (s *sites) enter(w http.ResponseWriter, r *http.Request) {
	if slices.Contains(oauth.Paths(), r.URL.Path) {
		s.oauth.ServeHTTP(w, r)
		return
	}
	s.lost.ServeHTTP(w, r)
}

type lostKey struct{}

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
