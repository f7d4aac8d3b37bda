package permission

import (
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/policy/cedar"
)

// Thing is a kind of thing of the room, as errors call it.
type Thing string

// The kinds.
const (
	StoreThing    Thing = "POLICY_STORE"
	PolicyThing   Thing = "POLICY"
	TemplateThing Thing = "POLICY_TEMPLATE"
	SchemaThing   Thing = "SCHEMA"
	SourceThing   Thing = "IDENTITY_SOURCE"
	AliasThing    Thing = "POLICY_STORE_ALIAS"
)

// Error is a fault that says which thing it is about, or which members of the request are wrong.
type Error struct {
	*fault.Fault
	Thing  Thing
	ID     string
	Fields []Field
}

// Unwrap gives the fault.
func (e *Error) Unwrap() error { return e.Fault }

// Field is a member of a request, as a path, and what is wrong with it.
type Field struct{ Path, Text string }

func (t Thing) words() string { return strings.ReplaceAll(strings.ToLower(string(t)), "_", " ") }

func missing(thing Thing, id string) error {
	text := thing.words() + " " + id + " does not exist."
	return &Error{Fault: fault.Missingf("%s", strings.ToUpper(text[:1])+text[1:]), Thing: thing, ID: id}
}

func conflict(thing Thing, id, text string) error {
	return &Error{Fault: fault.Newf(fault.Exists, "", "%s", text), Thing: thing, ID: id}
}

func limited(thing Thing, id, text string) error {
	return &Error{Fault: fault.Limitedf("%s", text), Thing: thing, ID: id}
}

// invalidInput is what AWS says before it lists what is wrong.
const invalidInput = "Invalid input"

func invalid(path, text string) error {
	return &Error{Fault: fault.Invalidf(invalidInput), Fields: []Field{{path, text}}}
}

// wrong turns what is wrong with a policy into an error; nil: nothing is.
func wrong(path string, problems []cedar.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	e := &Error{Fault: fault.Invalidf(invalidInput)}
	for _, p := range problems[:min(len(problems), 20)] {
		text := p.Text
		if p.Reason != "" {
			text = p.Reason + ": " + text
		}
		e.Fields = append(e.Fields, Field{path, text})
	}
	return e
}
