package extension

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	room "cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/workspace"
)

// The kinds of rows, which answers call them by.
const (
	scriptKind = "script"
	secretKind = "secret"
	pointKind  = "point"
	appKind    = "custom application"
)

// extensionRow is one thing of a workspace.
type extensionRow struct {
	workspaceID, kind, id, name, refers, doc string
	value                                    []byte
}

// saveExtension puts a row in the place of the one of its id. A name that another has is a fault Exists, a new row beyond max a
// fault Limited, an unknown workspace a fault Missing.
func (s *Store) saveExtension(ctx context.Context, r extensionRow, max int) error {
	return s.Update(ctx, "save "+r.kind, func(ctx context.Context) error {
		if err := s.hold(ctx, r.workspaceID); err != nil {
			return err
		}
		others, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int],
			"SELECT count(*) FROM workspace_extensions WHERE workspace_id = $1 AND kind = $2 AND id <> $3", r.workspaceID, r.kind, r.id)
		if err != nil {
			return err
		}
		if others >= max {
			return fault.Limitedf("A workspace can have at most %d things of the kind %s.", max, r.kind)
		}
		_, err = s.Conn(ctx).Exec(ctx, `INSERT INTO workspace_extensions (workspace_id, kind, id, name, refers, doc, value)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (workspace_id, kind, id) DO UPDATE SET name = excluded.name, refers = excluded.refers, doc = excluded.doc, value = excluded.value`,
			r.workspaceID, r.kind, r.id, r.name, r.refers, r.doc, r.value)
		if s.Violation(err) == rows.Unique {
			return fault.Newf(fault.Exists, "", "The workspace has a %s of the name %s already.", r.kind, r.name)
		}
		return err
	})
}

// hold waits for its turn to change what a workspace has.
func (s *Store) hold(ctx context.Context, workspaceID string) error {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM workspaces WHERE id = $1"+s.ForUpdate(), workspaceID)
	if err == nil && !found {
		return workspace.Missing(workspaceID)
	}
	return err
}

func (s *Store) deleteExtension(ctx context.Context, workspaceID, kind, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM workspace_extensions WHERE workspace_id = $1 AND kind = $2 AND id = $3", workspaceID, kind, id)
	if err == nil && n == 0 {
		return room.None(kind)
	}
	return database.Failed("delete "+kind, err)
}

const selectExtension = "SELECT workspace_id, kind, id, name, refers, doc, value FROM workspace_extensions"

func scanExtension(row rows.Scanner) (r extensionRow, err error) {
	err = row.Scan(&r.workspaceID, &r.kind, &r.id, &r.name, &r.refers, &r.doc, &r.value)
	return r, err
}

// extensionsOf reads all rows of a kind, by name.
func extensionsOf[T any](ctx context.Context, s *Store, workspaceID, kind string, read func(extensionRow) (*T, error)) ([]*T, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanExtension, selectExtension+" WHERE workspace_id = $1 AND kind = $2 ORDER BY name", workspaceID, kind)
	if err != nil {
		return nil, database.Failed("list "+kind, err)
	}
	out := make([]*T, 0, len(list))
	for _, r := range list {
		x, err := read(r)
		if err != nil {
			return nil, database.Failed("read "+kind, err)
		}
		out = append(out, x)
	}
	return out, nil
}

func extensionOf[T any](ctx context.Context, s *Store, workspaceID, kind, id string, read func(extensionRow) (*T, error)) (*T, error) {
	r, found, err := rows.One(ctx, s.Conn(ctx), scanExtension,
		selectExtension+" WHERE workspace_id = $1 AND kind = $2 AND id = $3", workspaceID, kind, id)
	switch {
	case err != nil:
		return nil, database.Failed("read "+kind, err)
	case !found:
		return nil, room.None(kind)
	}
	return read(r)
}

// SaveScript is room.Store's.
func (s *Store) SaveScript(ctx context.Context, x *room.Script, max int) error {
	doc, err := database.Encode(scriptDoc{x, x.DebugUntil})
	if err != nil {
		return err
	}
	return s.saveExtension(ctx, extensionRow{workspaceID: x.WorkspaceID, kind: scriptKind, id: x.ID, name: x.Name, doc: doc}, max)
}

// scriptDoc is a script with what its wire form does not have.
type scriptDoc struct {
	*room.Script
	DebugUntil time.Time `json:"debug_until,omitzero"`
}

func readScript(r extensionRow) (*room.Script, error) {
	d := scriptDoc{Script: &room.Script{}}
	err := database.Decode(r.doc, &d)
	d.Script.DebugUntil = d.DebugUntil
	return d.Script, err
}

// Script reads a script.
func (s *Store) Script(ctx context.Context, workspaceID, id string) (*room.Script, error) {
	return extensionOf(ctx, s, workspaceID, scriptKind, id, readScript)
}

// Scripts lists scripts by name.
func (s *Store) Scripts(ctx context.Context, workspaceID string) ([]*room.Script, error) {
	return extensionsOf(ctx, s, workspaceID, scriptKind, readScript)
}

// DeleteScript removes a script, and the points at which it runs.
func (s *Store) DeleteScript(ctx context.Context, workspaceID, id string) error {
	return s.Update(ctx, "delete script", func(ctx context.Context) error {
		if err := s.deleteExtension(ctx, workspaceID, scriptKind, id); err != nil {
			return err
		}
		_, err := s.Conn(ctx).Exec(ctx, "DELETE FROM workspace_extensions WHERE workspace_id = $1 AND kind = $3 AND refers = $2", workspaceID, id, pointKind)
		return err
	})
}

// SaveSecret is room.Store's.
func (s *Store) SaveSecret(ctx context.Context, x *room.Secret, max int) error {
	if s.sealer == nil {
		return errNoExtensionSealer
	}
	doc, err := database.Encode(x)
	if err != nil {
		return err
	}
	value := s.sealer.Seal(room.SecretPurpose, []byte(x.Value), room.SealedSecret().Bound([]string{x.WorkspaceID, secretKind, x.ID}))
	return s.saveExtension(ctx, extensionRow{workspaceID: x.WorkspaceID, kind: secretKind, id: x.ID, name: x.ID, doc: doc, value: value}, max)
}

var errNoExtensionSealer = errors.New("this store has no key to seal secrets of scripts with")

// Secrets lists secrets with their values, by id.
func (s *Store) Secrets(ctx context.Context, workspaceID string) ([]*room.Secret, error) {
	return extensionsOf(ctx, s, workspaceID, secretKind, func(r extensionRow) (*room.Secret, error) {
		x := &room.Secret{}
		if s.sealer == nil {
			return nil, errNoExtensionSealer
		}
		plain, err := s.sealer.Open(room.SecretPurpose, r.value, room.SealedSecret().Bound([]string{r.workspaceID, r.kind, r.id}))
		if err = errors.Join(err, json.Unmarshal([]byte(r.doc), x)); err != nil {
			return nil, err
		}
		x.Value = string(plain)
		return x, nil
	})
}

// DeleteSecret removes a secret.
func (s *Store) DeleteSecret(ctx context.Context, workspaceID, id string) error {
	return s.deleteExtension(ctx, workspaceID, secretKind, id)
}

func pointID(t room.Type, target string) string { return string(t) + " " + target }

// SavePoint is room.Store's.
func (s *Store) SavePoint(ctx context.Context, p *room.Point) error {
	doc, err := database.Encode(p)
	if err != nil {
		return err
	}
	id := pointID(p.Type, p.Target)
	return s.Update(ctx, "save point", func(ctx context.Context) error {
		if _, err := s.Script(ctx, p.WorkspaceID, p.ScriptID); err != nil {
			return err
		}
		return s.saveExtension(ctx, extensionRow{workspaceID: p.WorkspaceID, kind: pointKind, id: id, name: id, refers: p.ScriptID, doc: doc}, maxPoints)
	})
}

// maxPoints is more than a workspace with every connection that it can have needs.
const maxPoints = 1000

// Points lists the points of a workspace.
func (s *Store) Points(ctx context.Context, workspaceID string) ([]*room.Point, error) {
	return extensionsOf(ctx, s, workspaceID, pointKind, func(r extensionRow) (*room.Point, error) {
		p := &room.Point{}
		return p, database.Decode(r.doc, p)
	})
}

// DeletePoint removes a point.
func (s *Store) DeletePoint(ctx context.Context, workspaceID string, t room.Type, target string) error {
	return s.deleteExtension(ctx, workspaceID, pointKind, pointID(t, target))
}

// SaveApp is room.AppStore's.
func (s *Store) SaveApp(ctx context.Context, a *room.App, max int) error {
	doc, err := database.Encode(a)
	if err != nil {
		return err
	}
	return s.saveExtension(ctx, extensionRow{workspaceID: a.WorkspaceID, kind: appKind, id: a.ID, name: a.Name, refers: a.ClientID, doc: doc}, max)
}

func readApp(r extensionRow) (*room.App, error) {
	a := &room.App{}
	return a, database.Decode(r.doc, a)
}

// App reads an application.
func (s *Store) App(ctx context.Context, workspaceID, id string) (*room.App, error) {
	return extensionOf(ctx, s, workspaceID, appKind, id, readApp)
}

// AppOf reads the application of a client.
func (s *Store) AppOf(ctx context.Context, clientID string) (*room.App, error) {
	r, found, err := rows.One(ctx, s.Conn(ctx), scanExtension, selectExtension+" WHERE kind = $1 AND refers = $2", appKind, clientID)
	if err == nil && !found {
		return nil, room.None(appKind)
	}
	if err != nil {
		return nil, database.Failed("read application", err)
	}
	return readApp(r)
}

// Apps lists applications by name.
func (s *Store) Apps(ctx context.Context, workspaceID string) ([]*room.App, error) {
	return extensionsOf(ctx, s, workspaceID, appKind, readApp)
}

// DeleteApp removes an application.
func (s *Store) DeleteApp(ctx context.Context, workspaceID, id string) error {
	return s.deleteExtension(ctx, workspaceID, appKind, id)
}

var (
	_ room.Store    = (*Store)(nil)
	_ room.AppStore = (*Store)(nil)
)
