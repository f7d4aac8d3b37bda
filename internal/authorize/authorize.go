// Package authorize decides about authorization: it checks the requests of app clients, remembers in which browsers
// somebody is signed in, and gives out authorization codes that work once. It leaves tokens to token, the proof of who
// somebody is to signin, HTTP endpoints to front/oauth and pages to front/login.
//
// # How pages take part
//
// The endpoint /oauth2/authorize answers from the browser's session where it can. Where it cannot it sends the browser
// to /login with the parameters it was given; /signup, /forgotPassword and the others take the same ones. A page
//
//	site, ok := authorize.SiteOf(ctx)                   // the pool, the page's own URL and cookie path
//	req, err := a.Requests.Parse(ctx, site, query) // on GET: a *Refusal says where the browser goes
//	hidden := a.Requests.Seal(req)                      // into a hidden field of each form
//	req, err := a.Requests.Open(ctx, site, hidden) // on POST
//
// and, once signin has proven who is there,
//
//	session, secret, err := a.Browser.Begin(ctx, authorize.Proof{Pool: site.Pool, User: user, AMR: …, Replaces: old})
//	http.SetCookie(w, site.Cookie(secret, session.ExpiresAt))
//	location, err := a.Complete(ctx, req, session)      // 303 to location; a *Refusal has one, too
//
// An account chooser finds who is signed in with a.Browser.Find and calls Complete with that session. A page never
// builds a URL of the client itself: Complete and Refusal.Location do, so that there is one place to look for open
// redirects. A Refusal without a Location is shown by the page /error (site.ErrorPath).
package authorize

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/token"
)

// Parts is what the room is built from. All are needed. The store and the services of other rooms satisfy the
// interfaces.
type Parts struct {
	Store   Store
	Clients Clients
	People  People
	Tokens  Tokens
	Ended   Ender
	Scopes  ScopeSource
	Sealer  Sealer
	Now     clock.Clock
	// Providers finds outside identity providers; nil: there are none.
	Providers Providers
	// Workspaces knows the scopes of workspaces by their ids; nil: there are none.
	Workspaces WorkspaceScopes
	// Strict is what strict OpenID Connect providers need; nil where there are none.
	Strict *Strict
}

// Clients finds app clients, from memory where it can; *directory.Clients does.
type Clients interface {
	Get(ctx context.Context, poolID, id string) (*directory.Client, error)
}

// Find finds the client that a request to a site names. A client of a workspace is one at its own site only, and others are
// none there. What cannot be the id of a client is not looked for: not every database takes every string.
func (a *Authorizer) Find(ctx context.Context, site Site, clientID string) (*directory.Client, error) {
	return a.parts.findAt(ctx, site, clientID)
}

func (p Parts) findAt(ctx context.Context, site Site, clientID string) (*directory.Client, error) {
	c, err := p.find(ctx, site.Pool.ID, clientID)
	if err == nil && c.Workspace != site.Workspace {
		return nil, fault.NoClient(clientID)
	}
	return c, err
}

func (p Parts) find(ctx context.Context, poolID, clientID string) (*directory.Client, error) {
	if !directory.IsClientID(clientID) {
		return nil, fault.NoClient("of this name")
	}
	return p.Clients.Get(ctx, poolID, clientID)
}

// Providers finds the outside identity providers of pools; *federation.Providers does.
type Providers interface {
	// NameOf is the name of the provider that has an identifier; empty: none has.
	NameOf(ctx context.Context, poolID, identifier string) (string, error)
}

// People reads users as they are now. Nobody there is fault.NoUser.
type People interface {
	User(ctx context.Context, poolID, id string) (*directory.User, error)
}

// Tokens mints tokens; *token.Minter does.
type Tokens interface {
	Issue(ctx context.Context, g token.Grant) (*token.Set, error)
}

// Ender ends the token session of an id, if there is one; *token.Sessions does.
type Ender interface {
	End(ctx context.Context, sessionID string) error
}

// Sealer encrypts what pages carry; *secret.Keyring is one.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// Authorizer holds the room's services. Safe for concurrent use.
type Authorizer struct {
	Requests *Requests
	Browser  *Browser
	Codes    *Codes
	Scopes   *Scopes
	parts    Parts
}

// New builds the services.
func New(p Parts) *Authorizer {
	scopes := &Scopes{p}
	return &Authorizer{
		Requests: &Requests{p, scopes}, Browser: &Browser{p}, Codes: &Codes{p}, Scopes: scopes, parts: p,
	}
}

// moment is now as the store keeps it.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
