package token

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// maxListed bounds how many sessions of a user are looked at; pools that track sessions allow a hundred.
const maxListed = 1000

// short makes what came from outside small, and one that every database takes.
func (o Origin) short() Origin {
	cut := func(s string) string {
		return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), 256)], ""), "\x00", "")
	}
	return Origin{Address: cut(o.Address), Agent: cut(o.Agent)}
}

// seen notes that a session was used.
func (s *Session) seen(now time.Time, from Origin) {
	s.ActiveAt = now
	if from != (Origin{}) {
		s.From = from.short()
	}
}

// touch notes the use of a session; one that has gone meanwhile stays gone.
func (m *Minter) touch(ctx context.Context, id string, seen func(*Session)) error {
	err := m.Sessions.UpdateSession(ctx, id, func(s *Session) error { seen(s); return nil })
	if err != nil && !fault.Is(err, fault.Missing, "") {
		return fmt.Errorf("note use of session: %w", err)
	}
	return nil
}

// makeRoom ends the sessions of a user that were used least lately, where the pool allows only so many. Two sign-ins at
// once may end up one too many; the next one puts that right.
func (m *Minter) makeRoom(ctx context.Context, g Grant, now time.Time) error {
	if !g.Pool.Sessions.Enabled {
		return nil
	}
	live, err := m.Sessions.LiveSessions(ctx, g.Pool.ID, g.User.ID, now, maxListed)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	for i := g.Pool.Sessions.Most() - 1; i < len(live); i++ {
		if err := revoke(ctx, m.Sessions, live[i].ID, now); err != nil {
			return err
		}
	}
	return nil
}

// Live lists the sessions of a user that are alive, the last used first.
func (s *Sessions) Live(ctx context.Context, user *directory.User) ([]*Session, error) {
	list, err := s.Sessions.LiveSessions(ctx, user.PoolID, user.ID, moment(s.Now), maxListed)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return slices.DeleteFunc(list, func(one *Session) bool { return dead(one, user) }), nil
}

// Find is the session of a refresh token of a client; nil when it is none or has gone.
func (s *Sessions) Find(ctx context.Context, c *directory.Client, token string) (*Session, error) {
	t, ok := openRefresh(s.Sealer, token)
	if !ok || t.ClientID != c.ID {
		return nil, nil
	}
	found, err := s.Sessions.Session(ctx, t.SessionID)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return found, nil
}
