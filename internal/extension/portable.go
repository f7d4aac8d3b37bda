package extension

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace"
)

// Carried is the part of a workspace's document that has its scripts, and where they run. Secrets of scripts are not in it, and stay
// as they are where it comes in.
type Carried struct{ Scripts *Scripts }

type portableScript struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Body       string `json:"body"`
	EnvVersion string `json:"env_version,omitempty"`
	TestInput  string `json:"test_input,omitempty"`
}

type portablePoint struct {
	Type     Type   `json:"type"`
	Target   string `json:"target_fk,omitempty"`
	ScriptID string `json:"script_id"`
	Failure  string `json:"on_failure,omitempty"`
}

type portableScripts struct {
	Scripts []portableScript `json:"scripts"`
	Points  []portablePoint  `json:"script_execution_points,omitempty"`
}

// Name is that of the part.
func (Carried) Name() string { return "scripts" }

// Export gives the scripts by name, and their points.
func (c Carried) Export(ctx context.Context, workspaceID string) (json.RawMessage, error) {
	scripts, err := c.Scripts.List(ctx, workspaceID)
	if err != nil || len(scripts) == 0 {
		return nil, err
	}
	points, err := c.Scripts.Points(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	var out portableScripts
	for _, x := range scripts {
		out.Scripts = append(out.Scripts, portableScript{x.ID, x.Name, x.Body, x.EnvVersion, x.TestInput})
	}
	for _, p := range points {
		out.Points = append(out.Points, portablePoint{p.Type, p.Target, p.ScriptID, p.Failure})
	}
	return json.Marshal(out)
}

// Copy has scripts run for the connections of the other workspace. Their own ids are a workspace's. One for a connection that does not
// go along keeps its target, and is refused where it comes in: without one it would run for everybody.
func (Carried) Copy(part json.RawMessage, connections map[string]string) (json.RawMessage, error) {
	var in portableScripts
	if err := readPart("scripts", part, &in); err != nil {
		return nil, err
	}
	for i := range in.Points {
		if id, goes := connections[in.Points[i].Target]; goes {
			in.Points[i].Target = id
		}
	}
	return json.Marshal(in)
}

// Prepare reads scripts, and compiles those that are new or another than before.
func (c Carried) Prepare(ctx context.Context, workspaceID string, part json.RawMessage) (*workspace.Incoming, error) {
	var in portableScripts
	if err := readPart("scripts", part, &in); err != nil {
		return nil, err
	}
	before, err := c.Scripts.Store.Scripts(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	list := []*Script{}
	for i, x := range in.Scripts {
		now := c.Scripts.moment()
		s := &Script{
			ID: x.ID, WorkspaceID: workspaceID, Name: x.Name, Body: x.Body, EnvVersion: x.EnvVersion, TestInput: x.TestInput, CreatedAt: now, ModifiedAt: now,
		}
		if s.EnvVersion == "" {
			s.EnvVersion = Environment
		}
		if twice := func(o portableScript) bool { return o.ID == x.ID || o.Name == x.Name }; !workspace.IsID(x.ID) || slices.ContainsFunc(in.Scripts[:i], twice) {
			return nil, fault.Invalidf("parts: scripts: each has an id and a name of its own.")
		}
		at := slices.IndexFunc(before, func(o *Script) bool { return o.ID == x.ID })
		if err := s.check(); err != nil {
			return nil, err
		}
		if at < 0 || before[at].Body != s.Body {
			if err := c.Scripts.readable(ctx, s); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	if len(list) > maxScripts {
		return nil, fault.Invalidf("parts: a workspace can have at most %d scripts.", maxScripts)
	}
	points, err := in.points(workspaceID)
	if err != nil {
		return nil, err
	}
	return &workspace.Incoming{Last: func(ctx context.Context) error { return c.replace(ctx, workspaceID, list, points) }}, nil
}

// points are where the scripts of a document run.
func (in portableScripts) points(workspaceID string) ([]*Point, error) {
	var out []*Point
	for i, x := range in.Points {
		if slices.ContainsFunc(in.Points[:i], func(o portablePoint) bool { return o.Type == x.Type && o.Target == x.Target }) {
			return nil, fault.Invalidf("parts: script_execution_points: one script runs at a point.")
		}
		if !slices.ContainsFunc(in.Scripts, func(s portableScript) bool { return s.ID == x.ScriptID }) {
			return nil, fault.Invalidf("parts: script_execution_points: the document has no script %q.", x.ScriptID)
		}
		out = append(out, &Point{Type: x.Type, Target: x.Target, ScriptID: x.ScriptID, Failure: x.Failure, WorkspaceID: workspaceID})
	}
	return out, nil
}

// replace makes the scripts of a workspace those of a document. Connections are there.
func (c Carried) replace(ctx context.Context, workspaceID string, list []*Script, points []*Point) error {
	s := c.Scripts
	before, err := s.Store.Scripts(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, old := range before { // one with another name goes, too: two may have exchanged theirs
		if slices.ContainsFunc(list, func(x *Script) bool { return x.ID == old.ID && x.Name == old.Name }) {
			continue
		}
		if err := s.Store.DeleteScript(ctx, workspaceID, old.ID); err != nil {
			return err
		}
	}
	for _, x := range list {
		if at := slices.IndexFunc(before, func(o *Script) bool { return o.ID == x.ID }); at >= 0 {
			old := before[at]
			x.CreatedAt, x.DebugUntil = old.CreatedAt, old.DebugUntil
			if x.Name == old.Name && x.Body == old.Body && x.TestInput == old.TestInput { // there is one environment
				x.ModifiedAt = old.ModifiedAt
			}
		}
		if err := s.Store.SaveScript(ctx, x, maxScripts); err != nil {
			return err
		}
	}
	there, err := s.Store.Points(ctx, workspaceID)
	if err != nil {
		return err
	}
	for _, p := range there {
		if err := s.Store.DeletePoint(ctx, workspaceID, p.Type, p.Target); err != nil {
			return err
		}
	}
	for _, p := range points {
		err := s.fits(ctx, p)
		if fault.Is(err, fault.Missing, "") || fault.Is(err, fault.Missing, fault.Provider) {
			return fault.Invalidf("parts: script_execution_points: there is no connection %q.", p.Target)
		}
		if err == nil {
			err = s.Store.SavePoint(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readPart reads a part of a document strictly; one that is missing is an empty one.
func readPart(name string, part json.RawMessage, v any) error {
	if len(part) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(part))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is more behind it")
	}
	if err != nil {
		return fault.Invalidf("parts: %s cannot be read: %s.", name, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

var _ workspace.Part = Carried{}
