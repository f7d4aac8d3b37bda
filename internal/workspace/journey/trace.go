package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Trace tells how one sign-in came to its context: what each mapping and step did.
type Trace struct {
	ID           string         `json:"id"`
	WorkspaceID  string         `json:"authorization_server_id"`
	ConnectionID string         `json:"idp_id"`
	ClientID     string         `json:"client_id"`
	UserID       string         `json:"subject"`
	Outcome      string         `json:"outcome"` // code, or the error that the client got
	Cached       bool           `json:"cached"`
	At           time.Time      `json:"at"`
	AMR          []string       `json:"amr,omitempty"`
	ACR          string         `json:"acr,omitempty"`
	Lines        []mapping.Line `json:"lines,omitempty"`
	Context      map[string]any `json:"authentication_context,omitempty"`
}

// inside is what is sealed of a trace.
type inside struct {
	AMR     []string       `json:"m,omitempty"`
	ACR     string         `json:"a,omitempty"`
	Lines   []mapping.Line `json:"l"`
	Context map[string]any `json:"c"`
}

// Traces keeps and shows traces.
type Traces struct {
	Store TraceStore
	Keys  Sealer
	Now   clock.Clock
}

// Keep stores a trace. Values in it are what people's providers said of them: they are sealed.
func (s *Traces) Keep(ctx context.Context, t *Trace) error {
	plain, err := json.Marshal(inside{t.AMR, t.ACR, t.Lines, t.Context})
	if err != nil {
		return fmt.Errorf("encode trace: %w", err)
	}
	return s.Store.InsertTrace(ctx, t, s.Keys.Seal(tracePurpose, plain, []byte(t.ID)), t.At.Add(TraceLife))
}

// List gives traces of a workspace, the newest first, without their lines.
func (s *Traces) List(ctx context.Context, workspaceID string, before time.Time, limit int) ([]*Trace, error) {
	if before.IsZero() {
		before = s.Now().Add(time.Minute)
	}
	return s.Store.Traces(ctx, workspaceID, before, limit)
}

// Get reads a trace with all that it tells.
func (s *Traces) Get(ctx context.Context, workspaceID, id string) (*Trace, error) {
	t, sealed, err := s.Store.Trace(ctx, workspaceID, id)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTrace()
	}
	var in inside
	plain, err := s.Keys.Open(tracePurpose, sealed, []byte(t.ID))
	if err = errors.Join(err, mapping.Read(plain, &in)); err != nil {
		return nil, fmt.Errorf("open trace: %w", err)
	}
	t.AMR, t.ACR, t.Lines, t.Context = in.AMR, in.ACR, in.Lines, in.Context
	return t, nil
}
