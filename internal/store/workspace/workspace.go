package workspace

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/workspace"
)

// workspaceDoc is a workspace with what its wire form leaves to other objects.
type workspaceDoc struct {
	workspace.Workspace
	Claims   []workspace.Claim   `json:"claims"`
	Services []workspace.Service `json:"services"`
	Extra    map[string]any      `json:"extra,omitempty"`
}

func docOf(w *workspace.Workspace) workspaceDoc {
	return workspaceDoc{*w, w.Claims, w.Services, w.Extra}
}

// InsertWorkspace adds a workspace; a taken id is a fault Exists, one more than max a fault Limited, an unknown pool a fault
// Missing.
func (s *Store) InsertWorkspace(ctx context.Context, w *workspace.Workspace, max int) error {
	return s.Update(ctx, "insert workspace", func(ctx context.Context) error {
		if _, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM pools WHERE id = $1"+s.ForUpdate(), w.PoolID); err != nil || !found {
			return orMissing(err, fault.NoPool(w.PoolID))
		}
		n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM workspaces")
		if err != nil {
			return err
		}
		if n >= max {
			return fault.Limitedf("There can be at most %d workspaces.", max)
		}
		doc, err := database.Encode(docOf(w))
		if err != nil {
			return err
		}
		added, err := s.Conn(ctx).Exec(ctx, "INSERT INTO workspaces (id, pool_id, created_at, modified_at, doc) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			w.ID, w.PoolID, rows.Millis(w.CreatedAt), rows.Millis(w.ModifiedAt), doc)
		if err == nil && added == 0 {
			return fault.Newf(fault.Exists, "", "There is a workspace %s already.", w.ID)
		}
		return err
	})
}

// orMissing is an error, or what to say of a row that was not there.
func orMissing(err error, missing *fault.Fault) error {
	if err != nil {
		return err
	}
	return missing
}

const selectWorkspace = "SELECT id, pool_id, created_at, modified_at, doc FROM workspaces"

// Workspace reads a workspace.
func (s *Store) Workspace(ctx context.Context, id string) (*workspace.Workspace, error) {
	return s.workspace(ctx, selectWorkspace+" WHERE id = $1", id)
}

// HoldWorkspace reads a workspace, and has all others who change it or what is kept with it wait for the transaction of ctx.
func (s *Store) HoldWorkspace(ctx context.Context, id string) (*workspace.Workspace, error) {
	return s.workspace(ctx, selectWorkspace+" WHERE id = $1"+s.ForUpdate(), id)
}

func (s *Store) workspace(ctx context.Context, query, id string) (*workspace.Workspace, error) {
	w, found, err := rows.One(ctx, s.Conn(ctx), scanWorkspace, query, id)
	if err == nil && !found {
		return nil, workspace.Missing(id)
	}
	return w, database.Failed("read workspace", err)
}

func scanWorkspace(row rows.Scanner) (*workspace.Workspace, error) {
	var id, poolID, doc string
	var created, modified int64
	if err := row.Scan(&id, &poolID, &created, &modified, &doc); err != nil {
		return nil, err
	}
	var read workspaceDoc
	if err := database.Decode(doc, &read); err != nil {
		return nil, err
	}
	w := &read.Workspace
	w.Claims, w.Services, w.Extra = read.Claims, read.Services, read.Extra
	w.ID, w.PoolID, w.CreatedAt, w.ModifiedAt = id, poolID, rows.Time(created), rows.Time(modified)
	return w, nil
}

// UpdateWorkspace changes a workspace by a function of its old value and returns the new one.
func (s *Store) UpdateWorkspace(ctx context.Context, id string, change func(*workspace.Workspace) error) (*workspace.Workspace, error) {
	var changed *workspace.Workspace
	err := s.Update(ctx, "update workspace", func(ctx context.Context) error {
		w, err := s.workspace(ctx, selectWorkspace+" WHERE id = $1"+s.ForUpdate(), id)
		if err != nil {
			return err
		}
		if err := change(w); err != nil {
			return err
		}
		doc, err := database.Encode(docOf(w))
		if err != nil {
			return err
		}
		changed = w
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE workspaces SET created_at = $2, modified_at = $3, doc = $4 WHERE id = $1",
			id, rows.Millis(w.CreatedAt), rows.Millis(w.ModifiedAt), doc)
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteWorkspace removes a workspace with its connections, and what is known of its people.
func (s *Store) DeleteWorkspace(ctx context.Context, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM workspaces WHERE id = $1", id)
	if err == nil && n == 0 {
		return workspace.Missing(id)
	}
	return database.Failed("delete workspace", err)
}

// Workspaces lists workspaces after an id, by id.
func (s *Store) Workspaces(ctx context.Context, after string, limit int) ([]*workspace.Workspace, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanWorkspace, selectWorkspace+" WHERE id > $1 ORDER BY id LIMIT $2 + 0", after, limit)
	return list, database.Failed("list workspaces", err)
}

// SaveWorkspaceClient keeps what a workspace says of a client, in the place of what it said before.
func (s *Store) SaveWorkspaceClient(ctx context.Context, c *workspace.Client) error {
	doc, err := database.Encode(c)
	if err != nil {
		return database.Failed("save client of workspace", err)
	}
	_, err = s.Exec(ctx, `INSERT INTO workspace_clients (id, workspace_id, doc) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET workspace_id = excluded.workspace_id, doc = excluded.doc`, c.ID, c.WorkspaceID, doc)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoClient(c.ID).Because(err)
	}
	return database.Failed("save client of workspace", err)
}

const selectWorkspaceClient = "SELECT id, workspace_id, doc FROM workspace_clients"

// WorkspaceClient reads what a workspace says of a client.
func (s *Store) WorkspaceClient(ctx context.Context, id string) (*workspace.Client, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), scanWorkspaceClient, selectWorkspaceClient+" WHERE id = $1", id)
	if err == nil && !found {
		return nil, fault.NoClient(id)
	}
	return c, database.Failed("read client of workspace", err)
}

// WorkspaceClients lists the clients of a workspace after an id, by id.
func (s *Store) WorkspaceClients(ctx context.Context, workspaceID, after string, limit int) ([]*workspace.Client, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanWorkspaceClient, selectWorkspaceClient+" WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3 + 0",
		workspaceID, after, limit)
	return list, database.Failed("list clients of workspace", err)
}

func scanWorkspaceClient(row rows.Scanner) (*workspace.Client, error) {
	var id, workspaceID, doc string
	if err := row.Scan(&id, &workspaceID, &doc); err != nil {
		return nil, err
	}
	c := &workspace.Client{}
	if err := database.Decode(doc, c); err != nil {
		return nil, err
	}
	c.ID, c.WorkspaceID = id, workspaceID
	return c, nil
}

var _ workspace.Store = (*Store)(nil)
