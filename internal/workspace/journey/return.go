package journey

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Return takes somebody back from a provider: what it said becomes a context, the person a user, and the steps have their say.
// federation.ErrLost: the answer belongs to no trip of this browser. A *authorize.Refusal is told to the client.
func (j *Journeys) Return(ctx context.Context, site authorize.Site, state string, answer url.Values, v Visit) (Way, error) {
	back, err := j.Trips.Finish(ctx, site.Pool.ID, site.Base, v.Own, v.Browser, state, answer)
	if back == nil {
		return Way{}, err
	}
	request, lost := j.Authorizer.Requests.Open(ctx, site, back.Request)
	if lost != nil {
		return Way{}, lost
	}
	s, broken := j.scene(ctx, site, request, v)
	if broken != nil {
		return Way{}, broken
	}
	if err != nil {
		return Way{}, s.told(err)
	}
	way, err := s.land(ctx, back)
	return way, s.told(err)
}

// land makes a login of what a provider has said.
func (s *scene) land(ctx context.Context, back *federation.Return) (Way, error) {
	c, err := s.Room.Connections.Get(ctx, s.space.ID, "", back.Provider.Name)
	if err != nil {
		return Way{}, err
	}
	l, err := s.login(ctx, c)
	if err != nil {
		return Way{}, err
	}
	return s.recognise(ctx, c, l, back)
}

// recognise makes a context of what was said, and a user of the person, and goes on.
func (s *scene) recognise(ctx context.Context, c *workspace.Connection, l *Login, back *federation.Return) (Way, error) {
	l.IDPSubject, l.AuthTime = back.Told.Subject, back.Told.AuthTime
	if l.AuthTime.IsZero() || l.AuthTime.After(s.Now()) {
		l.AuthTime = s.Now()
	}
	l.AuthTime = l.AuthTime.UTC().Truncate(time.Second)
	l.read(c, s.space, back.Told)
	l.Mapped = l.known()
	note(ctx, l)
	user, err := s.enter(ctx, c, back, l)
	if err != nil {
		return Way{}, s.ended(ctx, l, err)
	}
	l.Subject, l.Username = user.ID, user.Username
	return s.proceed(ctx, l)
}

// login begins one for the request.
func (s *scene) login(ctx context.Context, c *workspace.Connection) (*Login, error) {
	app, err := s.Room.Clients.Get(ctx, s.request.Client.ID)
	if err != nil {
		return nil, err
	}
	return &Login{
		WorkspaceID: s.space.ID, TenantID: s.space.TenantID, PoolID: s.site.Pool.ID, Base: s.site.Base, ConnectionID: c.ID, Method: c.Method,
		ClientID: app.About.ID, Client: About{app.Name, app.About.LogoURI, app.About.PolicyURI, app.About.TermsURI, app.About.Trusted},
		Request: s.Authorizer.Requests.Seal(s.request), RequestURL: s.site.Base + "/oauth2/authorize?" + s.request.Query().Encode(), Query: s.request.Query(),
		Scopes: slices.Clone(s.request.Scopes), Audience: s.request.Resource, RedirectURI: s.request.RedirectURI, MaxAge: int(s.request.MaxAge / time.Second),
		Prompt: s.request.Prompt, RequestedAt: s.request.StartedAt, Browser: Digest(s.visit.Browser), Visitor: s.visit.Visitor, TraceID: random.UUID(),
	}, nil
}

// read makes the context of what a provider has said: attributes, mappings, methods.
func (l *Login) read(c *workspace.Connection, w *workspace.Workspace, told *federation.Told) {
	raw := mapping.Raw{}
	if said := told.Said; said != nil {
		raw = mapping.Raw{mapping.IDToken: said.IDToken, mapping.AccessToken: said.AccessToken, mapping.UserInfo: said.UserInfo, mapping.SAML: said.SAML}
		for _, source := range slices.Sorted(maps.Keys(said.Notes)) {
			l.Note(mapping.Line{Step: "source", From: source, Outcome: mapping.LeftOut, Reason: said.Notes[source]})
		}
	}
	known, lines := mapping.Extract(raw, c.Attributes)
	l.Note(lines...)
	l.Context, lines = mapping.Apply(known, c.Mappings, w.Context.Attributes)
	l.Note(lines...)
	l.AMR, l.ACR = slices.DeleteFunc(slices.Clone(told.AMR), func(m string) bool { return m == "" || len(m) > 64 }), told.ACR
	if len(c.StaticAMR) > 0 {
		l.Note(mapping.Line{Step: "static_amr", To: "amr", Outcome: mapping.Set, Value: c.StaticAMR, Changed: len(l.AMR) > 0})
		l.AMR = slices.Clone(c.StaticAMR)
	}
}

// known is what the login knows of the person now.
func (l *Login) known() *Known {
	return &Known{Context: l.Context, AMR: l.AMR, ACR: l.ACR, IDPSubject: l.IDPSubject, AuthTime: l.AuthTime}
}

// enter makes somebody a user of the pool, or finds the one that they are.
func (s *scene) enter(ctx context.Context, c *workspace.Connection, back *federation.Return, l *Login) (*directory.User, error) {
	p := *back.Provider
	p.Mapping = map[string]string{}
	told := *back.Told
	told.Claims = map[string]string{}
	var once []string
	for _, rule := range c.JIT.Rules() {
		attribute, known := s.site.Pool.Attribute(rule.Target)
		path, err := mapping.Parse(rule.Source)
		if !known || attribute.DeveloperOnly || err != nil {
			continue
		}
		value, there := path.Get(any(l.Context))
		if text := federation.Text(value); there && text != "" {
			p.Mapping[rule.Target], told.Claims[rule.Target] = rule.Target, text
			l.Note(mapping.Line{Step: "user", From: rule.Source, To: rule.Target, Outcome: mapping.Set, Value: text})
		}
		if rule.Once || !attribute.Mutable {
			once = append(once, rule.Target)
		}
	}
	return s.Arrivals.Enter(ctx, arrival.Entry{Pool: s.site.Pool, Client: s.request.Client, Provider: &p, Told: &told, Once: once})
}

// proceed lets the steps have their say, from where the login stands, and gives the client its code.
func (s *scene) proceed(ctx context.Context, l *Login) (Way, error) {
	for l.Next < len(s.Steps) {
		step := s.Steps[l.Next]
		l.Next++
		l.Name()
		detour, err := step.Take(ctx, l)
		if err != nil {
			return Way{}, s.ended(ctx, l, err)
		}
		if detour == "" {
			continue
		}
		if s.request.Prompt == "none" {
			return Way{}, s.ended(ctx, l, &Refusal{Code: "interaction_required", Text: "the person has to be asked something"})
		}
		l.Waiting = step.Name()
		return Way{Location: detour}, s.Logins.Suspend(ctx, l)
	}
	way, err := s.finish(ctx, l)
	if err != nil {
		return Way{}, s.ended(ctx, l, err)
	}
	return way, s.trace(ctx, l, "code")
}

// Resume goes on with a login whose browser is back from a detour. ErrLost: there is none of this browser.
func (j *Journeys) Resume(ctx context.Context, site authorize.Site, id, state string, v Visit) (Way, error) {
	l, err := j.Logins.Take(ctx, site.Workspace, id, state, v.Browser)
	if err != nil {
		return Way{}, err
	}
	request, err := j.Authorizer.Requests.Open(ctx, site, l.Request)
	if errors.Is(err, authorize.ErrOld) {
		return Way{}, ErrLost
	}
	if err != nil {
		return Way{}, err
	}
	s, err := j.scene(ctx, site, request, v)
	if err != nil {
		return Way{}, err
	}
	note(ctx, l)
	if l.Refused != nil {
		return Way{}, s.told(s.ended(ctx, l, l.Refused))
	}
	if l.Accepted != nil {
		way, err := s.arrive(ctx, l)
		return way, s.told(err)
	}
	way, err := s.proceed(ctx, l)
	return way, s.told(err)
}

// ended notes how a sign-in failed, and gives its error.
func (s *scene) ended(ctx context.Context, l *Login, err error) error {
	outcome := authorize.ServerError
	if refusal := (*authorize.Refusal)(nil); errors.As(s.told(err), &refusal) {
		outcome = refusal.Code
	}
	return errors.Join(err, s.trace(ctx, l, outcome))
}

func (s *scene) trace(ctx context.Context, l *Login, outcome string) error {
	return s.Traces.Keep(ctx, &Trace{
		ID: l.TraceID, WorkspaceID: l.WorkspaceID, ConnectionID: l.ConnectionID, ClientID: l.ClientID, UserID: l.Subject, Outcome: outcome,
		Cached: l.Cached, At: s.Now().UTC().Truncate(time.Millisecond), AMR: l.AMR, ACR: l.ACR, Lines: l.Lines, Context: l.Context,
	})
}

// granted are the scopes that the code is for: never more than were asked for.
func (l *Login) granted() []string {
	if l.Granted == nil {
		return l.Scopes
	}
	return slices.DeleteFunc(slices.Clone(l.Granted), func(name string) bool { return !slices.Contains(l.Scopes, name) })
}

// knows tells whether a level that the client cannot do without was reached, where one was asked for.
func knows(r *authorize.Request, acr string) bool {
	asked := strings.Fields(r.Asked("acr_values"))
	return len(asked) == 0 || slices.Contains(asked, acr)
}
