package cedar

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// Schema says which entities, actions and contexts there are. It does not change and may be shared.
type Schema struct {
	Namespaces []string // sorted

	types     *resolved.Schema
	validator *validate.Validator
	actions   Entities // with all their ancestors
}

// ParseSchema reads a schema in JSON: {"Namespace": {"entityTypes": …, "actions": …, "commonTypes": …}}. Errors are
// SyntaxErrors.
// https://docs.cedarpolicy.com/schema/json-schema.html
func ParseSchema(text string) (*Schema, error) {
	var names map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &names); err != nil {
		return nil, syntaxf("the schema is no JSON object: %v", err)
	}
	var parsed schema.Schema
	if err := parsed.UnmarshalJSON([]byte(text)); err != nil {
		return nil, syntaxf("%v", err)
	}
	found, err := parsed.Resolve()
	if err != nil {
		return nil, syntaxf("%v", err)
	}
	closeParents(found)
	return &Schema{
		Namespaces: slices.Sorted(maps.Keys(names)), types: found, validator: validate.New(found, validate.WithStrict()), actions: actionEntities(found),
	}, nil
}

// closeParents gives each entity type all its ancestors as parents: callers may send the whole ancestry of an entity.
func closeParents(s *resolved.Schema) {
	for name, entity := range s.Entities {
		all := slices.Clone(entity.ParentTypes)
		for i := 0; i < len(all); i++ {
			for _, p := range s.Entities[all[i]].ParentTypes {
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
		entity.ParentTypes = all
		s.Entities[name] = entity
	}
}

func actionEntities(s *resolved.Schema) Entities {
	out := make(Entities, len(s.Actions))
	for uid := range s.Actions {
		var all []UID
		for next := []UID{uid}; len(next) > 0; next = next[1:] {
			for p := range s.Actions[next[0]].Entity.Parents.All() {
				if !slices.Contains(all, p) {
					all, next = append(all, p), append(next, p)
				}
			}
		}
		out[uid] = Entity{UID: uid, Parents: NewParents(all...)}
	}
	return out
}

// Problem is what is wrong with a policy by its schema. Reason is one of Verified Permissions' names, empty if none fits.
type Problem struct{ Reason, Text string }

// Check says what is wrong with a policy by the schema, strictly.
func (s *Schema) Check(p *Policy) []Problem { return problems(s.validator.Policy("", p.tree)) }

// CheckTemplate says what is wrong with a template, whatever its slots are filled with.
func (s *Schema) CheckTemplate(t *Template) []Problem { return s.Check(t.open) }

// CheckRequest says why a request does not fit the schema; nil: it does.
func (s *Schema) CheckRequest(r Request) error {
	if err := s.validator.Request(types.Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Context: r.Context}); err != nil {
		return err
	}
	for uid, e := range r.Entities {
		if _, action := s.actions[uid]; action {
			continue // the schema's own counts
		}
		if err := s.validator.Entity(e); err != nil {
			return err
		}
	}
	return nil
}

// Declared keeps those attributes that the schema knows of an entity's type; all, if it does not know the type.
func (s *Schema) Declared(kind Type, attributes Fields) Fields {
	entity, ok := s.types.Entities[kind]
	if !ok {
		return attributes
	}
	return project(attributes, entity.Shape)
}

// DeclaredContext does the same for a record within the context of an action.
func (s *Schema) DeclaredContext(action UID, member Key, fields Fields) Fields {
	found, ok := s.types.Actions[action]
	if !ok || found.AppliesTo == nil {
		return fields
	}
	if record, ok := found.AppliesTo.Context[member].Type.(resolved.RecordType); ok {
		return project(fields, record)
	}
	return fields
}

// project keeps of fields what a type has, at every depth.
func project(fields Fields, shape resolved.RecordType) Fields {
	out := make(Fields, len(fields))
	for name, v := range fields {
		attribute, ok := shape[name]
		if !ok {
			continue
		}
		if inner, is := attribute.Type.(resolved.RecordType); is {
			if record, is := v.(Record); is {
				v = NewRecord(project(record.Map(), inner))
			}
		}
		out[name] = v
	}
	return out
}

// without is a policy that compares with no principal, no resource: what "is T" says of them stays.
func (p *Policy) without(principal, resource bool) *Policy {
	tree := *p.tree
	if principal {
		tree.Principal = ast.ScopeTypeAll{}
		if c, ok := p.tree.Principal.(ast.ScopeTypeIsIn); ok {
			tree.Principal = ast.ScopeTypeIs{Type: c.Type}
		}
	}
	if resource {
		tree.Resource = ast.ScopeTypeAll{}
		if c, ok := p.tree.Resource.(ast.ScopeTypeIsIn); ok {
			tree.Resource = ast.ScopeTypeIs{Type: c.Type}
		}
	}
	out := *p
	out.tree = &tree
	return &out
}

// reasons are the names that Verified Permissions has for what is wrong, by how cedar-go's text of it begins.
// https://docs.aws.amazon.com/verifiedpermissions/latest/apireference/API_ValidationException.html
var reasons = []struct{ begins, reason string }{
	{"unrecognized entity type", "UnrecognizedEntityType"},
	{"unrecognized action", "UnrecognizedActionId"},
	{"unable to find an applicable action", "InvalidActionApplication"},
	{"unexpected type", "UnexpectedType"},
	{"attribute ", "MissingAttribute"},
	{"unable to guarantee safety of access", "UnsafeOptionalAttributeAccess"},
	{"wrong number of arguments", "WrongNumberArguments"},
	{"error during extension function argument validation", "FunctionArgumentValidationError"},
	{"the types ", "IncompatibleTypes"},
}

func problems(err error) (list []Problem) {
	if err == nil {
		return nil
	}
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, one := range many.Unwrap() {
			list = append(list, problems(one)...)
		}
		return list
	}
	p := Problem{Text: err.Error()}
	for _, r := range reasons {
		if strings.HasPrefix(p.Text, r.begins) {
			p.Reason = r.reason
			break
		}
	}
	return []Problem{p}
}
