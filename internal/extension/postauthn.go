package extension

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Step is the step of a sign-in at which a script changes what is known of the person.
type Step struct{ Scripts *Scripts }

// Name is the step's in traces.
func (Step) Name() string { return "script" }

// Take runs the script of the connection, or the workspace's, if there is one. A script that fails ends the sign-in with
// access_denied, or changes nothing where its point says continue.
func (s Step) Take(ctx context.Context, l *journey.Login) (string, error) {
	p, x, err := s.Scripts.at(ctx, l.WorkspaceID, PostAuthn, l.ConnectionID)
	if p == nil || err != nil {
		return "", err
	}
	w, err := s.Scripts.Workspaces.Get(ctx, l.WorkspaceID)
	if err != nil {
		return "", err
	}
	o, err := s.Scripts.execute(ctx, p, x, inputOf(l), l.TraceID)
	if err != nil {
		return "", err
	}
	var change Change
	if o.Caught == "" {
		change, err = ReadChange(o.Output)
	} else {
		err = errors.New(o.Caught)
	}
	if err != nil {
		l.Note(mapping.Line{Step: "script", From: x.Name, Outcome: mapping.LeftOut, Reason: err.Error()})
		if p.Failure == Continue {
			return "", nil
		}
		return "", &journey.Refusal{Code: "access_denied", Text: "a script of the workspace did not let the sign-in pass"}
	}
	change.Apply(l, w.Context.Attributes, "script", x.Name)
	return "", nil
}

// inputOf is the context of a script after a sign-in.
func inputOf(l *journey.Login) map[string]any {
	query := map[string][]string(l.Query)
	return map[string]any{
		"authn_ctx": l.Context, "authn_context": l.Context, "amr": orEmpty(l.AMR), "acr": l.ACR, "idp_sub": l.IDPSubject, "idp_id": l.ConnectionID,
		"request": map[string]any{"headers": map[string][]string{"User-Agent": {l.Visitor.Agent}}, "query_params": query},
		"client": map[string]any{
			"client_id": l.ClientID, "client_name": l.Client.Name, "logo_uri": l.Client.LogoURI, "policy_uri": l.Client.PolicyURI,
			"tos_uri": l.Client.TermsURI, "trusted": l.Client.Trusted,
		},
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Change is what a script or a custom application makes of a sign-in. What it does not name stays.
type Change struct {
	Context    map[string]any `json:"authn_ctx"`
	AMR        []string       `json:"amr"`
	ACR        *string        `json:"acr"`
	IDPSubject *string        `json:"idp_sub"`
}

// ReadChange reads the answer of a script. Nothing at all is no change; what is of another type is an error.
func ReadChange(output json.RawMessage) (Change, error) {
	var c Change
	if len(output) == 0 || string(output) == "null" {
		return c, nil
	}
	var in struct {
		Change
		Long map[string]any `json:"authn_context"`
	}
	if err := mapping.Read(output, &in); err != nil {
		return c, errors.New("TypeError: the script must give an object with authn_ctx (an object), amr (a list of texts), acr and idp_sub (texts)")
	}
	c = in.Change
	if c.Context == nil {
		c.Context = in.Long
	}
	if oddAMR(c.AMR) {
		return Change{}, fmt.Errorf("TypeError: amr has more than %d values, or one of 0 or more than 64 characters", maxAMR)
	}
	if tooLong(c.ACR) || tooLong(c.IDPSubject) {
		return Change{}, errors.New("TypeError: acr or idp_sub has more than 256 characters")
	}
	return c, nil
}

const maxAMR = 20

func oddAMR(list []string) bool {
	return len(list) > maxAMR || slices.ContainsFunc(list, func(m string) bool { return m == "" || len(m) > 64 })
}

func tooLong(text *string) bool { return text != nil && len(*text) > 256 }

// Apply makes the change: attributes of the schema that have its type, and nothing else. The trace tells by whom, and what was left
// out.
func (c Change) Apply(l *journey.Login, schema []mapping.Attribute, step, by string) {
	context := maps.Clone(l.Context)
	if context == nil {
		context = map[string]any{}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Context)) {
		line := mapping.Line{Step: step, From: by, To: name, Outcome: mapping.Set}
		before, had := context[name]
		value, err := fit(schema, name, c.Context[name])
		switch {
		case err != nil:
			line.Outcome, line.Reason = mapping.LeftOut, err.Error()
		case same(before, value):
			continue // it gave back what it was given
		case value == nil:
			delete(context, name)
			line.Changed = had
		default:
			context[name] = value
			line.Value, line.Changed = value, had
		}
		l.Note(line)
	}
	l.Context = context
	if c.AMR != nil {
		l.AMR = c.AMR
		l.Note(mapping.Line{Step: step, From: by, To: "amr", Outcome: mapping.Set, Value: c.AMR})
	}
	if c.ACR != nil && *c.ACR != l.ACR {
		l.ACR = *c.ACR
		l.Note(mapping.Line{Step: step, From: by, To: "acr", Outcome: mapping.Set, Value: *c.ACR})
	}
	if c.IDPSubject != nil && *c.IDPSubject != l.IDPSubject {
		l.IDPSubject = *c.IDPSubject
		l.Note(mapping.Line{Step: step, From: by, To: "idp_sub", Outcome: mapping.Set, Value: *c.IDPSubject})
	}
}

// fit gives a value that an attribute can have; nil takes the attribute away.
func fit(schema []mapping.Attribute, name string, value any) (any, error) {
	at := slices.IndexFunc(schema, func(a mapping.Attribute) bool { return a.Name == name })
	if at < 0 {
		return nil, errors.New("the authentication context has no such attribute")
	}
	if value == nil {
		return nil, nil
	}
	return mapping.Decode(value, schema[at].Type, false)
}

// same compares values as JSON has them.
func same(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

var _ journey.Step = Step{}
