package portal

import (
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/login/frame"
	room "cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
)

func stories() []frame.Story {
	return []frame.Story{
		{Name: "out", Set: func(v *frame.Visit) { visiting(v) }},
		{Name: "failed", Set: func(v *frame.Visit) { visiting(v); v.Trouble("portal.failed") }},
		{Name: "in", Set: func(v *frame.Visit) { visiting(v); living(v); v.Holdings = held() }},
		{Name: "revoked", Set: func(v *frame.Visit) {
			visiting(v)
			living(v)
			v.State.Notice = "portal.revoked"
			v.Holdings = &room.Holdings{Browsers: held().Browsers[:1], Attributes: held().Attributes[:1]}
		}},
		{Name: "branded", Branded: true, Set: func(v *frame.Visit) { visiting(v); living(v); v.Holdings = held() }},
	}
}

func visiting(v *frame.Visit) {
	v.House = &room.House{Workspace: &workspace.Workspace{ID: "work", Name: "Work"}, Portal: true, Demo: true}
}

func living(v *frame.Visit) {
	v.Resident = &room.Person{
		Workspace: v.House.Workspace, Session: &token.Session{BrowserID: "1"},
		User: &directory.User{ID: "1", Username: "alice", Attributes: map[string]string{"name": "Alice", "email": "alice@example.com"}},
	}
}

// held is canned.
func held() *room.Holdings {
	day := time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)
	return &room.Holdings{
		Connection: "Company directory",
		Launches:   []room.Launch{{ID: "mail", Name: "Mail", URL: "https://mail.example.com/"}, {ID: "wiki", Name: "Wiki", URL: "https://wiki.example.com/"}},
		Applications: []room.Application{
			{ID: "calendar", Name: "Calendar", Since: day, Scopes: []workspace.Scope{{Name: "openid"}, {Name: "email"}, {Name: "offline_access"}},
				Claims: []workspace.Claim{{Name: "email"}, {Name: "name"}}},
			{ID: "bank", Name: strings.Repeat("An application with a long name ", 3), Since: day.AddDate(0, -2, 0),
				Scopes: []workspace.Scope{{Name: "accounts.read", DisplayName: "See your accounts"}}, Claims: []workspace.Claim{{Name: "department", Description: "Department"}}},
		},
		Browsers: []room.Browser{
			{ID: "1", Device: "Firefox on Linux", Address: "192.0.2.7", Place: "Vienna, Austria", AuthTime: day, This: true},
			{ID: "2", Device: "Safari on iOS", Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348", AuthTime: day.AddDate(0, 0, -2)},
		},
		Attributes: []room.Attribute{
			{Name: "email", Value: "alice@example.com", From: "Company directory"}, {Name: "custom:department", Value: "Sales", From: "Company directory"},
			{Name: "nickname", Value: "Al"},
		},
	}
}
