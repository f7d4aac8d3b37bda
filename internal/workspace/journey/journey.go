package journey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/workspace"
)

// Parts is what the journey is built from. All but Steps, Select and Observe are needed.
type Parts struct {
	Room       *workspace.Room
	Logins     *Logins
	Contexts   *Contexts
	Traces     *Traces
	Authorizer *authorize.Authorizer
	Trips      *federation.Trips
	Arrivals   *arrival.Arrivals
	People     People
	// Steps have their say in their order.
	Steps []Step
	// Select says which connections a request may lead to, those that a page shows and hidden ones; nil: all.
	Select func(ctx context.Context, s Selection) ([]*workspace.Connection, error)
	// Observe is told how requests were answered: Hit, Miss or Upstream. Nil: nobody is.
	Observe func(what string)
	Now     clock.Clock
}

// What Observe is told: a request was answered from a kept context; one could not be; somebody was sent to a provider.
const (
	Hit      = "hit"
	Miss     = "miss"
	Upstream = "upstream"
)

// Selection is what is known when connections are chosen from. None of them is disabled.
type Selection struct {
	WorkspaceID string
	Request     *authorize.Request
	From        []*workspace.Connection
}

// People reads users as they are now.
type People interface {
	Get(ctx context.Context, poolID, id string) (*directory.User, error)
}

// Journeys takes people through connections. Safe for concurrent use.
type Journeys struct{ Parts }

// New builds the service.
func New(p Parts) *Journeys { return &Journeys{p} }

// Visit is a browser that asks for something.
type Visit struct {
	Session string // the secret of its browser session; empty: it has none
	Browser string // the secret that shows that who comes back is who left
	Own     string // the connection whose own address it came back to; empty: that of all
	Visitor Visitor
	URL     string // that it asked for
}

// Way is where a browser goes next. A new session's secret goes into its cookie.
type Way struct {
	Location string
	Secret   string
	Expires  time.Time
}

// scene is one request of one browser at one workspace.
type scene struct {
	*Journeys
	site    authorize.Site
	request *authorize.Request
	space   *workspace.Workspace
	visit   Visit
}

func (j *Journeys) scene(ctx context.Context, site authorize.Site, r *authorize.Request, v Visit) (*scene, error) {
	w, err := j.Room.Workspaces.Get(ctx, site.Workspace)
	if err != nil {
		return nil, err
	}
	return &scene{j, site, r, w, v}, nil
}

func (s *scene) observe(what string) {
	if s.Observe != nil {
		s.Observe(what)
	}
}

// Begin answers an authorization request: from a kept context where that counts, else at the connection that the request, the
// person's address or the lack of a choice names, else on the page where people choose. An error of type *authorize.Refusal is told
// to the client.
func (j *Journeys) Begin(ctx context.Context, site authorize.Site, r *authorize.Request, v Visit) (Way, error) {
	s, err := j.scene(ctx, site, r, v)
	if err != nil {
		return Way{}, err
	}
	list, err := s.usable(ctx)
	if err != nil {
		return Way{}, err
	}
	way, done, err := s.reuse(ctx, list)
	if done || err != nil {
		return way, err
	}
	if r.Prompt == "none" {
		return Way{}, r.Refuse(authorize.LoginRequired, "")
	}
	c, err := s.choose(list)
	switch {
	case err != nil:
		return Way{}, err
	case c == nil:
		return Way{Location: site.Path("/login", r.Query())}, nil
	}
	return s.depart(ctx, c)
}

// Choose sends somebody to the connection that they have chosen, by its id or by what they call themselves. Nobody is let in
// without going there: whoever chooses may not be who was signed in.
func (j *Journeys) Choose(ctx context.Context, site authorize.Site, r *authorize.Request, v Visit, id string) (Way, error) {
	if r.Prompt == "none" { // nothing may be asked, and whoever goes to a provider is asked there
		return Way{}, r.Refuse(authorize.LoginRequired, "")
	}
	s, err := j.scene(ctx, site, r, v)
	if err != nil {
		return Way{}, err
	}
	list, err := s.usable(ctx)
	if err != nil {
		return Way{}, err
	}
	for _, c := range list {
		if c.ID == id {
			return s.depart(ctx, c)
		}
	}
	return Way{}, r.Refuse(authorize.InvalidRequest, "there is no such connection")
}

// usable are the connections that people can come through.
func (s *scene) usable(ctx context.Context) ([]*workspace.Connection, error) {
	list, err := s.Room.Connections.List(ctx, s.space.ID)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c *workspace.Connection) bool { return c.Disabled })
	if s.Select == nil {
		return list, nil
	}
	return s.Select(ctx, Selection{s.space.ID, s.request, list})
}

// choose finds the connection where somebody goes without being asked; nil: there is a choice.
func (s *scene) choose(list []*workspace.Connection) (*workspace.Connection, error) {
	if hint := s.request.Hinted; hint != "" {
		for _, c := range list {
			if c.ID == hint {
				return c, nil
			}
		}
		return nil, s.request.Refuse(authorize.InvalidRequest, "idp_hint names no connection")
	}
	if c := byDomain(s.space, list, s.request.LoginHint); c != nil && c.Discovery.InstantRedirect {
		return c, nil
	}
	shown := shown(list)
	switch {
	case len(shown) == 0 && !s.space.Discovery.Enabled:
		return nil, s.request.Refuse(authorize.AccessDenied, "the workspace has no connection to sign in with")
	case len(shown) == 1 && !s.space.Discovery.Enabled:
		return shown[0], nil
	}
	return nil, nil
}

func shown(list []*workspace.Connection) []*workspace.Connection {
	return slices.DeleteFunc(slices.Clone(list), func(c *workspace.Connection) bool { return c.Hidden })
}

// byDomain finds the connection of an address by its domain, or the one that takes everybody else; nil: none.
func byDomain(w *workspace.Workspace, list []*workspace.Connection, identifier string) *workspace.Connection {
	at := strings.LastIndexByte(identifier, '@')
	if !w.Discovery.Enabled || identifier == "" {
		return nil
	}
	domain := strings.ToLower(identifier[at+1:])
	for _, c := range list {
		if at > 0 && slices.Contains(c.Discovery.Domains, domain) {
			return c
		}
	}
	for _, c := range list {
		if c.Discovery.Fallback {
			return c
		}
	}
	return nil
}

// Choice is a connection as people see it.
type Choice struct{ ID, Name, Logo string }

// Choices are the connections that the page of a workspace shows, and whether it also asks who somebody is.
func (j *Journeys) Choices(ctx context.Context, workspaceID string, r *authorize.Request) (list []Choice, asks bool, err error) {
	w, err := j.Room.Workspaces.Get(ctx, workspaceID)
	if err != nil {
		return nil, false, err
	}
	s := &scene{Journeys: j, request: r, space: w}
	usable, err := s.usable(ctx)
	for _, c := range shown(usable) {
		list = append(list, Choice{c.ID, c.Name, c.LogoURI})
	}
	return list, w.Discovery.Enabled, err
}

// Discover finds the connection of what somebody calls themselves; empty: there is none.
func (j *Journeys) Discover(ctx context.Context, workspaceID, identifier string, r *authorize.Request) (id string, err error) {
	w, err := j.Room.Workspaces.Get(ctx, workspaceID)
	if err != nil {
		return "", err
	}
	s := &scene{Journeys: j, request: r, space: w}
	usable, err := s.usable(ctx)
	if c := byDomain(w, usable, identifier); c != nil {
		return c.ID, err
	}
	return "", err
}

// depart sends a browser to the provider of a connection.
func (s *scene) depart(ctx context.Context, c *workspace.Connection) (Way, error) {
	s.observe(Upstream)
	if c.Method == workspace.CustomLogin {
		way, err := s.page(ctx, c)
		return way, s.told(err)
	}
	prompt := s.request.Prompt
	if prompt != "login" && prompt != "select_account" {
		prompt = ""
	}
	age := ""
	if s.request.HasMaxAge {
		age = s.request.Asked("max_age")
	}
	location, err := s.Trips.Begin(ctx, federation.Departure{
		PoolID: s.site.Pool.ID, Provider: providerOf(s.space.ID, c.ID), Base: s.site.Base, Request: s.Authorizer.Requests.Seal(s.request),
		Browser: s.visit.Browser, Hint: s.request.LoginHint, Prompt: prompt, MaxAge: age, ACR: s.request.Asked("acr_values"),
	})
	return Way{Location: location}, s.told(err)
}

// told is an error as the client hears of it.
func (s *scene) told(err error) error {
	provider, own, f := (*federation.Refusal)(nil), (*Refusal)(nil), (*fault.Fault)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &provider):
		return s.request.Refuse(provider.Code, provider.Text)
	case errors.As(err, &own):
		return s.request.Refuse(own.Code, own.Text)
	case errors.Is(err, authorize.ErrSignIn):
		return s.request.Refuse(authorize.LoginRequired, "the provider has not asked the person again")
	case errors.As(err, &f) && f.Kind == fault.Denied && f.Subject == "":
		return s.request.Refuse(authorize.AccessDenied, f.Text)
	case errors.As(err, &f) && f.Kind == fault.Invalid:
		return s.request.Refuse(authorize.InvalidRequest, f.Text)
	}
	return err
}

// providerOf names a connection among the providers of trips.
func providerOf(workspaceID, id string) string { return workspaceID + "/" + id }

// Finder finds the providers of connections for trips.
type Finder struct{ Room *workspace.Room }

// Provider is a connection as federation speaks to it. One that is disabled or gone lets nobody in, not even who is on the way.
func (f Finder) Provider(ctx context.Context, poolID, name string) (*federation.Provider, error) {
	workspaceID, id, _ := strings.Cut(name, "/")
	c, err := f.Room.Connections.Get(ctx, workspaceID, "", id)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return nil, federation.Refuse(err, "The connection does not exist any more.")
	case err != nil:
		return nil, err
	case c.Disabled:
		return nil, federation.Refuse(nil, "Sign-in through %s is not possible any more.", c.Name)
	}
	p, err := f.Room.Connections.Provider(c)
	if err != nil {
		return nil, err
	}
	p.PoolID = poolID
	return p, nil
}

// note puts what happened on the audit record of the request.
func note(ctx context.Context, l *Login) {
	audit.Note(ctx, func(r *audit.Record) {
		if r.Operation == "" {
			r.Operation = "Authorize"
		}
		r.Client, r.Resource = l.ClientID, "workspace/"+l.WorkspaceID+"/connection/"+l.ConnectionID
		if r.Detail == nil {
			r.Detail = map[string]string{}
		}
		r.Detail["idp_method"] = l.Method
		if l.Cached {
			r.Detail["cached"] = "true"
		}
	})
}
