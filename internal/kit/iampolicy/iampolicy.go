// Package iampolicy evaluates AWS IAM policy documents: statements with effects, actions, resources and conditions, of which
// one must allow and none may deny. What the actions, resources and keys of conditions mean is its users'.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Effect is what a document says of a request.
type Effect int

// The effects. Silent documents neither allow nor deny.
const (
	Silent Effect = iota
	Allow
	Deny
)

// Document is a policy that was read. Safe for concurrent use.
type Document struct{ statements []statement }

// Request is what is asked for. Keys are what conditions and variables may look at (aws:SourceIp); their names are in lower
// case.
type Request struct {
	Action   string
	Resource string
	Keys     map[string][]string
}

type statement struct {
	deny                    bool
	actions, notActions     []string // in lower case
	resources, notResources []string
	conditions              []condition
}

// MaxSize is the largest document that Parse takes, in bytes.
const MaxSize = 64 << 10

// wire is a statement as it is written.
type wire struct {
	Sid          string          `json:"Sid"`
	Effect       string          `json:"Effect"`
	Principal    json.RawMessage `json:"Principal"`
	Action       texts           `json:"Action"`
	NotAction    texts           `json:"NotAction"`
	Resource     texts           `json:"Resource"`
	NotResource  texts           `json:"NotResource"`
	Condition    json.RawMessage `json:"Condition"`
	NotPrincipal json.RawMessage `json:"NotPrincipal"`
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		return errors.New("neither text nor a list of texts")
	}
	*t = many
	return nil
}

// Parse reads a document. What it does not understand is an error: a statement that is not obeyed could be the one that
// denies. The only principal that it knows is everybody: whom else a document is about, its users must tell by where they
// keep it.
func Parse(raw []byte) (*Document, error) {
	list, err := statements(raw)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	for i, w := range list {
		s, err := w.statement()
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}

// statements reads what every kind of policy is made of: one statement, or a list.
func statements(raw []byte) ([]wire, error) {
	if len(raw) > MaxSize {
		return nil, errors.New("the policy is too long")
	}
	if err := unique(raw); err != nil {
		return nil, err
	}
	var doc struct {
		Version   string          `json:"Version"`
		ID        string          `json:"Id"`
		Statement json.RawMessage `json:"Statement"`
	}
	if err := strict(raw, &doc); err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	if doc.Version != "" && doc.Version != "2012-10-17" && doc.Version != "2008-10-17" {
		return nil, fmt.Errorf("policies have no version %q", doc.Version)
	}
	var list []wire
	if trimmed := bytes.TrimSpace(doc.Statement); len(trimmed) > 0 && trimmed[0] == '{' {
		list = make([]wire, 1)
		if err := strict(trimmed, &list[0]); err != nil {
			return nil, fmt.Errorf("read the statement: %w", err)
		}
	} else if err := strict(trimmed, &list); err != nil {
		return nil, fmt.Errorf("read the statements: %w", err)
	}
	return list, nil
}

func (w wire) statement() (s statement, err error) {
	switch w.Effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return s, fmt.Errorf("the effect %q is neither Allow nor Deny", w.Effect)
	}
	if (len(w.Action) == 0) == (len(w.NotAction) == 0) || (len(w.Resource) == 0) == (len(w.NotResource) == 0) {
		return s, errors.New("exactly one of Action and NotAction, and one of Resource and NotResource, must be there")
	}
	if len(w.NotPrincipal) > 0 || !everybody(w.Principal) {
		return s, errors.New("principals other than * are not understood")
	}
	for _, action := range slices.Concat(w.Action, w.NotAction) {
		if strings.Contains(action, "${") {
			return s, fmt.Errorf("the action %q has a variable, which has no meaning there", action)
		}
	}
	for _, resource := range slices.Concat(w.Resource, w.NotResource) {
		if err := checkVariables(resource); err != nil {
			return s, err
		}
	}
	s.actions, s.notActions = lower(w.Action), lower(w.NotAction)
	s.resources, s.notResources = w.Resource, w.NotResource
	s.conditions, err = parseConditions(w.Condition)
	return s, err
}

// everybody reports whether a principal is none, "*" or {"AWS": "*"}.
func everybody(raw json.RawMessage) bool {
	if len(raw) == 0 {
		return true
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one == "*"
	}
	var named struct {
		AWS texts `json:"AWS"`
	}
	return strict(raw, &named) == nil && len(named.AWS) == 1 && named.AWS[0] == "*"
}

// lower is nil for no texts.
func lower(list []string) (out []string) {
	for _, s := range list {
		out = append(out, strings.ToLower(s))
	}
	return out
}

// Evaluate says what the document says of a request: a denial counts more than an allowance.
func (d *Document) Evaluate(r Request) Effect {
	effect := Silent
	for _, s := range d.statements {
		switch {
		case !s.matches(r):
		case s.deny:
			return Deny
		default:
			effect = Allow
		}
	}
	return effect
}

func (s statement) matches(r Request) bool {
	action := strings.ToLower(r.Action)
	if s.actions != nil && !anyMatches(s.actions, action, nil) || s.notActions != nil && anyMatches(s.notActions, action, nil) {
		return false
	}
	if s.resources != nil && !anyMatches(s.resources, r.Resource, r.Keys) || s.notResources != nil && anyMatches(s.notResources, r.Resource, r.Keys) {
		return false
	}
	for _, c := range s.conditions {
		if !c.holds(r.Keys) {
			return false
		}
	}
	return s.deny || s.resolved(r.Keys)
}

// resolved reports whether all variables of what is negated have a value. Without one nothing is like it, so that the negation
// holds for everything; and by that a statement lets nobody in.
func (s statement) resolved(keys map[string][]string) bool {
	for _, p := range s.notResources {
		if _, ok := compile(p, keys); !ok {
			return false
		}
	}
	for _, c := range s.conditions {
		for _, w := range c.wanted {
			if _, ok := compile(w, keys); c.not && !ok {
				return false
			}
		}
	}
	return true
}

func anyMatches(patterns []string, s string, keys map[string][]string) bool {
	for _, p := range patterns {
		if pattern, ok := compile(p, keys); ok && pattern.match(s) {
			return true
		}
	}
	return false
}
