package extension

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

func loginPageName(connectionID string) string { return "Login page " + connectionID }

// PageClient is the application that a connection's login page is, with the client that its program is. A fault Missing: it has none yet.
func (a *Apps) PageClient(ctx context.Context, workspaceID, connectionID string) (*App, error) {
	x, err := a.Get(ctx, workspaceID, connectionID)
	if err == nil && x.Type != LoginPage {
		return nil, None("client of a login page")
	}
	return x, err
}

// MakePageClient makes that client, in the place of the one that there was. Its secret is told this once.
func (a *Apps) MakePageClient(ctx context.Context, workspaceID, connectionID string) (made *App, secret string, err error) {
	if err := a.off(); err != nil {
		return nil, "", err
	}
	err = a.parts.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		c, err := a.parts.Connections.Get(ctx, workspaceID, workspace.CustomLogin, connectionID)
		if err != nil {
			return err
		}
		switch old, err := a.Get(ctx, workspaceID, connectionID); {
		case err == nil && old.Type != LoginPage:
			return fault.Newf(fault.Exists, "", "A custom application of the workspace is called %s.", connectionID)
		case err == nil:
			if err := a.Delete(ctx, workspaceID, connectionID, nil); err != nil {
				return err
			}
		case !fault.Is(err, fault.Missing, ""):
			return err
		}
		made, secret, err = a.Create(ctx, &App{ID: connectionID, WorkspaceID: workspaceID, Name: loginPageName(connectionID), URL: c.Settings.LoginURL, Type: LoginPage})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return made, secret, nil
}

// Forget has a login page be none any more whose connection is gone, and removes its client: another connection of the name would be
// another's.
func (a *Apps) Forget(ctx context.Context, workspaceID, connectionID string) error {
	x, err := a.parts.Store.App(ctx, workspaceID, connectionID)
	switch {
	case fault.Is(err, fault.Missing, ""), err == nil && x.Type != LoginPage:
		return nil
	case err != nil:
		return err
	}
	if err := a.parts.Store.DeleteApp(ctx, workspaceID, connectionID); err != nil {
		return err
	}
	return a.part(ctx, x)
}

// LoginRequest reads the sign-in whose browser is at the login page of a client.
func (a *Apps) LoginRequest(ctx context.Context, clientID, id, state string) (*journey.Login, error) {
	x, err := a.Caller(ctx, clientID, LoginPage)
	if err != nil {
		return nil, err
	}
	l, err := a.parts.Logins.Look(ctx, x.WorkspaceID, id, state)
	if err != nil {
		return nil, err
	}
	return l, atPage(l, x)
}

// atPage refuses a sign-in that is not at a login page.
func atPage(l *journey.Login, x *App) error {
	if l.Waiting != journey.LoginStep || l.ConnectionID != x.ID {
		return journey.ErrLost
	}
	return nil
}

// maxAhead is how far the clock of a page's server may be ahead.
const maxAhead = time.Minute

// Accept lets a sign-in go on as the person that its login page says. Attributes must be the connection's, and of their types: anything
// else is a fault Invalid that changes nothing. It works once, and gives the address where the browser goes on.
func (a *Apps) Accept(ctx context.Context, clientID, id, state string, said journey.Accepted) (string, error) {
	x, err := a.Caller(ctx, clientID, LoginPage)
	if err != nil {
		return "", err
	}
	c, err := a.parts.Connections.Get(ctx, x.WorkspaceID, workspace.CustomLogin, x.ID)
	if fault.Is(err, fault.Missing, "") || fault.Is(err, fault.Missing, fault.Provider) {
		return "", journey.ErrLost
	}
	if err != nil {
		return "", err
	}
	if err := a.believe(&said, c.Attributes); err != nil {
		return "", err
	}
	return a.settlePage(ctx, x, id, state, func(l *journey.Login) {
		l.Accepted = &said
		note(ctx, l, "login_accepted", slices.Sorted(maps.Keys(said.Context)))
	})
}

// believe refuses what no person can be.
func (a *Apps) believe(said *journey.Accepted, attributes []mapping.Attribute) error {
	switch {
	case said.Subject == "" || len(said.Subject) > 255 || strings.ContainsFunc(said.Subject, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fault.Invalidf("subject: it has 1 to 255 characters of ASCII, without spaces.")
	case tooLong(&said.ACR):
		return fault.Invalidf("acr: it has at most 256 characters.")
	case oddAMR(said.AMR):
		return fault.Invalidf("amr: it has at most %d values of 1 to 64 characters.", maxAMR)
	case said.AuthTime.After(a.parts.Now().Add(maxAhead)):
		return fault.Invalidf("auth_time: it is in the future.")
	}
	known := map[string]bool{}
	for _, at := range attributes {
		if path, err := mapping.Parse(at.Name); err == nil && at.Source == mapping.UserInfo {
			known[path.Root()] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said.Context)) {
		if !known[name] {
			return fault.Invalidf("authentication_context: the connection has no attribute %s.", name)
		}
	}
	var err error
	if said.Context, err = exact(said.Context); err != nil {
		return fault.Invalidf("authentication_context: it is no JSON object.").Because(err)
	}
	_, lines := mapping.Extract(mapping.Raw{mapping.UserInfo: said.Context}, attributes)
	for _, line := range lines {
		if line.Outcome != mapping.Absent && line.Reason != "" {
			return fault.Invalidf("authentication_context: %s: %s.", strings.TrimPrefix(line.From, string(mapping.UserInfo)+" "), line.Reason)
		}
	}
	return nil
}

// exact is an object with its numbers as they are written, as sign-ins keep them.
func exact(object map[string]any) (out map[string]any, err error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return out, mapping.Read(raw, &out)
}

// RejectLogin ends a sign-in with an error for the client. It works once, and gives the address where the browser goes on.
func (a *Apps) RejectLogin(ctx context.Context, clientID, id, state string, r journey.Refusal) (string, error) {
	x, err := a.Caller(ctx, clientID, LoginPage)
	if err != nil {
		return "", err
	}
	return a.settlePage(ctx, x, id, state, func(l *journey.Login) {
		l.Refused = &r
		l.Note(mapping.Line{Step: journey.LoginStep, From: x.Name, Outcome: mapping.LeftOut, Reason: "the login page ended the sign-in: " + r.Code})
		note(ctx, l, "login_rejected", []string{r.Code})
	})
}

func (a *Apps) settlePage(ctx context.Context, x *App, id, state string, change func(*journey.Login)) (string, error) {
	l, err := a.parts.Logins.Settle(ctx, x.WorkspaceID, id, state, journey.LoginStep, func(l *journey.Login) error {
		if err := atPage(l, x); err != nil {
			return err
		}
		change(l)
		return nil
	})
	if err != nil {
		return "", err
	}
	return l.Back(l.State), nil
}
