package extension

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/extension/sandbox"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
)

// Sealer encrypts what is kept of runs; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// Workspaces finds workspaces; *workspace.Workspaces does.
type Workspaces interface {
	Get(ctx context.Context, id string) (*workspace.Workspace, error)
	// Alone runs fn in a transaction in which nobody else changes a workspace or what is kept with it. It may run more than once.
	Alone(ctx context.Context, id string, fn func(context.Context, *workspace.Workspace) error) error
}

// Connections finds connections; *workspace.Connections does.
type Connections interface {
	Get(ctx context.Context, workspaceID, method, id string) (*workspace.Connection, error)
}

// Parts is what the room is built from. All but Observe are needed.
type Parts struct {
	Store       Store
	Runs        RunStore
	Runner      *Runner
	Workspaces  Workspaces
	Connections Connections
	Keys        Sealer
	Now         clock.Clock
	// Observe is told of every run at a point; nil: nobody is.
	Observe func(ctx context.Context, point Type, took time.Duration, failed bool)
}

// Scripts creates, finds, changes, tries and deletes scripts, their secrets and the points at which they run. Safe for concurrent
// use.
type Scripts struct{ Parts }

// New builds the room.
func New(p Parts) *Scripts { return &Scripts{p} }

func (s *Scripts) moment() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// List gives the scripts of a workspace by name.
func (s *Scripts) List(ctx context.Context, workspaceID string) ([]*Script, error) {
	if _, err := s.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	return s.Store.Scripts(ctx, workspaceID)
}

// Get finds a script.
func (s *Scripts) Get(ctx context.Context, workspaceID, id string) (*Script, error) {
	if !workspace.IsID(workspaceID) || !workspace.IsID(id) {
		return nil, None("script")
	}
	return s.Store.Script(ctx, workspaceID, id)
}

// Save makes a script, or with the id of one that is there changes it, unless allow refuses what that is; nil allows it.
func (s *Scripts) Save(ctx context.Context, x *Script, allow func(*Script) error) (*Script, error) {
	if _, err := s.Workspaces.Get(ctx, x.WorkspaceID); err != nil {
		return nil, err
	}
	fresh := x.ID == ""
	if fresh {
		x.ID = random.LowerAlnum(20)
	} else if _, err := s.Get(ctx, x.WorkspaceID, x.ID); err != nil { // before it is compiled in vain
		return nil, err
	}
	if x.EnvVersion == "" {
		x.EnvVersion = Environment
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := s.readable(ctx, x); err != nil {
		return nil, err
	}
	err := s.Workspaces.Alone(ctx, x.WorkspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		x.ModifiedAt = s.moment()
		x.CreatedAt = x.ModifiedAt
		if !fresh {
			before, err := s.Get(ctx, x.WorkspaceID, x.ID)
			if err == nil && allow != nil {
				err = allow(before)
			}
			if err != nil {
				return err
			}
			x.CreatedAt, x.DebugUntil = before.CreatedAt, before.DebugUntil
		}
		return s.Store.SaveScript(ctx, x, maxScripts)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (x *Script) check() error {
	switch {
	case x.Name == "" || len(x.Name) > 128 || strings.ContainsFunc(x.Name, func(r rune) bool { return r < ' ' }):
		return fault.Invalidf("name: a script has a name of 1 to 128 characters.")
	case x.EnvVersion != Environment:
		return fault.Invalidf("env_version: there is only %s.", Environment)
	case len(x.Body) > maxBody:
		return fault.Invalidf("body: a script has at most %d bytes.", maxBody)
	case len(x.TestInput) > maxInput || x.TestInput != "" && !json.Valid([]byte(x.TestInput)):
		return fault.Invalidf("test_input: it is JSON of at most %d bytes.", maxInput)
	}
	return nil
}

// readable refuses a script that cannot be compiled. It is read in a process of scripts, with their limits: a few lines can take a
// compiler forever. Nothing of it runs.
func (s *Scripts) readable(ctx context.Context, x *Script) error {
	o, err := s.Runner.Run(ctx, Run{Workspace: x.WorkspaceID, Body: x.Body, Check: true})
	if err != nil || o.Caught == "" {
		return err
	}
	return fault.Newf(fault.Invalid, "", "body: %s.", strings.TrimSuffix(strings.TrimPrefix(o.Caught, "SyntaxError: "), "."))
}

// Delete removes a script, and it runs nowhere any more, unless allow refuses what it is; nil allows it.
func (s *Scripts) Delete(ctx context.Context, workspaceID, id string, allow func(*Script) error) error {
	if !workspace.IsID(workspaceID) || !workspace.IsID(id) {
		return None("script")
	}
	return s.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		x, err := s.Store.Script(ctx, workspaceID, id)
		if err == nil && allow != nil {
			err = allow(x)
		}
		if err != nil {
			return err
		}
		return s.Store.DeleteScript(ctx, workspaceID, id)
	})
}

// Trial is a script that is tried, before or after it is saved.
type Trial struct {
	Body       string          `json:"body"`
	EnvVersion string          `json:"env_version"`
	Input      json.RawMessage `json:"input"` // an object: the context without secrets; none: an empty one
}

// Tried is what came of it.
type Tried struct {
	sandbox.Outcome
	Duration time.Duration   `json:"duration"` // nanoseconds
	Input    json.RawMessage `json:"input"`
}

// Test runs a script with the secrets of a workspace, and changes nothing. Values of secrets are hidden in all that it says.
func (s *Scripts) Test(ctx context.Context, workspaceID string, t Trial) (*Tried, error) {
	x := &Script{Name: "test", Body: t.Body, EnvVersion: t.EnvVersion}
	if x.EnvVersion == "" {
		x.EnvVersion = Environment
	}
	if len(t.Input) == 0 || string(t.Input) == "null" {
		t.Input = json.RawMessage("{}")
	}
	if _, err := s.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	if len(t.Input) > maxInput || t.Input[0] != '{' {
		return nil, fault.Invalidf("input: it is a JSON object of at most %d bytes.", maxInput)
	}
	secrets, err := s.secrets(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	o, err := s.Runner.Run(ctx, Run{Workspace: workspaceID, Body: t.Body, Input: t.Input, Secrets: secrets})
	if err != nil {
		return nil, err
	}
	o.Output = hideOutput(o.Output, secrets)
	return &Tried{Outcome: o.Outcome, Duration: o.Took, Input: t.Input}, nil
}

// SetSecret gives a secret a value.
func (s *Scripts) SetSecret(ctx context.Context, workspaceID, id, value string) (*Secret, error) {
	if _, err := s.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	switch {
	case !secretForm.MatchString(id) || id == "__proto__":
		return nil, fault.Invalidf("id: a secret has a name of 1 to 64 letters, digits and underscores that does not begin with a digit.")
	case value == "" || len(value) > maxSecret:
		return nil, fault.Invalidf("secret: it has 1 to %d bytes.", maxSecret)
	}
	x := &Secret{ID: id, WorkspaceID: workspaceID, Value: value, ModifiedAt: s.moment()}
	return x, s.Store.SaveSecret(ctx, x, maxSecrets)
}

// ListSecrets gives the secrets of a workspace without their values.
func (s *Scripts) ListSecrets(ctx context.Context, workspaceID string) ([]*Secret, error) {
	if _, err := s.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	list, err := s.Store.Secrets(ctx, workspaceID)
	for _, x := range list {
		x.Value = ""
	}
	return list, err
}

// DeleteSecret removes a secret.
func (s *Scripts) DeleteSecret(ctx context.Context, workspaceID, id string) error {
	if !workspace.IsID(workspaceID) || !secretForm.MatchString(id) {
		return None("secret")
	}
	return s.Store.DeleteSecret(ctx, workspaceID, id)
}

func (s *Scripts) secrets(ctx context.Context, workspaceID string) (map[string]string, error) {
	list, err := s.Store.Secrets(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, x := range list {
		out[x.ID] = x.Value
	}
	return out, nil
}

// Points lists where scripts of a workspace run.
func (s *Scripts) Points(ctx context.Context, workspaceID string) ([]*Point, error) {
	if _, err := s.Workspaces.Get(ctx, workspaceID); err != nil {
		return nil, err
	}
	return s.Store.Points(ctx, workspaceID)
}

// Assign puts scripts at places, all or none; an empty script takes away what was there. Allow may refuse to change what is there; nil
// allows it.
func (s *Scripts) Assign(ctx context.Context, workspaceID string, points []*Point, allow func([]*Point) error) error {
	return s.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		if allow != nil {
			before, err := s.Store.Points(ctx, workspaceID)
			if err == nil {
				err = allow(before)
			}
			if err != nil {
				return err
			}
		}
		for _, p := range points {
			p.WorkspaceID = workspaceID
			if err := s.fits(ctx, p); err != nil {
				return err
			}
		}
		for _, p := range points {
			if err := s.assign(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Scripts) assign(ctx context.Context, p *Point) error {
	if p.ScriptID != "" {
		return s.Store.SavePoint(ctx, p)
	}
	if err := s.Store.DeletePoint(ctx, p.WorkspaceID, p.Type, p.Target); !fault.Is(err, fault.Missing, "") {
		return err
	}
	return nil
}

func (s *Scripts) fits(ctx context.Context, p *Point) error {
	if !slices.Contains(Types(), p.Type) {
		return fault.Invalidf("type: there is no point %q for scripts.", p.Type)
	}
	if p.Failure != "" && p.Failure != Fail && p.Failure != Continue {
		return fault.Invalidf("on_failure must be fail or continue.")
	}
	if p.ScriptID != "" {
		if _, err := s.Get(ctx, p.WorkspaceID, p.ScriptID); err != nil {
			return err
		}
	}
	switch {
	case p.Target == "":
		return nil
	case p.Type != PostAuthn:
		return fault.Invalidf("target_fk: a script of the type %s is the whole workspace's.", p.Type)
	case p.ScriptID == "":
		return nil // what it was for may be gone
	}
	_, err := s.Connections.Get(ctx, p.WorkspaceID, "", p.Target)
	return err
}
