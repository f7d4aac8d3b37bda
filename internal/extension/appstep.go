package extension

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// AppStep is the step of a sign-in at which people are sent through the custom application of their connection.
type AppStep struct{ Apps *Apps }

// AppStepName is the step's name.
const AppStepName = "custom_app"

// Name is the step's in traces.
func (AppStep) Name() string { return AppStepName }

// Take sends the browser to the application of the connection, if there is one.
func (s AppStep) Take(ctx context.Context, l *journey.Login) (string, error) {
	if !s.Apps.parts.Enabled {
		return "", nil
	}
	c, err := s.Apps.parts.Connections.Get(ctx, l.WorkspaceID, "", l.ConnectionID)
	if err != nil || c.PostAuthnAppID == "" {
		return "", err
	}
	x, err := s.Apps.parts.Store.App(ctx, l.WorkspaceID, c.PostAuthnAppID)
	if fault.Is(err, fault.Missing, "") { // deleted: as if it was never named
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if l.Notes == nil {
		l.Notes = map[string]string{}
	}
	l.Notes[AppStepName] = x.ID
	l.Note(mapping.Line{Step: AppStepName, From: "sent to " + x.Name, Outcome: mapping.Set})
	return l.Away(x.URL)
}

// Waiting reads the sign-in that waits for the application of a client.
func (a *Apps) Waiting(ctx context.Context, clientID, id, state string) (*journey.Login, error) {
	x, err := a.Caller(ctx, clientID, PostAuthnApp)
	if err != nil {
		return nil, err
	}
	l, err := a.parts.Logins.Look(ctx, x.WorkspaceID, id, state)
	if err != nil {
		return nil, err
	}
	return l, theirs(l, x)
}

// theirs refuses a sign-in that does not wait for an application.
func theirs(l *journey.Login, x *App) error {
	if l.Waiting != AppStepName || l.Notes[AppStepName] != x.ID {
		return journey.ErrLost
	}
	return nil
}

// Complete lets a sign-in go on with what its application has found out: attributes of the schema, of their types. Anything else is
// a fault Invalid that changes nothing. It works once, and gives the address where the browser goes on.
func (a *Apps) Complete(ctx context.Context, clientID, id, state string, known map[string]any) (string, error) {
	x, err := a.Caller(ctx, clientID, PostAuthnApp)
	if err != nil {
		return "", err
	}
	w, err := a.parts.Workspaces.Get(ctx, x.WorkspaceID)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, err := fit(w.Context.Attributes, name, known[name]); err != nil {
			return "", fault.Newf(fault.Invalid, "", "authentication_context: %s: %v.", name, err)
		}
	}
	return a.settle(ctx, x, id, state, func(l *journey.Login) {
		before := len(l.Lines)
		Change{Context: known}.Apply(l, w.Context.Attributes, AppStepName, x.Name)
		var changed []string
		for _, line := range l.Lines[before:] {
			changed = append(changed, line.To)
		}
		note(ctx, l, "custom_app_changed", changed)
	})
}

// Abort ends a sign-in with an error for the client. It works once, and gives the address where the browser goes on.
func (a *Apps) Abort(ctx context.Context, clientID, id, state string, r journey.Refusal) (string, error) {
	x, err := a.Caller(ctx, clientID, PostAuthnApp)
	if err != nil {
		return "", err
	}
	return a.settle(ctx, x, id, state, func(l *journey.Login) {
		l.Refused = &r
		l.Note(mapping.Line{Step: AppStepName, From: x.Name, Outcome: mapping.LeftOut, Reason: "the application ended the sign-in: " + r.Code})
		note(ctx, l, "custom_app_aborted", []string{r.Code})
	})
}

func (a *Apps) settle(ctx context.Context, x *App, id, state string, change func(*journey.Login)) (string, error) {
	l, err := a.parts.Logins.Settle(ctx, x.WorkspaceID, id, state, AppStepName, func(l *journey.Login) error {
		if err := theirs(l, x); err != nil {
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

// note tells the audit log about whom a step has decided, and what: names, no values.
func note(ctx context.Context, l *journey.Login, what string, names []string) {
	audit.Note(ctx, func(r *audit.Record) {
		r.Pool, r.User, r.Client = l.PoolID, l.Subject, l.ClientID
		if r.Detail == nil {
			r.Detail = map[string]string{}
		}
		r.Detail[what] = strings.Join(names, " ")
	})
}

var _ journey.Step = AppStep{}
