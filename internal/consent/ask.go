package consent

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Question is what somebody is asked.
type Question struct {
	Login    *journey.Login
	Services []Service
}

// Service is scopes that belong together.
type Service struct {
	Name   string
	Type   string // oidc: the scopes of OpenID Connect
	Scopes []Scope
}

// Scope is one that a client asks for.
type Scope struct {
	workspace.Scope
	// Required cannot be refused alone: without it the client does not know who it is.
	Required bool
	// Given says that it was agreed to before.
	Given bool
}

// required are scopes without which a sign-in is none.
func required(name string) bool { return name == "openid" }

// question finds what is to be asked: scopes that nobody has agreed to for this client, or with prompt=consent all. Clients that
// are trusted and scopes of the kind implicit_grant are never asked about.
func (s *Consents) question(ctx context.Context, l *journey.Login) (*Question, error) {
	q := &Question{Login: l}
	if l.Client.Trusted {
		return q, nil
	}
	w, err := s.parts.Workspaces.Get(ctx, l.WorkspaceID)
	if err != nil {
		return nil, err
	}
	grants, err := s.parts.Store.Grants(ctx, l.PoolID, l.Subject, l.ClientID)
	if err != nil {
		return nil, err
	}
	for _, name := range wanted(l) {
		x, service := w.Scope(name)
		if x == nil { // it is gone meanwhile, and not in any token
			continue
		}
		given := slices.ContainsFunc(grants, func(g Grant) bool { return g.Scope == name })
		if x.ImplicitGrant || given && !asksAnew(l) {
			continue
		}
		q.add(service, Scope{Scope: *x, Required: required(name), Given: given})
	}
	return q, nil
}

// wanted are the scopes that the sign-in is for, as far as earlier steps have left them.
func wanted(l *journey.Login) []string {
	if l.Granted != nil {
		return l.Granted
	}
	return l.Scopes
}

// asksAnew says whether the client wants everything asked again. OpenID Connect Core section 3.1.2.1.
func asksAnew(l *journey.Login) bool { return l.Prompt == "consent" }

func (q *Question) add(service *workspace.Service, x Scope) {
	at := slices.IndexFunc(q.Services, func(s Service) bool { return s.Name == service.Name })
	if at < 0 {
		at = len(q.Services)
		q.Services = append(q.Services, Service{Name: service.Name, Type: service.Type})
	}
	q.Services[at].Scopes = append(q.Services[at].Scopes, x)
}

// scopes are all that are asked about.
func (q *Question) scopes() []Scope {
	var out []Scope
	for _, s := range q.Services {
		out = append(out, s.Scopes...)
	}
	return out
}

// Step is the step of a sign-in that asks.
type Step struct{ Consents *Consents }

// Name is the step's in traces.
func (Step) Name() string { return StepName }

// Take sends the browser to the page that asks, or goes on where there is nothing to ask. A client that forbids pages hears that
// there is something.
func (s Step) Take(ctx context.Context, l *journey.Login) (string, error) {
	q, err := s.Consents.question(ctx, l)
	if err != nil || len(q.Services) == 0 {
		return "", err
	}
	if l.Prompt == "none" {
		return "", &journey.Refusal{Code: "consent_required", Text: "the user has not agreed to all that is asked for"}
	}
	page, err := s.Consents.page(ctx, l)
	if err != nil {
		return "", err
	}
	l.Note(mapping.Line{Step: StepName, Outcome: mapping.Set, From: "asked for " + names(q.scopes())})
	return l.Away(page)
}

// page is where the workspace has its people asked: its own page, or ours.
func (s *Consents) page(ctx context.Context, l *journey.Login) (string, error) {
	if s.parts.Page == nil {
		return l.Base + Path, nil
	}
	page, err := s.parts.Page(ctx, l.WorkspaceID)
	if err == nil && page == "" {
		page = l.Base + Path
	}
	return page, err
}

func names(list []Scope) string {
	out := ""
	for i, x := range list {
		if i > 0 {
			out += " "
		}
		out += x.Name
	}
	return out
}

var _ journey.Step = Step{}
