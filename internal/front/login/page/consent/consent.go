// Package consent is the page on which somebody says what a client may have of them.
package consent

import (
	"embed"
	"net/url"

	room "cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

//go:embed consent.html consent.css
var files embed.FS

// Page is /consent of workspaces. A sign-in leads to it.
func Page() *frame.Page {
	return &frame.Page{
		Name: "consent", Path: room.Path, Files: files, Title: frame.Fixed("consent.title"), Loose: true, Alone: true, Life: journey.LoginLife,
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

func start(v *frame.Visit) (frame.Next, error) { return frame.Next{}, v.AskConsent() }

func take(v *frame.Visit) (frame.Next, error) {
	if v.Form.Get("allow") == "" {
		return v.Disagree()
	}
	return v.Agree(v.Form["scope"])
}

type shown struct {
	Client, Person, Logo string
	Policy, Terms        string // URLs
	Services             []service
}

type service struct {
	Name   string
	Scopes []scope
}

type scope struct {
	Name, Title, Text string
	Required          bool
}

func view(v *frame.Visit) any {
	q := v.Question
	if q == nil { // a form that came too late
		return shown{}
	}
	l := q.Login
	s := shown{Client: l.Client.Name, Person: person(l.Context), Logo: v.Picture(l.Client.LogoURI), Policy: safe(l.Client.PolicyURI), Terms: safe(l.Client.TermsURI)}
	if s.Client == "" {
		s.Client = l.ClientID
	}
	for _, x := range q.Services {
		out := service{Name: x.Name}
		if x.Type == "oidc" {
			out.Name = v.Words.Say("consent.profile")
		}
		for _, one := range x.Scopes {
			out.Scopes = append(out.Scopes, scope{one.Name, title(v, one), one.Description, one.Required})
		}
		s.Services = append(s.Services, out)
	}
	return s
}

// title is what people call a scope: those of OpenID Connect in their language, others as the workspace says.
func title(v *frame.Visit, x room.Scope) string {
	if key := "scope." + x.Name; v.Words.Has(key) {
		return v.Words.Say(key)
	}
	if x.DisplayName != "" {
		return x.DisplayName
	}
	return x.Name
}

// person is how somebody is known to themselves.
func person(context map[string]any) string {
	for _, name := range []string{"email", "name", "preferred_username", "phone_number"} {
		if text, ok := context[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// safe is a link that leads to a page, or nothing.
func safe(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return raw
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "several", Set: func(v *frame.Visit) {
			v.Question = question("Calendar", journey.About{Name: "Calendar", PolicyURI: "https://app.example.com/privacy", TermsURI: "https://app.example.com/terms"},
				workspace.Scope{Name: "openid"}, workspace.Scope{Name: "profile"}, workspace.Scope{Name: "email"}, workspace.Scope{Name: "offline_access"})
			v.Question.Services = append(v.Question.Services, room.Service{Name: "Accounts", Scopes: []room.Scope{
				{Scope: workspace.Scope{Name: "accounts.read", DisplayName: "See your accounts", Description: "Names, numbers and balances of all of your accounts, also of those that are closed."}},
				{Scope: workspace.Scope{Name: "payments.write"}},
			}})
		}},
		{Name: "one", Set: func(v *frame.Visit) {
			v.Question = question("", journey.About{Name: "An application with a very long name that its developers liked"}, workspace.Scope{Name: "phone"})
		}},
		{Name: "branded", Branded: true, Set: func(v *frame.Visit) {
			v.Question = question("Calendar", journey.About{Name: "Calendar"}, workspace.Scope{Name: "openid"}, workspace.Scope{Name: "address"})
		}},
	}
}

// question is a canned one.
func question(person string, about journey.About, scopes ...workspace.Scope) *room.Question {
	q := &room.Question{Login: &journey.Login{Client: about}, Services: []room.Service{{Name: "Profile", Type: "oidc"}}}
	if person != "" {
		q.Login.Context = map[string]any{"email": "alice@example.com"}
	}
	for _, x := range scopes {
		q.Services[0].Scopes = append(q.Services[0].Scopes, room.Scope{Scope: x, Required: x.Name == "openid"})
	}
	return q
}
