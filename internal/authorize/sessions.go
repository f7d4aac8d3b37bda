package authorize

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Sessions lists and ends what a user is signed in with: the token sessions of apps, and the browsers that some of them
// came through. https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html
type Sessions struct {
	Tokens   *token.Sessions
	Browsers *Browser
}

// Kind tells the two apart.
type Kind string

// The kinds, by their names on the wire.
const (
	TokenSession   Kind = "TOKEN"
	BrowserSession Kind = "SSO"
)

// Signed is one session in a list.
type Signed struct {
	ID        string
	Kind      Kind
	ClientID  string // empty for a browser
	Through   string // the browser session that a token session came through; empty: none
	From      token.Origin
	CreatedAt time.Time
	ActiveAt  time.Time
}

// maxBrowsers bounds the browsers in a list; with a hundred token sessions that makes a page.
const maxBrowsers = 25

// List gives the sessions of a user that are alive: token sessions, the last used first, then browsers. The pool must
// track sessions.
func (s *Sessions) List(ctx context.Context, pool *directory.Pool, user *directory.User) ([]Signed, error) {
	if !pool.Sessions.Enabled {
		return nil, directory.Untracked()
	}
	live, err := s.Tokens.Live(ctx, user)
	if err != nil {
		return nil, err
	}
	browsers, err := s.Browsers.List(ctx, pool.ID, user.ID, maxBrowsers)
	if err != nil {
		return nil, err
	}
	list := make([]Signed, 0, len(live)+len(browsers))
	for _, t := range live {
		one := Signed{
			ID: t.ID, Kind: TokenSession, ClientID: t.ClientID, Through: t.BrowserID, From: t.From, CreatedAt: t.CreatedAt, ActiveAt: t.ActiveAt,
		}
		if one.ActiveAt.IsZero() {
			one.ActiveAt = t.CreatedAt
		}
		list = append(list, one)
	}
	for _, b := range browsers {
		list = append(list, Signed{
			ID: b.ID, Kind: BrowserSession, From: token.Origin{Address: b.Address, Agent: b.UserAgent}, CreatedAt: b.CreatedAt, ActiveAt: b.AuthTime,
		})
	}
	return list, nil
}

// End ends one session of a user, whichever kind it is. With linked it also ends the browser that a token session came
// through, or the token sessions that came through a browser. One that is not alive, or somebody else's, is a fault
// Missing.
func (s *Sessions) End(ctx context.Context, pool *directory.Pool, user *directory.User, id string, linked bool) error {
	list, err := s.List(ctx, pool, user)
	if err != nil {
		return err
	}
	for _, target := range list {
		if target.ID != id {
			continue
		}
		for _, one := range list {
			related := linked && (one.ID == target.Through || one.Through == target.ID)
			if one.ID != id && !related {
				continue
			}
			if err := s.end(ctx, user, one); err != nil {
				return err
			}
		}
		return nil
	}
	return fault.Missingf("Session does not exist.")
}

func (s *Sessions) end(ctx context.Context, user *directory.User, one Signed) error {
	if one.Kind == TokenSession {
		return s.Tokens.End(ctx, one.ID)
	}
	_, err := s.Browsers.Revoke(ctx, user.PoolID, user.ID, one.ID)
	return err
}

// RevokeToken is token.Sessions.Revoke; with linked it also ends the browser that the token's session came through.
func (s *Sessions) RevokeToken(ctx context.Context, pool *directory.Pool, c *directory.Client, refresh string, linked bool) error {
	if linked && !pool.Sessions.Enabled {
		return directory.Untracked()
	}
	found, err := s.Tokens.Find(ctx, c, refresh)
	if err != nil {
		return err
	}
	if err := s.Tokens.Revoke(ctx, c, refresh); err != nil {
		return err
	}
	if !linked || found == nil || found.BrowserID == "" {
		return nil
	}
	_, err = s.Browsers.Revoke(ctx, found.PoolID, found.UserID, found.BrowserID)
	return err
}

// reusable tells whether a client may take a browser's word for a sign-in that was then. Pools that do not track
// sessions leave it at the life of the session.
func reusable(pool *directory.Pool, c *directory.Client, s *Session, now time.Time) bool {
	return !pool.Sessions.Enabled || now.Sub(s.AuthTime) < time.Duration(c.SSOMinutes())*time.Minute
}

// lifeOf is how long a browser session lasts: where each client has its own limit, as long as the longest can be.
func lifeOf(pool *directory.Pool) time.Duration {
	if pool.Sessions.Enabled {
		return appclient.MaxSSO
	}
	return Life
}
