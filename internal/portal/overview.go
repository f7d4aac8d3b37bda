package portal

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/agent"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Application is a client that somebody lets have something.
type Application struct {
	ID, Name string
	Since    time.Time // of the first grant that still holds
	Scopes   []workspace.Scope
	Claims   []workspace.Claim // what its tokens say of the person
}

// Launch is an application that somebody can go to.
type Launch struct{ ID, Name, URL string }

// Browser is one in which somebody is signed in.
type Browser struct {
	ID, Agent, Address string
	Device             string // in words
	Place              string // in words; empty: nobody knows
	AuthTime           time.Time
	This               bool // it is the one that asks
}

// Attribute is something that is known of a person.
type Attribute struct{ Name, Value, From string } // From: the connection that says so, by its name; empty: the workspace's own users

// maxBrowsers bounds a list.
const maxBrowsers = 100

// Applications lists the clients of the workspace that somebody lets have something, by their names: those that were granted scopes,
// and those that have a session with the person, whom nobody may have asked.
func (p *Portal) Applications(ctx context.Context, who *Person) ([]Application, error) {
	given, err := p.given(ctx, who)
	if err != nil {
		return nil, err
	}
	out := []Application{}
	for _, g := range given {
		at := slices.IndexFunc(out, func(a Application) bool { return a.ID == g.ClientID })
		if at < 0 {
			app, err := p.parts.Clients.Get(ctx, g.ClientID)
			switch {
			case fault.Is(err, fault.Missing, ""), err == nil && (app.About.WorkspaceID != who.Workspace.ID || app.ID == clientID(portalKind, who.Workspace.ID)):
				continue
			case err != nil:
				return nil, err
			}
			at, out = len(out), append(out, Application{ID: app.ID, Name: cmp.Or(app.Name, app.ID), Since: g.GivenAt})
		}
		out[at].add(who.Workspace, g)
	}
	for i := range out {
		out[i].tell(who.Workspace)
	}
	slices.SortStableFunc(out, func(a, b Application) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// given is every scope that a client has of somebody, some of them twice.
func (p *Portal) given(ctx context.Context, who *Person) (list []Grant, err error) {
	if p.parts.Consents != nil {
		if list, err = p.parts.Consents.Grants(ctx, who.Workspace.ID, who.User.ID); err != nil {
			return nil, err
		}
	}
	live, err := p.parts.Sessions.Live(ctx, who.User)
	for _, s := range live {
		for _, scope := range s.Scopes {
			list = append(list, Grant{s.ClientID, scope, s.CreatedAt})
		}
	}
	return list, err
}

func (a *Application) add(w *workspace.Workspace, g Grant) {
	if g.GivenAt.Before(a.Since) {
		a.Since = g.GivenAt
	}
	x, _ := w.Scope(g.Scope)
	if x != nil && !slices.ContainsFunc(a.Scopes, func(s workspace.Scope) bool { return s.Name == x.Name }) {
		a.Scopes = append(a.Scopes, *x)
	}
}

// tell finds what the client's tokens say of the person.
func (a *Application) tell(w *workspace.Workspace) {
	for _, c := range w.Claims {
		seen := slices.ContainsFunc(a.Claims, func(x workspace.Claim) bool { return x.Name == c.Name })
		through := len(c.Scopes) == 0 || slices.ContainsFunc(a.Scopes, func(s workspace.Scope) bool { return slices.Contains(c.Scopes, s.Name) })
		if !seen && through && c.SourceType == workspace.FromContext {
			a.Claims = append(a.Claims, c)
		}
	}
}

// Revoke takes back all that somebody lets a client of the workspace have, and ends its sessions with them. Nothing to take back is
// a fault Missing.
func (p *Portal) Revoke(ctx context.Context, who *Person, id string) error {
	missing := fault.NoClient("of this name")
	if !directory.IsClientID(id) {
		return missing
	}
	was := false
	if p.parts.Consents != nil {
		err := p.parts.Consents.Withdraw(ctx, who.Workspace.ID, who.User.ID, id)
		if err != nil && !fault.Is(err, fault.Missing, "") {
			return err
		}
		was = err == nil
	}
	ended, err := p.end(ctx, who, func(s *token.Session) bool { return s.ClientID == id })
	if err == nil && !was && ended == 0 {
		return missing
	}
	return err
}

// end ends sessions of somebody with clients of the workspace, and tells how many. Clients of the pool itself, and of other
// workspaces over it, are none of this workspace's.
func (p *Portal) end(ctx context.Context, who *Person, which func(*token.Session) bool) (n int, err error) {
	list, err := p.parts.Sessions.Live(ctx, who.User)
	if err != nil {
		return 0, err
	}
	for _, s := range list {
		if !which(s) {
			continue
		}
		app, err := p.parts.Clients.Get(ctx, s.ClientID)
		switch {
		case fault.Is(err, fault.Missing, ""), err == nil && app.About.WorkspaceID != who.Workspace.ID:
			continue
		case err != nil:
			return n, err
		}
		if err := p.parts.Sessions.End(ctx, s.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Launches lists where somebody can go: clients whose operators say where people begin, by their names. Nothing that a request says
// comes into it.
func (p *Portal) Launches(ctx context.Context, who *Person) ([]Launch, error) {
	list, err := p.parts.Clients.List(ctx, who.Workspace.ID)
	if err != nil {
		return nil, err
	}
	out := []Launch{}
	for _, app := range list {
		if app.About.URI != "" {
			out = append(out, Launch{app.ID, app.Name, app.About.URI})
		}
	}
	slices.SortStableFunc(out, func(a, b Launch) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Browsers lists where somebody is signed in, the newest first.
func (p *Portal) Browsers(ctx context.Context, who *Person) ([]Browser, error) {
	list, err := p.parts.Browsers.List(ctx, who.Pool.ID, who.User.ID, maxBrowsers)
	if err != nil {
		return nil, err
	}
	out := make([]Browser, 0, len(list))
	for _, s := range list {
		b := Browser{ID: s.ID, Agent: s.UserAgent, Address: s.Address, Device: agent.Describe(s.UserAgent), AuthTime: s.AuthTime, This: s.ID == who.Session.BrowserID}
		if p.parts.Place != nil {
			b.Place = p.parts.Place(s.Address)
		}
		out = append(out, b)
	}
	return out, nil
}

// End signs somebody out of one of their own browsers. One that is not theirs is a fault Missing, as one that is not there.
func (p *Portal) End(ctx context.Context, who *Person, id string) error {
	missing := fault.Missingf("There is no such session.")
	if len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return missing
	}
	was, err := p.parts.Browsers.Revoke(ctx, who.Pool.ID, who.User.ID, id)
	if err == nil && !was {
		return missing
	}
	return err
}

// EndTokens ends every session of somebody with the clients of the workspace: their refresh tokens and access tokens are dead.
func (p *Portal) EndTokens(ctx context.Context, who *Person) error {
	_, err := p.end(ctx, who, func(*token.Session) bool { return true })
	return err
}

// EndAll signs somebody out everywhere: of every browser, and of every client of the workspace.
func (p *Portal) EndAll(ctx context.Context, who *Person) error {
	if err := p.parts.Browsers.RevokeAll(ctx, who.Pool.ID, who.User.ID); err != nil {
		return err
	}
	return p.EndTokens(ctx, who)
}

// Known is what is known of somebody: the connection that they came through, by its name, or none, and their attributes.
func (p *Portal) Known(ctx context.Context, who *Person) (connection string, list []Attribute, err error) {
	all, err := p.parts.Connections.List(ctx, who.Workspace.ID)
	if err != nil {
		return "", nil, err
	}
	var through *workspace.Connection
	for _, c := range all {
		if strings.HasPrefix(strings.ToLower(who.User.Username), strings.ToLower(c.ID)+"_") { // as arrival names who comes from outside
			through, connection = c, c.Name
		}
	}
	for name, value := range who.User.Attributes {
		if name == "identities" || value == "" {
			continue
		}
		a := Attribute{Name: name, Value: value}
		if through != nil && tells(through, name) {
			a.From = through.Name
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	return connection, list, nil
}

// tells reports whether a connection writes an attribute of users: by a rule of its own, or under the same name.
func tells(c *workspace.Connection, name string) bool {
	if c.JIT.Attributes != nil {
		return slices.ContainsFunc(c.JIT.Attributes, func(p workspace.Provision) bool { return p.Target == name })
	}
	return slices.ContainsFunc(c.Mappings, func(m mapping.Mapping) bool { return m.Target == name || m.Target == "." })
}
