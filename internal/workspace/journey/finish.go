package journey

import (
	"context"
	"reflect"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// longestStay is how long a browser can be known at most, where a connection or the workspace's single sign-on keeps contexts and
// names no shorter time.
const longestStay = 24 * time.Hour

// finish signs the browser in, keeps the context and gives the client its code. The connection must still be one: it may have been
// disabled while somebody was on a detour.
func (s *scene) finish(ctx context.Context, l *Login) (Way, error) {
	c, err := s.Room.Connections.Get(ctx, s.space.ID, "", l.ConnectionID)
	if fault.Is(err, fault.Missing, "") || err == nil && c.Disabled {
		return Way{}, &Refusal{Code: authorize.AccessDenied, Text: "sign-in through the connection is not possible any more"}
	}
	if err != nil {
		return Way{}, err
	}
	if s.request.Scopes = l.granted(); len(s.request.Scopes) == 0 {
		return Way{}, &Refusal{Code: authorize.AccessDenied, Text: "nothing was granted"}
	}
	var session *authorize.Session
	way := Way{}
	if l.Cached {
		session, err = s.still(ctx, l)
	} else {
		session, way.Secret, err = s.begin(ctx, c, l)
	}
	if err != nil {
		return Way{}, err
	}
	if way.Secret != "" {
		way.Expires = session.ExpiresAt
	}
	if err := s.keep(ctx, c, l, session); err != nil {
		return Way{}, err
	}
	s.request.Context, s.request.Withheld = l.ContextID, l.Withheld
	way.Location, err = s.Authorizer.Complete(ctx, s.request, session)
	return way, err
}

// still is the browser session that a kept context is of.
func (s *scene) still(ctx context.Context, l *Login) (*authorize.Session, error) {
	session, user, err := s.Authorizer.Browser.Find(ctx, s.site.Pool, s.visit.Session)
	if err == nil && (session == nil || session.ID != l.SessionID || user.ID != l.Subject) {
		return nil, &Refusal{Code: authorize.LoginRequired, Text: "the person is not signed in any more"}
	}
	return session, err
}

// begin remembers that somebody is signed in to the browser.
func (s *scene) begin(ctx context.Context, c *workspace.Connection, l *Login) (*authorize.Session, string, error) {
	user, err := s.People.Get(ctx, l.PoolID, l.Subject)
	if err != nil {
		return nil, "", err
	}
	life, _ := c.Kept(s.space, longestStay)
	return s.Authorizer.Browser.Begin(ctx, authorize.Proof{
		Pool: s.site.Pool, User: user, Provider: c.ID, AMR: methods(l), AuthTime: l.AuthTime, UserAgent: s.visit.Visitor.Agent,
		Address: s.visit.Visitor.Address, Replaces: s.visit.Session, Life: life,
	})
}

// methods are how lists of sessions show that somebody has signed in.
func methods(l *Login) []string {
	if len(l.AMR) == 0 {
		return []string{federation.Vouched}
	}
	return l.AMR
}

// keep stores the context for the tokens, and for other requests of the browser as long as the connection has it count.
func (s *scene) keep(ctx context.Context, c *workspace.Connection, l *Login, session *authorize.Session) error {
	now := s.Now().UTC().Truncate(time.Millisecond)
	ends := now.Add(max(s.request.Client.RefreshTTL(), authorize.CodeMemory))
	known := *l.known()
	if l.Mapped != nil && !same(known, *l.Mapped) {
		known.Before = l.Mapped
	}
	until := time.Time{}
	if l.ContextID != "" {
		before, err := s.Contexts.Find(ctx, l.ContextID)
		if err != nil {
			return err
		}
		if before == nil {
			return &Refusal{Code: authorize.LoginRequired, Text: "what was known of the person is gone"}
		}
		was, err := s.Contexts.Open(before)
		if err != nil {
			return err
		}
		if same(was, known) {
			return s.Contexts.Store.UseContext(ctx, l.ContextID, now, ends)
		}
		until = before.CachedUntil // steps have made something else of it
	} else if life, _ := c.Kept(s.space, longestStay); life > 0 {
		until = now.Add(life)
		if until.After(session.ExpiresAt) {
			until = session.ExpiresAt
		}
	}
	if until.After(ends) {
		ends = until
	}
	l.ContextID = random.UUID()
	return s.Contexts.Keep(ctx, &Kept{
		ID: l.ContextID, WorkspaceID: l.WorkspaceID, ConnectionID: c.ID, PoolID: l.PoolID, UserID: l.Subject, BrowserID: session.ID,
		Stamp: c.Stamp, CachedUntil: until, UsedAt: now, ExpiresAt: ends,
	}, known)
}

// same tells whether two contexts are one, however their times are written.
func same(a, b Known) bool {
	return reflect.DeepEqual(a.Context, b.Context) && a.ACR == b.ACR && a.IDPSubject == b.IDPSubject && len(a.AMR) == len(b.AMR) && (len(a.AMR) == 0 || reflect.DeepEqual(a.AMR, b.AMR))
}

// reuse answers a request from a context that the browser's session has of its connection, where that still counts.
func (s *scene) reuse(ctx context.Context, list []*workspace.Connection) (Way, bool, error) {
	session, user, err := s.Authorizer.Browser.Find(ctx, s.site.Pool, s.visit.Session)
	if session == nil || err != nil {
		return Way{}, false, err
	}
	var c *workspace.Connection
	for _, x := range list {
		if x.ID == session.Provider {
			c = x
		}
	}
	kept, known, err := s.counting(ctx, c, session)
	if err != nil || kept == nil {
		s.observe(Miss)
		return Way{}, false, err
	}
	l, err := s.login(ctx, c)
	if err != nil {
		return Way{}, false, err
	}
	s.observe(Hit)
	l.Cached, l.ContextID, l.SessionID, l.Subject, l.Username = true, kept.ID, session.ID, user.ID, user.Username
	l.Mapped = &known
	if known.Before != nil {
		l.Mapped = known.Before
	}
	l.Context, l.AMR, l.ACR, l.IDPSubject, l.AuthTime = l.Mapped.Context, l.Mapped.AMR, l.Mapped.ACR, l.Mapped.IDPSubject, known.AuthTime
	l.Note(mapping.Line{Step: "cache", From: c.Name, Outcome: mapping.Set, Cached: true})
	note(ctx, l)
	way, err := s.proceed(ctx, l)
	return way, true, s.told(err)
}

// counting is the context of a session that counts for the request; nil: none does.
func (s *scene) counting(ctx context.Context, c *workspace.Connection, session *authorize.Session) (*Kept, Known, error) {
	r := s.request
	if c == nil || r.Prompt == "login" || r.Prompt == "select_account" || r.Hinted != "" && r.Hinted != c.ID || !s.Authorizer.Counts(r, session) {
		return nil, Known{}, nil
	}
	life, idle := c.Kept(s.space, longestStay)
	k, err := s.Contexts.Store.CachedContext(ctx, s.space.ID, session.ID, c.ID)
	now := s.Now()
	if k == nil || err != nil || life == 0 || k.Stamp != c.Stamp || k.UserID != session.UserID || !now.Before(k.CachedUntil) || !now.Before(k.ExpiresAt) ||
		idle > 0 && now.Sub(k.UsedAt) >= idle {
		return nil, Known{}, err
	}
	known, err := s.Contexts.Open(k)
	if err != nil || !knows(r, known.ACR) {
		return nil, Known{}, err
	}
	return k, known, nil
}
