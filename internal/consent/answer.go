package consent

import (
	"context"
	"crypto/subtle"
	"slices"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Ask reads what somebody is asked, for whoever has the login's id and state. journey.ErrLost: there is no such sign-in, or it does
// not wait for consent.
func (s *Consents) Ask(ctx context.Context, workspaceID, id, state string) (*Question, error) {
	l, err := s.parts.Logins.Look(ctx, workspaceID, id, state)
	switch {
	case err != nil:
		return nil, err
	case l.Waiting != StepName:
		return nil, journey.ErrLost
	}
	return s.question(ctx, l)
}

// AskIn is Ask for the browser in which the sign-in began, by its secret; no other is told anything.
func (s *Consents) AskIn(ctx context.Context, workspaceID, id, state, browser string) (*Question, error) {
	q, err := s.Ask(ctx, workspaceID, id, state)
	if err == nil && subtle.ConstantTimeCompare([]byte(q.Login.Browser), []byte(journey.Digest(browser))) != 1 {
		return nil, journey.ErrLost
	}
	return q, err
}

// Answer is what somebody has agreed to.
type Answer struct {
	WorkspaceID, ID, State string
	Scopes                 []string
	Language               string
}

// Accept remembers an answer and gives the address where the browser goes on. It works once. A scope that was not asked about is a
// fault Invalid; those that are not named are not granted, and no longer are if they were before: what the client has with them ends.
func (s *Consents) Accept(ctx context.Context, a Answer) (location string, err error) {
	err = s.parts.Store.InTx(ctx, func(ctx context.Context) error {
		l, err := s.parts.Logins.Settle(ctx, a.WorkspaceID, a.ID, a.State, StepName, func(l *journey.Login) error { return s.grant(ctx, l, a) })
		if err == nil {
			location = l.Back(l.State)
		}
		return err
	})
	return location, err
}

// grant writes an answer into a sign-in, and remembers it.
func (s *Consents) grant(ctx context.Context, l *journey.Login, a Answer) error {
	q, err := s.question(ctx, l)
	if err != nil {
		return err
	}
	asked := q.scopes()
	for _, name := range a.Scopes {
		if !slices.ContainsFunc(asked, func(x Scope) bool { return x.Name == name }) {
			return fault.Newf(fault.Invalid, fault.Scope, "granted_scopes: %s was not asked for.", name)
		}
	}
	var given []Grant
	var refused []string
	now := s.parts.Now()
	for _, x := range asked {
		switch agreed := x.Required || slices.Contains(a.Scopes, x.Name); {
		case !agreed:
			refused = append(refused, x.Name)
		case !x.Transient:
			given = append(given, Grant{l.PoolID, l.Subject, l.ClientID, x.Name, now, a.Language})
		}
	}
	l.Granted = slices.DeleteFunc(slices.Clone(wanted(l)), func(name string) bool { return slices.Contains(refused, name) })
	l.Note(mapping.Line{Step: StepName, Outcome: mapping.Set, To: "granted_scopes", Value: l.Granted})
	note(ctx, l, "granted")
	if err := s.parts.Store.DropGrants(ctx, l.PoolID, l.Subject, l.ClientID, refused, now); err != nil {
		return err
	}
	return s.parts.Store.SaveGrants(ctx, given)
}

// Reject ends the sign-in with an error for the client, access_denied where none is named. It works once, and forgets nothing that
// was agreed to before.
func (s *Consents) Reject(ctx context.Context, workspaceID, id, state string, r journey.Refusal) (location string, err error) {
	if r.Code == "" {
		r = journey.Refusal{Code: "access_denied", Text: "the user did not agree"}
	}
	l, err := s.parts.Logins.Settle(ctx, workspaceID, id, state, StepName, func(l *journey.Login) error {
		l.Refused = &r
		note(ctx, l, "refused")
		return nil
	})
	if err != nil {
		return "", err
	}
	return l.Back(l.State), nil
}

func note(ctx context.Context, l *journey.Login, what string) {
	audit.NoteProven(ctx, l.PoolID, l.Subject)
	audit.Note(ctx, func(r *audit.Record) {
		r.Client, r.Resource = l.ClientID, "workspace/"+l.WorkspaceID
		if r.Detail == nil {
			r.Detail = map[string]string{}
		}
		r.Detail["consent"] = what
	})
}

// Application is a client that somebody lets have something.
type Application struct {
	journey.About
	ClientID string  `json:"client_id"`
	Scopes   []Grant `json:"granted_scopes"`
}

// Applications lists the clients of a workspace that a user lets have something, by id.
func (s *Consents) Applications(ctx context.Context, workspaceID, userID string) ([]Application, error) {
	w, err := s.parts.Workspaces.Get(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	grants, err := s.parts.Store.Grants(ctx, w.PoolID, userID, "")
	if err != nil {
		return nil, err
	}
	out := []Application{}
	for _, g := range grants {
		if n := len(out); n > 0 && out[n-1].ClientID == g.ClientID {
			out[n-1].Scopes = append(out[n-1].Scopes, g)
			continue
		}
		app, err := s.parts.Clients.Get(ctx, g.ClientID)
		switch {
		case fault.Is(err, fault.Missing, ""), err == nil && app.About.WorkspaceID != w.ID:
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, Application{
			About:    journey.About{Name: app.Name, LogoURI: app.About.LogoURI, PolicyURI: app.About.PolicyURI, TermsURI: app.About.TermsURI, Trusted: app.About.Trusted},
			ClientID: g.ClientID, Scopes: []Grant{g},
		})
	}
	return out, nil
}

// Withdraw takes back all that a user lets a client have: it is asked again, its refresh tokens and codes work no longer, and its
// access tokens are revoked. Nothing to take back is a fault Missing.
func (s *Consents) Withdraw(ctx context.Context, workspaceID, userID, clientID string) error {
	w, err := s.parts.Workspaces.Get(ctx, workspaceID)
	if err != nil {
		return err
	}
	app, err := s.parts.Clients.Get(ctx, clientID)
	switch {
	case err != nil:
		return err
	case app.About.WorkspaceID != w.ID:
		return fault.NoClient(clientID)
	}
	audit.Note(ctx, func(r *audit.Record) { r.Pool, r.User, r.Client = w.PoolID, userID, clientID })
	was, err := s.parts.Store.Withdraw(ctx, w.PoolID, userID, clientID, s.parts.Now())
	if err == nil && !was {
		return fault.New(fault.Missing, "", "The user lets this client have nothing.")
	}
	return err
}
