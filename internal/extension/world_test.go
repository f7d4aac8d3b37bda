package extension_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// world is a workspace with a connection, and scripts.
type world struct {
	t       testing.TB
	store   *store.Store
	scripts *extension.Scripts
	now     time.Time

	scriptsMade int
}

func newWorld(t testing.TB, c extension.ScriptConfig) *world {
	t.Helper()
	runner := newRunner(t, c)
	w := newStoreWorld(t)
	w.scripts = extension.New(extension.Parts{
		Store: w.store, Runs: w.store, Runner: runner, Workspaces: spaces{w.store}, Connections: connections{w.store}, Keys: storetest.Sealer(t),
		Now: func() time.Time { return w.now },
	})
	return w
}

// newStoreWorld is one in which no script runs.
func newStoreWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Memory(t), now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	pool := &directory.Pool{ID: "eu-west-1_Script000", Region: "eu-west-1", Settings: directory.Settings{Name: "scripts"}, CreatedAt: w.now, ModifiedAt: w.now}
	must(t, w.store.InsertPool(t.Context(), pool))
	for _, id := range []string{"demo", "other"} {
		must(t, w.store.InsertWorkspace(t.Context(), &workspace.Workspace{ID: id, Name: id, PoolID: pool.ID, Context: workspace.ContextSchema{
			Attributes: []mapping.Attribute{{Name: "name", Type: mapping.Text}, {Name: "level", Type: mapping.Number}, {Name: "roles", Type: mapping.Texts}},
		}}, 10))
	}
	must(t, w.store.InsertConnection(t.Context(), &workspace.Connection{ID: "corp", WorkspaceID: "demo", Name: "Corp"}, 10))
	return w
}

// spaces finds workspaces and connections as their room does.
type spaces struct{ store *store.Store }

func (s spaces) Get(ctx context.Context, id string) (*workspace.Workspace, error) {
	return s.store.Workspace(ctx, id)
}

func (s spaces) Alone(ctx context.Context, id string, fn func(context.Context, *workspace.Workspace) error) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		w, err := s.store.HoldWorkspace(ctx, id)
		if err != nil {
			return err
		}
		return fn(ctx, w)
	})
}

type connections struct{ store *store.Store }

func (s connections) Get(ctx context.Context, workspaceID, _, id string) (*workspace.Connection, error) {
	return s.store.Connection(ctx, workspaceID, id)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind, "") {
		t.Errorf("%s: %v, want a fault %s", what, err, kind)
	}
}

// put saves a script and assigns it to a point.
func (w *world) put(p extension.Point, body string) *extension.Script {
	w.t.Helper()
	w.scriptsMade++
	x, err := w.scripts.Save(w.t.Context(), &extension.Script{
		WorkspaceID: "demo", Name: fmt.Sprint("script ", w.scriptsMade), Body: "module.exports = async function (context) {" + body + "}",
	}, nil)
	must(w.t, err)
	p.ScriptID = x.ID
	must(w.t, w.scripts.Assign(w.t.Context(), "demo", []*extension.Point{&p}, nil))
	return x
}
