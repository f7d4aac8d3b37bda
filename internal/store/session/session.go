package session

import (
	"context"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/people"
	"cognate.dev/cognate/internal/token"
)

// InsertSession adds a session. An unknown user is a fault Missing/User.
func (s *Store) InsertSession(ctx context.Context, t *token.Session) error {
	scopes, err := scopesText(t.Scopes)
	if err != nil {
		return database.Failed("insert session", err)
	}
	openID, err := openIDText(t.OpenID)
	if err != nil {
		return database.Failed("insert session", err)
	}
	_, err = s.Exec(ctx, `INSERT INTO sessions (id, pool_id, user_id, client_id, event_id, auth_time, expires_at, revoked_at,
		scopes, device_key, refresh_id, previous_id, rotated_at, created_at, resource,
		active_at, address, agent, browser_id, amr, acr, openid)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		t.ID, t.PoolID, t.UserID, t.ClientID, t.EventID, rows.Millis(t.AuthTime), rows.Millis(t.ExpiresAt),
		rows.Millis(t.RevokedAt), scopes, t.DeviceKey, t.RefreshID, t.PreviousID, rows.Millis(t.RotatedAt),
		rows.Millis(t.CreatedAt), t.Resource, rows.Millis(t.ActiveAt), t.From.Address, t.From.Agent, t.BrowserID,
		strings.Join(t.AMR, " "), t.ACR, openID)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("insert session", err)
}

const (
	selectSession = `SELECT id, pool_id, user_id, client_id, event_id, auth_time, expires_at, revoked_at, scopes,
	device_key, refresh_id, previous_id, rotated_at, created_at, resource, active_at, address, agent, browser_id,
	amr, acr, openid FROM sessions`
	sessionByID = selectSession + " WHERE id = $1"
)

// Session reads a session; nil when the id is unknown.
func (s *Store) Session(ctx context.Context, id string) (*token.Session, error) {
	t, _, err := rows.One(ctx, s.Conn(ctx), scanSession, sessionByID, id)
	return t, database.Failed("read session", err)
}

// sessionAndUser joins a session to its user, whose columns follow.
const sessionAndUser = `SELECT s.id, s.pool_id, s.user_id, s.client_id, s.event_id, s.auth_time, s.expires_at, s.revoked_at, s.scopes,
	s.device_key, s.refresh_id, s.previous_id, s.rotated_at, s.created_at, s.resource, s.active_at, s.address, s.agent, s.browser_id,
	s.amr, s.acr, s.openid, ` + people.Columns + `
	FROM sessions s JOIN users u ON u.pool_id = s.pool_id AND u.id = s.user_id WHERE s.id = $1`

// SessionAndUser reads a session and its user with one query: every call with an access token begins with it.
func (s *Store) SessionAndUser(ctx context.Context, id string) (t *token.Session, u *directory.User, err error) {
	_, _, err = rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (struct{}, error) {
		var session sessionRow
		var user people.Row
		if err := row.Scan(append(session.columns(), user.Into()...)...); err != nil {
			return struct{}{}, err
		}
		if t, err = session.session(); err == nil {
			u, err = user.User(t.PoolID)
		}
		return struct{}{}, err
	}, sessionAndUser, id)
	return t, u, database.Failed("read session and user", err)
}

// UpdateSession changes a session by a function of its old value. For an unknown id change is not called and the
// answer is a fault Missing: whoever wanted to rotate or revoke must not believe that it happened.
func (s *Store) UpdateSession(ctx context.Context, id string, change func(*token.Session) error) error {
	return s.Update(ctx, "update session", func(ctx context.Context) error {
		t, found, err := rows.One(ctx, s.Conn(ctx), scanSession, sessionByID+s.ForUpdate(), id)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missingf("Session does not exist.")
		}
		if err := change(t); err != nil {
			return err
		}
		scopes, err := scopesText(t.Scopes)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE sessions SET client_id = $2, event_id = $3, auth_time = $4, expires_at = $5,
			revoked_at = $6, scopes = $7, device_key = $8, refresh_id = $9, previous_id = $10, rotated_at = $11, resource = $12,
			active_at = $13, address = $14, agent = $15, browser_id = $16, amr = $17, acr = $18 WHERE id = $1`,
			id, t.ClientID, t.EventID, rows.Millis(t.AuthTime), rows.Millis(t.ExpiresAt), rows.Millis(t.RevokedAt),
			scopes, t.DeviceKey, t.RefreshID, t.PreviousID, rows.Millis(t.RotatedAt), t.Resource,
			rows.Millis(t.ActiveAt), t.From.Address, t.From.Agent, t.BrowserID, strings.Join(t.AMR, " "), t.ACR)
		return err
	})
}

// RevokeSessions ends all sessions of a user that are alive.
func (s *Store) RevokeSessions(ctx context.Context, poolID, userID string, at time.Time) error {
	_, err := s.Exec(ctx, "UPDATE sessions SET revoked_at = $3 WHERE pool_id = $1 AND user_id = $2 AND revoked_at = 0",
		poolID, userID, rows.Millis(at))
	return database.Failed("revoke sessions", err)
}

// ListSessions lists the sessions of a user, newest first.
func (s *Store) ListSessions(ctx context.Context, poolID, userID string, limit int) ([]*token.Session, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanSession,
		selectSession+" WHERE pool_id = $1 AND user_id = $2 ORDER BY created_at DESC, id DESC LIMIT $3 + 0",
		poolID, userID, limit)
	return list, database.Failed("list sessions", err)
}

// LiveSessions lists the sessions of a user that are alive, the last used first.
func (s *Store) LiveSessions(ctx context.Context, poolID, userID string, now time.Time, limit int) ([]*token.Session, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanSession,
		selectSession+` WHERE pool_id = $1 AND user_id = $2 AND revoked_at = 0 AND expires_at > $3
		ORDER BY CASE WHEN active_at = 0 THEN created_at ELSE active_at END DESC, created_at DESC, id DESC LIMIT $4 + 0`,
		poolID, userID, rows.Millis(now), limit)
	return list, database.Failed("list live sessions", err)
}

// DropExpiredSessions removes sessions that ended before a time.
func (s *Store) DropExpiredSessions(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired sessions", s.Drop(ctx, `DELETE FROM sessions WHERE id IN
		(SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2 + 0)`, before))
}

// SessionsThrough lists the sessions that came through a browser session and are not revoked.
func (s *Store) SessionsThrough(ctx context.Context, poolID, browserID string) ([]*token.Session, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanSession,
		selectSession+" WHERE browser_id = $1 AND browser_id <> '' AND pool_id = $2 AND revoked_at = 0 ORDER BY created_at, id", browserID, poolID)
	return list, database.Failed("list sessions of browser", err)
}

func openIDText(o *token.OpenID) (string, error) {
	if o == nil {
		return "", nil
	}
	return database.Encode(o)
}

func scopesText(scopes []string) (string, error) {
	if len(scopes) == 0 {
		return "", nil
	}
	return database.Encode(scopes)
}

// sessionRow is a session as its columns hold it.
type sessionRow struct {
	token.Session
	auth, expires, revoked, rotated, created, active int64
	scopes, amr, openID                              string
}

// columns are where selectSession's columns go, in their order.
func (r *sessionRow) columns() []any {
	return []any{&r.ID, &r.PoolID, &r.UserID, &r.ClientID, &r.EventID, &r.auth, &r.expires, &r.revoked, &r.scopes,
		&r.DeviceKey, &r.RefreshID, &r.PreviousID, &r.rotated, &r.created, &r.Resource, &r.active, &r.From.Address, &r.From.Agent,
		&r.BrowserID, &r.amr, &r.ACR, &r.openID}
}

func (r *sessionRow) session() (*token.Session, error) {
	t := &r.Session
	t.AuthTime, t.ExpiresAt, t.RevokedAt = rows.Time(r.auth), rows.Time(r.expires), rows.Time(r.revoked)
	t.RotatedAt, t.CreatedAt, t.ActiveAt = rows.Time(r.rotated), rows.Time(r.created), rows.Time(r.active)
	if r.amr != "" {
		t.AMR = strings.Fields(r.amr)
	}
	if r.openID != "" {
		t.OpenID = &token.OpenID{}
		if err := database.Decode(r.openID, t.OpenID); err != nil {
			return nil, err
		}
	}
	return t, database.Decode(r.scopes, &t.Scopes)
}

func scanSession(row rows.Scanner) (*token.Session, error) {
	r := &sessionRow{}
	if err := row.Scan(r.columns()...); err != nil {
		return nil, err
	}
	return r.session()
}

var _ token.SessionStore = (*Store)(nil)
