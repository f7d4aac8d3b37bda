package extension

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// App is a custom application: pages of somebody else's through which people are sent during a sign-in. It speaks to us as a client
// of the system workspace.
type App struct {
	ID          string    `json:"id"` // never changes
	WorkspaceID string    `json:"authorization_server_id"`
	Name        string    `json:"name"`
	URL         string    `json:"url"`
	Type        AppType   `json:"type"`
	ClientID    string    `json:"client_id"` // never changes
	CreatedAt   time.Time `json:"created_at"`
	ModifiedAt  time.Time `json:"updated_at"`
}

// AppType is what an application is for.
type AppType string

// The types of applications.
const (
	PostAuthnApp AppType = "post-authn" // after people have come through a connection that names it
	ConsentPage  AppType = "consent"    // asks for consent in the place of our page; one for a workspace
	LoginPage    AppType = "login"      // the login page of a connection, by whose id it is called
)

// scope is what the client of an application may do.
func (t AppType) scope() string {
	switch t {
	case ConsentPage:
		return "manage_scope_grants"
	case LoginPage:
		return "manage_logins"
	}
	return "manage_post_authn"
}

// AppStore keeps applications. What is not there is a fault Missing.
type AppStore interface {
	// SaveApp puts an application in the place of the one of its id. A name that another of the workspace has is a fault Exists.
	SaveApp(ctx context.Context, a *App, max int) error
	App(ctx context.Context, workspaceID, id string) (*App, error)
	AppOf(ctx context.Context, clientID string) (*App, error) // of any workspace, by its client
	Apps(ctx context.Context, workspaceID string) ([]*App, error)
	DeleteApp(ctx context.Context, workspaceID, id string) error
}

// Clients makes and removes clients of workspaces, in the transaction of ctx; *workspace.ClientService does.
type Clients interface {
	Create(ctx context.Context, spec workspace.ClientSpec) (*workspace.App, error)
	Delete(ctx context.Context, id string, allow func(*workspace.App) error) error
}

// AppParts is what applications are built from. All are needed.
type AppParts struct {
	Store       AppStore
	Workspaces  Workspaces
	Connections Connections
	Clients     Clients
	Logins      *journey.Logins
	Now         clock.Clock
	// Enabled is the feature flag custom_apps. Without it nobody is sent anywhere, and no application can be made.
	Enabled bool
}

// Apps creates, finds, changes and deletes custom applications, and takes their answers. Safe for concurrent use.
type Apps struct{ parts AppParts }

// NewApps builds the service.
func NewApps(p AppParts) *Apps { return &Apps{p} }

const (
	maxApps = 100
	// consentID is the id of the one page that asks for consent.
	consentID = "consent"
)

func (a *Apps) off() error {
	if a.parts.Enabled {
		return nil
	}
	return fault.New(fault.Unsupported, fault.Feature, "Custom applications are not enabled here: the feature flag custom_apps is off.")
}

// Create makes an application and its client. The secret of the client is told this once.
func (a *Apps) Create(ctx context.Context, x *App) (made *App, secret string, err error) {
	if err := a.off(); err != nil {
		return nil, "", err
	}
	if x.Type == "" {
		x.Type = PostAuthnApp
	}
	switch x.Type {
	case ConsentPage:
		x.ID = consentID
	case LoginPage: // it has its connection's
	default:
		x.ID = random.LowerAlnum(20)
	}
	x.ModifiedAt = a.parts.Now().UTC().Truncate(time.Millisecond)
	x.CreatedAt = x.ModifiedAt
	if err := x.check(); err != nil {
		return nil, "", err
	}
	err = a.parts.Workspaces.Alone(ctx, x.WorkspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		client, err := a.client(ctx, x, "")
		if err != nil {
			return err
		}
		saved := *x
		saved.ClientID, made, secret = client.ID, &saved, client.Secrets[0].Value
		return a.parts.Store.SaveApp(ctx, made, maxApps)
	})
	if err != nil {
		return nil, "", err
	}
	return made, secret, nil
}

// client makes the client of an application, of its id and with a secret where they are given.
func (a *Apps) client(ctx context.Context, x *App, secret string) (*workspace.App, error) {
	return a.parts.Clients.Create(ctx, workspace.ClientSpec{
		ID: x.ClientID, Secret: secret, Name: x.Name, GrantTypes: []string{"client_credentials"}, Scopes: []string{x.Type.scope()},
		Client: workspace.Client{WorkspaceID: workspace.System},
	})
}

func (x *App) check() error {
	switch {
	case x.Name == "" || len(x.Name) > 128 || strings.ContainsFunc(x.Name, func(r rune) bool { return r < ' ' }):
		return fault.Invalidf("name: an application has a name of 1 to 128 characters.")
	case x.Type != PostAuthnApp && x.Type != ConsentPage && x.Type != LoginPage:
		return fault.Invalidf("type must be post-authn.")
	}
	if err := outbound.Check(x.URL, false); err != nil {
		return fault.Invalidf("url: %v.", err)
	}
	return nil
}

// List gives the applications of a workspace by name.
func (a *Apps) List(ctx context.Context, workspaceID string) ([]*App, error) {
	if _, err := a.parts.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	list, err := a.parts.Store.Apps(ctx, workspaceID)
	return slices.DeleteFunc(list, func(x *App) bool { return x.Type != PostAuthnApp }), err
}

// Get finds an application.
func (a *Apps) Get(ctx context.Context, workspaceID, id string) (*App, error) {
	if !workspace.IsID(workspaceID) || !workspace.IsID(id) {
		return nil, None("custom application")
	}
	return a.parts.Store.App(ctx, workspaceID, id)
}

// Update changes the name or the URL of an application by a function of its old value, which may run more than once.
func (a *Apps) Update(ctx context.Context, workspaceID, id string, change func(*App) error) (x *App, err error) {
	if err := a.off(); err != nil {
		return nil, err
	}
	err = a.alone(ctx, workspaceID, id, func(ctx context.Context, before *App) error {
		x = &App{}
		*x = *before
		if err := change(x); err != nil {
			return err
		}
		name, url := x.Name, x.URL
		*x = *before
		x.Name, x.URL, x.ModifiedAt = name, url, a.parts.Now().UTC().Truncate(time.Millisecond)
		if err := x.check(); err != nil {
			return err
		}
		return a.parts.Store.SaveApp(ctx, x, maxApps)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// alone runs fn while nobody else changes an application, with what it is now.
func (a *Apps) alone(ctx context.Context, workspaceID, id string, fn func(context.Context, *App) error) error {
	if !workspace.IsID(workspaceID) || !workspace.IsID(id) {
		return None("custom application")
	}
	return a.parts.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		x, err := a.parts.Store.App(ctx, workspaceID, id)
		if err != nil {
			return err
		}
		return fn(ctx, x)
	})
}

// Delete removes an application and its client, unless allow refuses what it is; nil allows it. Connections that name it send nobody
// anywhere any more.
func (a *Apps) Delete(ctx context.Context, workspaceID, id string, allow func(*App) error) error {
	return a.alone(ctx, workspaceID, id, func(ctx context.Context, x *App) error {
		if allow != nil {
			if err := allow(x); err != nil {
				return err
			}
		}
		if err := a.parts.Store.DeleteApp(ctx, workspaceID, id); err != nil {
			return err
		}
		return a.part(ctx, x)
	})
}

// part removes the client of an application that is gone.
func (a *Apps) part(ctx context.Context, x *App) error {
	if err := a.parts.Clients.Delete(ctx, x.ClientID, nil); !fault.Is(err, fault.Missing, "") {
		return err
	}
	return nil
}

// Leave removes the clients of all applications of a workspace that goes.
func (a *Apps) Leave(ctx context.Context, workspaceID string) error {
	list, err := a.parts.Store.Apps(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := a.part(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// Assignable refuses an application that no connection of a workspace can name.
func (a *Apps) Assignable(ctx context.Context, workspaceID, id string) error {
	if err := a.off(); err != nil {
		return err
	}
	x, err := a.Get(ctx, workspaceID, id)
	if fault.Is(err, fault.Missing, "") || err == nil && x.Type != PostAuthnApp {
		return fault.Invalidf("post_authn_app_id: there is no such custom application.")
	}
	return err
}

// ConsentPage is the page of a workspace that asks for consent in the place of ours; nil: it has none.
func (a *Apps) ConsentPage(ctx context.Context, workspaceID string) (*App, error) {
	if _, err := a.parts.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	x, err := a.parts.Store.App(ctx, workspaceID, consentID)
	if fault.Is(err, fault.Missing, "") {
		return nil, nil
	}
	return x, err
}

// ConsentURL is where that page is; empty: there is none, or it is not to be used.
func (a *Apps) ConsentURL(ctx context.Context, workspaceID string) (string, error) {
	if !a.parts.Enabled {
		return "", nil
	}
	x, err := a.ConsentPage(ctx, workspaceID)
	if x == nil || err != nil {
		return "", err
	}
	return x.URL, nil
}

// SetConsentPage has a page of somebody else's ask for consent; an empty URL: ours. The secret of its client is told when it is made.
// Allow may refuse to change what there is, which is nil for our own page; nil allows it.
func (a *Apps) SetConsentPage(ctx context.Context, workspaceID, url string, allow func(*App) error) (x *App, secret string, err error) {
	err = a.parts.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		before, err := a.ConsentPage(ctx, workspaceID)
		if err == nil && allow != nil {
			err = allow(before)
		}
		x, secret = nil, ""
		switch {
		case err != nil:
		case url == "" && before == nil:
		case url == "":
			err = a.Delete(ctx, workspaceID, consentID, nil)
		case before == nil:
			x, secret, err = a.Create(ctx, &App{WorkspaceID: workspaceID, Name: "Consent page", URL: url, Type: ConsentPage})
		default:
			x, err = a.Update(ctx, workspaceID, consentID, func(x *App) error { x.URL = url; return nil })
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return x, secret, nil
}

// Caller is the application whose client asks, if it is of a type. Others find no sign-in.
func (a *Apps) Caller(ctx context.Context, clientID string, t AppType) (*App, error) {
	x, err := a.parts.Store.AppOf(ctx, clientID)
	switch {
	case fault.Is(err, fault.Missing, ""), err == nil && (x.Type != t || !a.parts.Enabled):
		return nil, journey.ErrLost
	case err != nil:
		return nil, err
	}
	audit.Note(ctx, func(r *audit.Record) { r.Resource = "workspace/" + x.WorkspaceID + "/app/" + x.ID })
	return x, nil
}

// Administers refuses the client of an application, of any workspace: it answers for the sign-ins that come to its pages, and the scope that
// it has for that opens nothing else.
func (a *Apps) Administers(ctx context.Context, clientID string) error {
	_, err := a.parts.Store.AppOf(ctx, clientID)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return nil
	case err == nil:
		return fault.New(fault.Denied, fault.Scope, "The client of a custom application does not administer.")
	}
	return err
}

var errorForm = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)

// Refusal makes what an application says of a sign-in that is not to go on an error for the client.
func Refusal(code, text string) (journey.Refusal, error) {
	switch {
	case code == "":
		code = "access_denied"
	case !errorForm.MatchString(code):
		return journey.Refusal{}, fault.Invalidf("error: it has 1 to 64 small letters and underscores, as OAuth's have.")
	}
	if len(text) > 256 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		return journey.Refusal{}, fault.Invalidf("error_description: it has at most 256 characters of ASCII, without quotes and backslashes.")
	}
	return journey.Refusal{Code: code, Text: text}, nil
}
