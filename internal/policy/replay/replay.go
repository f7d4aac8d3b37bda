// Package replay decides remembered decisions once more, with other policies, and says what would change: what a merge
// does to real questions. It owns comparing and wording. It leaves the log to decision and deciding to its caller's decider.
package replay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/policy"
)

// Entry is a remembered decision.
type Entry = auditv1.DecisionLogEntry

// Change is a decision that comes out otherwise.
type Change struct {
	CallID    string `json:"callId"`
	At        string `json:"at"`
	Principal string `json:"principal"`
	Kind      string `json:"kind"`
	ID        string `json:"id,omitempty"` // of the resource; empty for a plan
	Action    string `json:"action"`
	Was       string `json:"was"` // an effect, or the kind of a plan
	Is        string `json:"is"`
	Policy    string `json:"policy,omitempty"` // that decides it now
}

// Report is what a replay found.
type Report struct {
	Entries   int      `json:"entries"`
	Decisions int      `json:"decisions"` // one for each action on each resource, and each plan
	Masked    int      `json:"masked"`    // entries with values that the log does not hold: what they show may be wrong
	Failed    int      `json:"failed"`    // entries that could not be decided
	Changes   []Change `json:"changes"`
}

// Lines reads a log of one JSON object a line, as Cognate and Cerbos write it. Lines that hold no decision are skipped.
func Lines(r io.Reader, each func(*Entry) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		raw := bytes.TrimSpace(lines.Bytes())
		if len(raw) == 0 {
			continue
		}
		e, err := Parse(raw)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Parse reads one entry. What the log has around it is ignored.
func Parse(raw []byte) (*Entry, error) {
	e := &Entry{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, e); err != nil {
		return nil, fmt.Errorf("this is no entry of a decision log: %w", err)
	}
	return e, nil
}

// Again decides an entry with other policies.
func (r *Report) Again(ctx context.Context, d policy.Decider, e *Entry) error {
	r.Entries++
	inputs, outputs := e.GetCheckResources().GetInputs(), e.GetCheckResources().GetOutputs()
	if len(inputs) == 0 {
		inputs, outputs = e.GetInputs(), e.GetOutputs() //nolint:staticcheck // as older releases of Cerbos write it
	}
	if raw, err := protojson.Marshal(e); err == nil && (bytes.Contains(raw, []byte(`"***"`)) || bytes.Contains(raw, []byte(`"(secret)"`))) {
		r.Masked++
	}
	if p := e.GetPlanResources(); p != nil {
		return r.plan(ctx, d, e, p)
	}
	if len(inputs) == 0 || len(inputs) != len(outputs) || e.GetCheckResources().GetError() != "" {
		r.Failed++ // there was no decision to compare with
		return nil
	}
	now, err := d.Check(ctx, inputs)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Failed++
		return nil
	}
	for i, in := range inputs {
		r.compare(e, in, outputs[i], now[i])
	}
	return nil
}

func (r *Report) compare(e *Entry, in *enginev1.CheckInput, was, is *enginev1.CheckOutput) {
	for _, action := range in.GetActions() {
		r.Decisions++
		before, after := was.GetActions()[action], is.GetActions()[action]
		if before.GetEffect() == after.GetEffect() {
			continue
		}
		r.Changes = append(r.Changes, Change{
			CallID: e.GetCallId(), At: e.GetTimestamp().AsTime().Format("2006-01-02T15:04:05.000Z"), Principal: in.GetPrincipal().GetId(),
			Kind: in.GetResource().GetKind(), ID: in.GetResource().GetId(), Action: action,
			Was: before.GetEffect().String(), Is: after.GetEffect().String(), Policy: after.GetPolicy(),
		})
	}
}

func (r *Report) plan(ctx context.Context, d policy.Decider, e *Entry, p *auditv1.DecisionLogEntry_PlanResources) error {
	if p.GetError() != "" {
		r.Failed++
		return nil
	}
	now, err := d.Plan(ctx, p.GetInput())
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Failed++
		return nil
	}
	r.Decisions++
	was, is := p.GetOutput().GetFilter(), now.GetFilter()
	kept := was.GetCondition() != nil || was.GetKind() != enginev1.PlanResourcesFilter_KIND_CONDITIONAL // else it held a secret
	if was.GetKind() == is.GetKind() && (!kept || proto.Equal(was.GetCondition(), is.GetCondition())) {
		return nil
	}
	r.Changes = append(r.Changes, Change{
		CallID: e.GetCallId(), At: e.GetTimestamp().AsTime().Format("2006-01-02T15:04:05.000Z"), Principal: p.GetInput().GetPrincipal().GetId(),
		Kind: p.GetInput().GetResource().GetKind(), Action: "plan " + strings.Join(p.GetInput().GetActions(), ", "),
		Was: filterText(was), Is: filterText(is),
	})
	return nil
}

// filterText is the kind of a plan and, where there is one, what its condition looks like.
func filterText(f *enginev1.PlanResourcesFilter) string {
	if f.GetCondition() == nil {
		return f.GetKind().String()
	}
	raw, err := protojson.Marshal(f.GetCondition())
	if err != nil {
		return f.GetKind().String()
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return f.GetKind().String()
	}
	return f.GetKind().String() + " " + b.String()
}

// Write puts the report into words.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, c := range r.Changes {
		what := c.Kind
		if c.ID != "" {
			what += " " + c.ID
		}
		fmt.Fprintf(&b, "%s  %s  %s: %s on %s: %s, was %s", c.At, c.CallID, c.Principal, c.Action, what, short(c.Is), short(c.Was))
		if c.Policy != "" {
			fmt.Fprintf(&b, " (%s)", c.Policy)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d of %d decisions in %d entries would change\n", len(r.Changes), r.Decisions, r.Entries)
	if r.Failed > 0 {
		fmt.Fprintf(&b, "%d entries could not be compared: they held no decision, or these policies give none\n", r.Failed)
	}
	if r.Masked > 0 {
		fmt.Fprintf(&b, "%d entries hold masked values, so what is said about them may be wrong\n", r.Masked)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func short(effect string) string { return strings.TrimPrefix(effect, "EFFECT_") }
