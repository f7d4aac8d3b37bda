package workspace

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// InsertLogin keeps a sealed login under a digest until a time. An unknown workspace is a fault Missing.
func (s *Store) InsertLogin(ctx context.Context, hash, workspaceID, sealed string, until time.Time) error {
	_, err := s.Exec(ctx, "INSERT INTO workspace_logins (hash, workspace_id, doc, expires_at) VALUES ($1, $2, $3, $4)",
		hash, workspaceID, sealed, rows.Millis(until))
	if s.Violation(err) == rows.ForeignKey {
		return workspace.Missing(workspaceID).Because(err)
	}
	return database.Failed("insert login", err)
}

// Login reads a login that has not ended; empty: there is none.
func (s *Store) Login(ctx context.Context, hash, workspaceID string, now time.Time) (sealed string, err error) {
	sealed, _, err = rows.One(ctx, s.Conn(ctx), rows.Value[string],
		"SELECT doc FROM workspace_logins WHERE hash = $1 AND workspace_id = $2 AND expires_at > $3", hash, workspaceID, rows.Millis(now))
	return sealed, database.Failed("read login", err)
}

// ReplaceLogin puts another login in the place of one that has not ended, and reports whether that was there.
func (s *Store) ReplaceLogin(ctx context.Context, hash, workspaceID, next, sealed string, now time.Time) (bool, error) {
	n, err := s.Exec(ctx, "UPDATE workspace_logins SET hash = $4, doc = $5 WHERE hash = $1 AND workspace_id = $2 AND expires_at > $3",
		hash, workspaceID, rows.Millis(now), next, sealed)
	return n > 0, database.Failed("replace login", err)
}

// TakeLogin removes a login that has not ended, and gives it; empty: there is none.
func (s *Store) TakeLogin(ctx context.Context, hash, workspaceID string, now time.Time) (sealed string, err error) {
	err = s.Update(ctx, "take login", func(ctx context.Context) (err error) {
		sealed, _, err = rows.One(ctx, s.Conn(ctx), rows.Value[string],
			"DELETE FROM workspace_logins WHERE hash = $1 AND workspace_id = $2 AND expires_at > $3 RETURNING doc", hash, workspaceID, rows.Millis(now))
		return err
	})
	if err != nil {
		return "", err
	}
	return sealed, nil
}

// SaveContext keeps a context, and ends for other requests what the browser had of the connection. An unknown user is
// fault.NoUser.
func (s *Store) SaveContext(ctx context.Context, k *journey.Kept) error {
	return s.Update(ctx, "save context", func(ctx context.Context) error {
		_, err := s.Conn(ctx).Exec(ctx, `UPDATE workspace_contexts SET cached_until = 0
			WHERE workspace_id = $1 AND browser_id = $2 AND connection_id = $3 AND cached_until > 0`, k.WorkspaceID, k.BrowserID, k.ConnectionID)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `INSERT INTO workspace_contexts
			(id, workspace_id, connection_id, pool_id, user_id, browser_id, stamp, doc, cached_until, used_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			k.ID, k.WorkspaceID, k.ConnectionID, k.PoolID, k.UserID, k.BrowserID, k.Stamp, k.Sealed,
			rows.Millis(k.CachedUntil), rows.Millis(k.UsedAt), rows.Millis(k.ExpiresAt))
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoUser().Because(err)
		}
		return err
	})
}

const selectContext = `SELECT id, workspace_id, connection_id, pool_id, user_id, browser_id, stamp, doc, cached_until, used_at, expires_at
	FROM workspace_contexts`

// KeptContext reads a context by its id; nil when there is none.
func (s *Store) KeptContext(ctx context.Context, id string) (*journey.Kept, error) {
	k, _, err := rows.One(ctx, s.Conn(ctx), scanContext, selectContext+" WHERE id = $1", id)
	return k, database.Failed("read context", err)
}

// CachedContext reads the newest context that a browser has of a connection; nil when there is none for other requests.
func (s *Store) CachedContext(ctx context.Context, workspaceID, browserID, connectionID string) (*journey.Kept, error) {
	k, _, err := rows.One(ctx, s.Conn(ctx), scanContext, selectContext+` WHERE workspace_id = $1 AND browser_id = $2 AND connection_id = $3
		AND cached_until > 0 ORDER BY cached_until DESC LIMIT 1`, workspaceID, browserID, connectionID)
	return k, database.Failed("read cached context", err)
}

// UseContext notes that a context was used, and lets it live at least until a time.
func (s *Store) UseContext(ctx context.Context, id string, at, until time.Time) error {
	_, err := s.Exec(ctx, `UPDATE workspace_contexts SET used_at = $2, expires_at = CASE WHEN expires_at < $3 THEN $3 + 0 ELSE expires_at END
		WHERE id = $1`, id, rows.Millis(at), rows.Millis(until))
	return database.Failed("use context", err)
}

// DropContexts forgets all contexts of a connection.
func (s *Store) DropContexts(ctx context.Context, workspaceID, connectionID string) error {
	_, err := s.Exec(ctx, "DELETE FROM workspace_contexts WHERE workspace_id = $1 AND connection_id = $2", workspaceID, connectionID)
	return database.Failed("drop contexts of connection", err)
}

// DropContextsOf forgets all contexts of a user.
func (s *Store) DropContextsOf(ctx context.Context, poolID, userID string) error {
	_, err := s.Exec(ctx, "DELETE FROM workspace_contexts WHERE pool_id = $1 AND user_id = $2", poolID, userID)
	return database.Failed("drop contexts of user", err)
}

func scanContext(row rows.Scanner) (*journey.Kept, error) {
	k := &journey.Kept{}
	var cached, used, expires int64
	err := row.Scan(&k.ID, &k.WorkspaceID, &k.ConnectionID, &k.PoolID, &k.UserID, &k.BrowserID, &k.Stamp, &k.Sealed, &cached, &used, &expires)
	k.CachedUntil, k.UsedAt, k.ExpiresAt = rows.Time(cached), rows.Time(used), rows.Time(expires)
	return k, err
}

// InsertTrace keeps a trace until a time. An unknown workspace is a fault Missing.
func (s *Store) InsertTrace(ctx context.Context, t *journey.Trace, sealed []byte, until time.Time) error {
	plain := *t
	plain.Lines, plain.Context, plain.AMR, plain.ACR = nil, nil, nil, ""
	about, err := database.Encode(&plain)
	if err != nil {
		return database.Failed("insert trace", err)
	}
	_, err = s.Exec(ctx, "INSERT INTO workspace_traces (id, workspace_id, at, about, doc, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		t.ID, t.WorkspaceID, rows.Millis(t.At), about, sealed, rows.Millis(until))
	if s.Violation(err) == rows.ForeignKey {
		return workspace.Missing(t.WorkspaceID).Because(err)
	}
	return database.Failed("insert trace", err)
}

// Traces lists traces of a workspace that began before a time, the newest first.
func (s *Store) Traces(ctx context.Context, workspaceID string, before time.Time, limit int) ([]*journey.Trace, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanTrace,
		"SELECT about FROM workspace_traces WHERE workspace_id = $1 AND at < $2 ORDER BY at DESC, id LIMIT $3 + 0", workspaceID, rows.Millis(before), limit)
	return list, database.Failed("list traces", err)
}

func scanTrace(row rows.Scanner) (*journey.Trace, error) {
	var about string
	if err := row.Scan(&about); err != nil {
		return nil, err
	}
	t := &journey.Trace{}
	return t, database.Decode(about, t)
}

// Trace reads a trace; nil when there is none.
func (s *Store) Trace(ctx context.Context, workspaceID, id string) (t *journey.Trace, sealed []byte, err error) {
	t, _, err = rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (*journey.Trace, error) {
		var about string
		if err := row.Scan(&about, &sealed); err != nil {
			return nil, err
		}
		t := &journey.Trace{}
		return t, database.Decode(about, t)
	}, "SELECT about, doc FROM workspace_traces WHERE workspace_id = $1 AND id = $2", workspaceID, id)
	return t, sealed, database.Failed("read trace", err)
}

// DropExpiredJourneys removes logins, contexts and traces that ended before a time.
func (s *Store) DropExpiredJourneys(ctx context.Context, before time.Time) error {
	for _, statement := range []string{
		"DELETE FROM workspace_logins WHERE hash IN (SELECT hash FROM workspace_logins WHERE expires_at < $1 LIMIT $2 + 0)",
		"DELETE FROM workspace_contexts WHERE id IN (SELECT id FROM workspace_contexts WHERE expires_at < $1 LIMIT $2 + 0)",
		"DELETE FROM workspace_traces WHERE id IN (SELECT id FROM workspace_traces WHERE expires_at < $1 LIMIT $2 + 0)",
	} {
		if err := s.Drop(ctx, statement, before); err != nil {
			return database.Failed("drop expired journeys", err)
		}
	}
	return nil
}

var (
	_ journey.LoginStore   = (*Store)(nil)
	_ journey.ContextStore = (*Store)(nil)
	_ journey.TraceStore   = (*Store)(nil)
)
