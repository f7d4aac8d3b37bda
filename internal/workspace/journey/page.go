package journey

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/workspace"
)

// LoginStep is what a login waits for while the person is at a login page of somebody's own, before all steps.
const LoginStep = "login"

// Accepted is what such a page says of the person: in the place of a provider.
type Accepted struct {
	Subject  string         `json:"subject"` // the page's own name for the person, which never changes
	ACR      string         `json:"acr,omitempty"`
	AMR      []string       `json:"amr,omitempty"`
	AuthTime time.Time      `json:"auth_time,omitzero"` // zero: now
	Context  map[string]any `json:"authentication_context,omitempty"`
}

// page sends a browser to the login page of a connection. Nobody is known yet: the login is kept, and goes on with the person once the
// page's program has said who it is (Logins.Settle) and the browser has come back.
func (s *scene) page(ctx context.Context, c *workspace.Connection) (Way, error) {
	if s.Room.Connections.LoginPage(c) != nil {
		return Way{}, &Refusal{Code: authorize.AccessDenied, Text: "sign-in through the connection is not possible"}
	}
	l, err := s.login(ctx, c)
	if err != nil {
		return Way{}, err
	}
	l.Name()
	l.Waiting = LoginStep
	note(ctx, l)
	location, err := l.Away(c.Settings.LoginURL)
	if err != nil {
		return Way{}, err
	}
	return Way{Location: location}, s.Logins.Suspend(ctx, l)
}

// arrive takes somebody in whom a login page has accepted. The connection must still be one.
func (s *scene) arrive(ctx context.Context, l *Login) (Way, error) {
	c, err := s.Room.Connections.Get(ctx, s.space.ID, workspace.CustomLogin, l.ConnectionID)
	if fault.Is(err, fault.Missing, "") || fault.Is(err, fault.Missing, fault.Provider) || err == nil && c.Disabled {
		return Way{}, &Refusal{Code: authorize.AccessDenied, Text: "sign-in through the connection is not possible any more"}
	}
	if err != nil {
		return Way{}, err
	}
	p, err := s.Room.Connections.Provider(c)
	if err != nil {
		return Way{}, err
	}
	p.PoolID = s.site.Pool.ID
	said := l.Accepted
	l.Accepted = nil
	return s.recognise(ctx, c, l, &federation.Return{Provider: p, Told: &federation.Told{
		Subject: said.Subject, Issuer: p.Issuer(), ACR: said.ACR, AMR: said.AMR, AuthTime: said.AuthTime, Said: &federation.Said{UserInfo: said.Context},
	}})
}
