// Package site is the router in front of everything: it reads host and path of a request, and tells the handlers behind it which pool
// or workspace it is for. What they answer is theirs.
package site

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/front/portal"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/workspace"
)

// Parts are what stands behind the router. All are needed.
type Parts struct {
	Pools                        *directory.Pools
	Domains                      *domain.Domains
	Workspaces                   *workspace.Workspaces
	OAuth, Login, Images, Portal http.Handler           // of one pool or workspace
	Rest                         http.Handler           // of none
	Serves                       func(path string) bool // whether Login does
	Watch                        func(http.Handler) http.Handler
	Strict                       map[string]bool              // domains that are strict OpenID Connect providers
	Location                     func(*directory.Pool) string // where this server answers for a pool by path
	Tenant                       string                       // first segment of the paths of workspaces
	WorkspaceBase                func(id string) string       // the URL of a workspace's site
}

// New makes the router. Watch goes around what answers where nothing is.
func New(p Parts) http.Handler {
	s := &sites{Parts: p}
	s.lost = p.Watch(http.HandlerFunc(s.lose))
	return s
}

type sites struct {
	Parts
	lost http.Handler
}

// ServeHTTP finds the site of a request: by its host, which then is the pool's altogether, or by the start of its path.
func (s *sites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := s.Domains.ByHost(r.Context(), r.Host)
	if err != nil {
		s.stray(w, r, err)
		return
	}
	if d != nil {
		site := authorize.Site{Base: s.Domains.URL(d), Classic: d.ManagedLogin == 1}
		if s.Strict[d.Name] {
			site.Issuer = site.Base
		}
		s.find(w, r, d.PoolID, site)
		return
	}
	if id, ok := s.workspaceOf(r.URL.Path); ok {
		site, poolID, err := s.workspaceSite(r.Context(), id)
		if err != nil {
			s.stray(w, r, err)
			return
		}
		s.find(w, r, poolID, site)
		return
	}
	id, ok := poolOf(r.URL.Path)
	if !ok {
		s.Rest.ServeHTTP(w, r)
		return
	}
	s.find(w, r, id, authorize.Site{Prefix: "/" + id})
}

// find looks for the pool of a site and goes on there.
func (s *sites) find(w http.ResponseWriter, r *http.Request, poolID string, site authorize.Site) {
	var err error
	if site.Pool, err = s.Pools.Get(r.Context(), poolID); err != nil {
		s.stray(w, r, err)
		return
	}
	if site.Base == "" {
		site.Base = s.Location(site.Pool)
	}
	http.StripPrefix(site.Prefix, http.HandlerFunc(s.enter)).ServeHTTP(w, r.WithContext(authorize.WithSite(r.Context(), site)))
}

// enter serves a request whose site is known.
func (s *sites) enter(w http.ResponseWriter, r *http.Request) {
	site, _ := authorize.SiteOf(r.Context())
	if site.Workspace != "" && portal.Serves(r.URL.Path) {
		s.Portal.ServeHTTP(w, r)
		return
	}
	if site.Workspace != "" && s.Serves(r.URL.Path) && !login.AtWorkspaces(r.URL.Path) {
		s.lost.ServeHTTP(w, r) // the pool's own people do not sign in here
		return
	}
	if oauth.Answers(r.URL.Path, site.Workspace != "") {
		s.OAuth.ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, branding.Images) {
		s.Images.ServeHTTP(w, r)
		return
	}
	if s.Serves(r.URL.Path) {
		s.Login.ServeHTTP(w, r)
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
		door.Say(w, http.StatusNotFound, map[string]string{"message": "There is no such document."})
	case f.Kind == fault.Missing:
		door.Say(w, http.StatusNotFound, map[string]string{"message": f.Text})
	default:
		telemetry.Fail(r.Context(), err)
		door.Say(w, http.StatusInternalServerError, map[string]string{"__type": "InternalErrorException", "message": "Internal server error."}) // AWS clients name it
	}
}

var poolForm = regexp.MustCompile(`^[0-9A-Za-z][\w-]*_[0-9A-Za-z]+$`)

// poolOf takes the pool id from the start of a path; there must be more behind it.
func poolOf(path string) (id string, ok bool) {
	id, _, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return id, ok && len(id) <= 55 && poolForm.MatchString(id)
}

// workspaceOf takes the workspace's id from a path; there must be more behind it.
func (s *sites) workspaceOf(path string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/"+s.Tenant+"/")
	if !ok {
		return "", false
	}
	id, _, ok = strings.Cut(rest, "/")
	return id, ok && workspace.IsID(id)
}

// workspaceSite is the site of a workspace.
func (s *sites) workspaceSite(ctx context.Context, id string) (authorize.Site, string, error) {
	w, err := s.Workspaces.Get(ctx, id)
	if err != nil {
		return authorize.Site{}, "", err
	}
	base := s.WorkspaceBase(id)
	prefix := base
	if u, err := url.Parse(base); err == nil {
		prefix = u.Path
	}
	return authorize.Site{Base: base, Issuer: base, Prefix: prefix, Workspace: id}, w.PoolID, nil
}
