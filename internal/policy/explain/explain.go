// Package explain says why a decision came out as it did: which policy and scope decided, which rules held and which did
// not and on what condition, which derived roles the principal had, and where each attribute came from. It owns the
// form of explanations and their text. It leaves deciding to policy/cerbos and knowing origins to whoever enriched.
package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/trace"
)

// Request is where what nobody else brought came from.
const Request = "request"

// Origins says where parts of a principal came from, by name: the request, or an enrichment source and how old its
// answer was. What is not named came with the request.
type Origins struct{ Roles, Attributes map[string]string }

// Explanation is why a check came out as it did.
type Explanation struct {
	Principal Principal  `json:"principal"`
	Resources []Resource `json:"resources"`
}

// Principal is who was decided about, and how that is known.
type Principal struct {
	ID    string  `json:"id"`
	Roles []Given `json:"roles"`
	Attr  []Given `json:"attr"`
}

// Given is a role or an attribute with its origin.
type Given struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value,omitempty"`
	From  string          `json:"from"`
}

// Resource is one of the resources that were asked about.
type Resource struct {
	Kind         string          `json:"kind"`
	ID           string          `json:"id"`
	DerivedRoles []string        `json:"derivedRoles"`
	Invalid      []string        `json:"validationErrors,omitempty"`
	Actions      []Action        `json:"actions"`
	Outputs      json.RawMessage `json:"outputs,omitempty"`
}

// Action is the decision about one action.
type Action struct {
	Name   string `json:"name"`
	Effect string `json:"effect"` // EFFECT_ALLOW, EFFECT_DENY
	Policy string `json:"policy"` // such as resource.contact.vdefault; empty when none applied
	Scope  string `json:"scope"`
	Rules  []Rule `json:"rules"`
	Steps  []Step `json:"steps"` // of the engine, in order
}

// Rule is a rule that was looked at.
type Rule struct {
	Name string `json:"name"`
	Held bool   `json:"held"`
	Why  string `json:"why,omitempty"` // it did not
}

// Step is one step of the engine.
type Step struct {
	Path    string   `json:"path"`
	Outcome []string `json:"outcome"`
}

// New explains a check of one principal. Traced are the decisions about the inputs, in their order.
func New(inputs []*enginev1.CheckInput, traced []cerbos.Traced, from Origins) Explanation {
	e := Explanation{Resources: make([]Resource, len(traced))}
	if len(inputs) > 0 {
		e.Principal = principal(inputs[0].GetPrincipal(), from)
	}
	for i, t := range traced {
		e.Resources[i] = resource(inputs[i], t)
	}
	return e
}

func principal(p *enginev1.Principal, from Origins) Principal {
	out := Principal{ID: p.GetId()}
	origin := func(known map[string]string, name string) string {
		if o, ok := known[name]; ok {
			return o
		}
		return Request
	}
	for _, role := range p.GetRoles() {
		out.Roles = append(out.Roles, Given{Name: role, From: origin(from.Roles, role)})
	}
	for _, name := range slices.Sorted(maps.Keys(p.GetAttr())) {
		out.Attr = append(out.Attr, Given{Name: name, Value: value(p.GetAttr()[name]), From: origin(from.Attributes, name)})
	}
	return out
}

func value(v *structpb.Value) json.RawMessage {
	raw, err := protojson.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

func resource(in *enginev1.CheckInput, t cerbos.Traced) Resource {
	r := Resource{
		Kind: in.GetResource().GetKind(), ID: in.GetResource().GetId(),
		DerivedRoles: slices.Sorted(slices.Values(t.Output.GetEffectiveDerivedRoles())),
	}
	for _, v := range t.Output.GetValidationErrors() {
		r.Invalid = append(r.Invalid, fmt.Sprintf("%s%s: %s", strings.ToLower(strings.TrimPrefix(v.GetSource().String(), "SOURCE_")), v.GetPath(), v.GetMessage()))
	}
	for _, name := range in.GetActions() {
		r.Actions = append(r.Actions, action(name, t))
	}
	if outputs := t.Output.GetOutputs(); len(outputs) > 0 {
		var parts []string
		for _, o := range outputs {
			if raw, err := protojson.Marshal(o); err == nil {
				parts = append(parts, string(raw))
			}
		}
		r.Outputs = json.RawMessage("[" + strings.Join(parts, ",") + "]")
	}
	return r
}

func action(name string, t cerbos.Traced) Action {
	effect := t.Output.GetActions()[name]
	a := Action{Name: name, Effect: effect.GetEffect().String(), Policy: strings.TrimPrefix(effect.GetPolicy(), "cerbos."), Scope: effect.GetScope()}
	for _, s := range t.Steps {
		of, rule := where(s)
		if of != "" && of != name {
			continue
		}
		a.Steps = append(a.Steps, Step{trace.Path(s), trace.Outcome(s.GetEvent())})
		if rule == "" || of == "" {
			continue
		}
		held := s.GetEvent().GetStatus() == enginev1.Trace_Event_STATUS_ACTIVATED && s.GetEvent().GetResult().GetBoolValue()
		skipped := s.GetEvent().GetStatus() == enginev1.Trace_Event_STATUS_SKIPPED
		if held && last(s) == enginev1.Trace_Component_KIND_CONDITION || skipped {
			a.Rules = append(a.Rules, Rule{Name: rule, Held: held, Why: s.GetEvent().GetMessage()})
		}
	}
	return a
}

// where is the action and the rule of a step; a step before any action belongs to all.
func where(s *enginev1.Trace) (action, rule string) {
	for _, c := range s.GetComponents() {
		switch c.GetKind() {
		case enginev1.Trace_Component_KIND_ACTION:
			action = c.GetAction()
		case enginev1.Trace_Component_KIND_RULE:
			rule = c.GetRule()
		}
	}
	return action, rule
}

func last(s *enginev1.Trace) enginev1.Trace_Component_Kind {
	if n := len(s.GetComponents()); n > 0 {
		return s.GetComponents()[n-1].GetKind()
	}
	return enginev1.Trace_Component_KIND_UNSPECIFIED
}

// Write puts an explanation into words. With steps it says everything that the engine did.
func (e Explanation) Write(w io.Writer, steps bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "principal %s\n", e.Principal.ID)
	for _, r := range e.Principal.Roles {
		fmt.Fprintf(&b, "  role %-24s from %s\n", r.Name, r.From)
	}
	for _, a := range e.Principal.Attr {
		fmt.Fprintf(&b, "  attr %-24s from %s\n", a.Name, a.From)
		fmt.Fprintf(&b, "       %s\n", a.Value)
	}
	for _, r := range e.Resources {
		fmt.Fprintf(&b, "\n%s %s\n", r.Kind, r.ID)
		if len(r.DerivedRoles) > 0 {
			fmt.Fprintf(&b, "  derived roles: %s\n", strings.Join(r.DerivedRoles, ", "))
		}
		for _, v := range r.Invalid {
			fmt.Fprintf(&b, "  breaks its schema: %s\n", v)
		}
		for _, a := range r.Actions {
			a.write(&b, steps)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a Action) write(b *strings.Builder, steps bool) {
	word := "DENY "
	if a.Effect == effectv1.Effect_EFFECT_ALLOW.String() {
		word = "ALLOW"
	}
	fmt.Fprintf(b, "  %s %s\n", word, a.Name)
	switch {
	case a.Policy == "":
		fmt.Fprint(b, "        no policy applies\n")
	case a.Scope != "":
		fmt.Fprintf(b, "        decided by %s in scope %s\n", a.Policy, a.Scope)
	default:
		fmt.Fprintf(b, "        decided by %s\n", a.Policy)
	}
	held := false
	for _, r := range a.Rules {
		if r.Held {
			held = true
			fmt.Fprintf(b, "        rule %s held\n", r.Name)
		} else {
			fmt.Fprintf(b, "        rule %s did not hold: %s\n", r.Name, r.Why)
		}
	}
	if !held && word == "DENY " {
		fmt.Fprint(b, "        no rule allows it\n")
	}
	if !steps {
		return
	}
	for _, s := range a.Steps {
		fmt.Fprintf(b, "          %s\n", s.Path)
		for _, o := range s.Outcome {
			fmt.Fprintf(b, "            %s\n", o)
		}
	}
}
