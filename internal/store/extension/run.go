package extension

import (
	"context"
	"time"

	room "cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/workspace"
)

// InsertScriptRun keeps a sealed run until a time. An unknown workspace is a fault Missing.
func (s *Store) InsertScriptRun(ctx context.Context, id, workspaceID, scriptID, sealed string, at, until time.Time) error {
	_, err := s.Exec(ctx, "INSERT INTO workspace_script_runs (id, workspace_id, script_id, at, doc, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		id, workspaceID, scriptID, rows.Millis(at), sealed, rows.Millis(until))
	if s.Violation(err) == rows.ForeignKey {
		return workspace.Missing(workspaceID).Because(err)
	}
	return database.Failed("insert run of script", err)
}

// ScriptRuns lists the runs of a script that have not ended, the newest first, sealed.
func (s *Store) ScriptRuns(ctx context.Context, workspaceID, scriptID string, now time.Time, limit int) ([]string, error) {
	list, err := rows.All(ctx, s.Conn(ctx), rows.Value[string],
		"SELECT doc FROM workspace_script_runs WHERE workspace_id = $1 AND script_id = $2 AND expires_at > $3 ORDER BY at DESC, id DESC LIMIT $4 + 0",
		workspaceID, scriptID, rows.Millis(now), limit)
	return list, database.Failed("list runs of script", err)
}

// DropExpiredScriptRuns removes runs that ended before a time.
func (s *Store) DropExpiredScriptRuns(ctx context.Context, before time.Time) error {
	return database.Failed("drop expired runs of scripts", s.Drop(ctx,
		"DELETE FROM workspace_script_runs WHERE id IN (SELECT id FROM workspace_script_runs WHERE expires_at < $1 LIMIT $2 + 0)", before))
}

var _ room.RunStore = (*Store)(nil)
