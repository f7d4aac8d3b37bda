package extension

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
)

// Logged is a run of a script at a point, for who debugs it.
type Logged struct {
	At       time.Time       `json:"at"`
	Point    Type            `json:"type"`
	Input    json.RawMessage `json:"input"` // without secrets
	Output   json.RawMessage `json:"output"`
	Stdout   string          `json:"stdout"`
	Stderr   string          `json:"stderr"`
	Caught   string          `json:"caught_err"`
	Line     int             `json:"line,omitempty"`
	Duration time.Duration   `json:"duration"`           // nanoseconds
	TraceID  string          `json:"trace_id,omitempty"` // of the sign-in that it was a step of
}

const (
	runPurpose = "script-run"
	// DebugWindow is how long runs are kept for who has asked for them, when it is not said, and at most.
	DebugWindow    = time.Minute
	maxDebugWindow = 15 * time.Minute
	runLife        = time.Hour
	maxRuns        = 50
)

// Debug keeps the runs of a script for a while, which can be asked for during the hour behind each.
func (s *Scripts) Debug(ctx context.Context, workspaceID, id string, window time.Duration) (x *Script, err error) {
	if window == 0 {
		window = DebugWindow
	}
	if !workspace.IsID(workspaceID) || !workspace.IsID(id) {
		return nil, None("script")
	}
	err = s.Workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *workspace.Workspace) error {
		if x, err = s.Store.Script(ctx, workspaceID, id); err != nil {
			return err
		}
		x.DebugUntil = s.moment().Add(min(max(window, 0), maxDebugWindow))
		return s.Store.SaveScript(ctx, x, maxScripts)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Logs gives what was kept of a script's runs, the newest first.
func (s *Scripts) Logs(ctx context.Context, workspaceID, id string) ([]Logged, error) {
	if _, err := s.Get(ctx, workspaceID, id); err != nil {
		return nil, err
	}
	sealed, err := s.Runs.ScriptRuns(ctx, workspaceID, id, s.Now(), maxRuns)
	if err != nil {
		return nil, err
	}
	out := []Logged{}
	for _, text := range sealed {
		plain, err := s.Keys.OpenString(runPurpose, text, []byte(workspaceID+"\x00"+id))
		if err != nil {
			return nil, fmt.Errorf("open run of script: %w", err)
		}
		var l Logged
		if err := json.Unmarshal(plain, &l); err != nil {
			return nil, fmt.Errorf("read run of script: %w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

// at finds the script of a point: of its target, or the workspace's.
func (s *Scripts) at(ctx context.Context, workspaceID string, t Type, target string) (*Point, *Script, error) {
	points, err := s.Store.Points(ctx, workspaceID)
	if err != nil {
		return nil, nil, err
	}
	for _, of := range slices.Compact([]string{target, ""}) {
		for _, p := range points {
			if p.Type != t || p.Target != of {
				continue
			}
			x, err := s.Store.Script(ctx, workspaceID, p.ScriptID)
			return p, x, err
		}
	}
	return nil, nil, nil
}

// execute runs the script of a point with the workspace's secrets, as a step of a traced sign-in if trace names one. What it threw
// is in the outcome.
func (s *Scripts) execute(ctx context.Context, p *Point, x *Script, input map[string]any, trace string) (*Outcome, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("write the input of a script: %w", err)
	}
	secrets, err := s.secrets(ctx, p.WorkspaceID)
	if err != nil {
		return nil, err
	}
	o, err := s.Runner.Run(ctx, Run{Workspace: p.WorkspaceID, Body: x.Body, Input: text, Secrets: secrets})
	if err != nil {
		return nil, err
	}
	if s.Observe != nil {
		s.Observe(ctx, p.Type, o.Took, o.Caught != "")
	}
	said := "ok"
	if o.Caught != "" {
		said = "failed"
	}
	audit.Note(ctx, func(r *audit.Record) {
		if r.Detail == nil {
			r.Detail = map[string]string{}
		}
		r.Detail["script_executed "+string(p.Type)] = x.ID + " " + said
	})
	return o, s.log(ctx, p, x, Logged{Input: text, TraceID: trace}, o, secrets)
}

// log keeps a run while somebody debugs the script, without secrets.
func (s *Scripts) log(ctx context.Context, p *Point, x *Script, l Logged, o *Outcome, secrets map[string]string) error {
	now := s.moment()
	if !now.Before(x.DebugUntil) {
		return nil
	}
	l.At, l.Point, l.Output, l.Stdout, l.Stderr, l.Caught, l.Line, l.Duration = now, p.Type, hideOutput(o.Output, secrets), o.Stdout, o.Stderr, o.Caught, o.Line, o.Took
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write run of script: %w", err)
	}
	sealed := s.Keys.SealString(runPurpose, plain, []byte(p.WorkspaceID+"\x00"+x.ID))
	return s.Runs.InsertScriptRun(ctx, random.UUID(), p.WorkspaceID, x.ID, sealed, now, now.Add(runLife))
}
