// Package cedar decides by policies that are written in Cedar, of which it knows policies, templates, schemas and the JSON
// of entities and contexts. It stands on cedar-go, which nobody else imports, and adds what that lacks: templates, an
// index of policies, JSON that is read by the schema. Where policies are kept and whose tokens stand for whom is permission's.
package cedar

import (
	"fmt"
	"regexp"
	"strings"

	cedargo "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// The values of Cedar. A UID names an entity: Type::"ID".
type (
	UID    = types.EntityUID
	Type   = types.EntityType
	Value  = types.Value
	Record = types.Record
	Fields = types.RecordMap
	Key    = types.String
	String = types.String
	Long   = types.Long
	Bool   = types.Boolean
	Entity = types.Entity
)

// Entities are what a decision knows of entities besides their names.
type Entities = types.EntityMap

// NewRecord makes a record of fields.
func NewRecord(f Fields) Record { return types.NewRecord(f) }

// SetOf makes a set of values.
func SetOf(values ...Value) Value { return types.NewSet(values...) }

// NewParents makes the parents of an entity.
func NewParents(p ...UID) types.EntityUIDSet { return types.NewEntityUIDSet(p...) }

// NewUID makes the name of an entity.
func NewUID(kind, id string) UID { return types.NewEntityUID(Type(kind), String(id)) }

// The extension types that are written as text.
const (
	IP       = "ip"
	Decimal  = "decimal"
	Datetime = "datetime"
	Duration = "duration"
)

// Extension reads a value of an extension type, by the name of its constructor.
func Extension(constructor, text string) (Value, error) {
	switch constructor {
	case IP:
		return parsed(types.ParseIPAddr(text))
	case Decimal:
		if strings.HasPrefix(text, plus) {
			return nil, fmt.Errorf("%q is no decimal number: it begins with a sign that none has", text)
		}
		return parsed(types.ParseDecimal(text))
	case Datetime:
		return parsed(types.ParseDatetime(text))
	case Duration:
		return parsed(types.ParseDuration(text))
	}
	return nil, fmt.Errorf("%q is no extension function that makes a value of one text", constructor)
}

// plus is a sign that numbers do not have in Cedar. cedar-go reads decimal("+1.0") all the same, and by that a condition could hold that
// is an error elsewhere.
// https://docs.cedarpolicy.com/policies/syntax-datatypes.html#datatype-decimal
const plus = "+"

// unsign makes an error of each decimal number of a policy that is written with a plus, and tells whether there was one. What a
// condition puts together when it is evaluated stays: strict policies have no such thing.
func unsign(tree *ast.Policy) (found bool) {
	for _, c := range tree.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			call, ok := n.(ast.NodeTypeExtensionCall)
			if !ok || call.Name != Decimal || len(call.Args) != 1 {
				return true
			}
			if v, ok := call.Args[0].(ast.NodeValue); ok {
				if text, ok := v.Value.(String); ok && strings.HasPrefix(string(text), plus) {
					call.Args[0], found = ast.NodeValue{Value: " " + text}, true // which is no number to cedar-go either
				}
			}
			return true
		})
	}
	return found
}

func parsed[V Value](v V, err error) (Value, error) { return v, err }

// path is the form of the name of an entity type.
var path = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*(::[_a-zA-Z][_a-zA-Z0-9]*)*$`)

// IsType reports whether a text can be the name of an entity type.
func IsType(s string) bool { return path.MatchString(s) && !strings.Contains(s, "__cedar") }

// Effect is what a policy does.
type Effect string

// The effects.
const (
	Permit Effect = "Permit"
	Forbid Effect = "Forbid"
)

// Policy is one parsed policy. It does not change and may be shared.
type Policy struct {
	Effect    Effect
	Principal *UID  // that the scope compares with (==, in); nil: none
	Resource  *UID  // likewise
	Actions   []UID // likewise

	compiled *cedargo.Policy
	tree     *ast.Policy
}

// SyntaxError is a text that is no policy, template or schema. Its text is for whoever wrote that.
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

func syntaxf(format string, args ...any) error { return &SyntaxError{fmt.Sprintf(format, args...)} }

// ParsePolicy reads the text of one policy. Errors are SyntaxErrors.
func ParsePolicy(text string) (*Policy, error) {
	ready, err := rewrite(text, func(slot string) (string, error) {
		return "", syntaxf("%s: only a policy template has slots", slot)
	})
	if err != nil {
		return nil, err
	}
	return parse(ready)
}

// parse reads the text of one policy that has no slots.
func parse(text string) (*Policy, error) {
	list, err := cedargo.NewPolicyListFromBytes("", []byte(text))
	if err != nil {
		return nil, syntaxf("%v", err)
	}
	if len(list) != 1 {
		return nil, syntaxf("a statement is one policy; this has %d", len(list))
	}
	p := &Policy{compiled: list[0], tree: (*ast.Policy)(list[0].AST()), Effect: Permit}
	if unsign(p.tree) {
		p.compiled = cedargo.NewPolicyFromAST(list[0].AST())
	}
	if list[0].Effect() == cedargo.Forbid {
		p.Effect = Forbid
	}
	p.Principal, p.Resource, p.Actions = entityOf(p.tree.Principal), entityOf(p.tree.Resource), actionsOf(p.tree.Action)
	return p, nil
}

// entityOf is the entity that a clause of the scope compares with.
func entityOf(clause ast.IsScopeNode) *UID {
	switch c := clause.(type) {
	case ast.ScopeTypeEq:
		return &c.Entity
	case ast.ScopeTypeIn:
		return &c.Entity
	case ast.ScopeTypeIsIn:
		return &c.Entity
	}
	return nil
}

func actionsOf(clause ast.IsScopeNode) []UID {
	if set, ok := clause.(ast.ScopeTypeInSet); ok {
		return set.Entities
	}
	if one := entityOf(clause); one != nil {
		return []UID{*one}
	}
	return nil
}

// unconstrained reports that a clause of the scope lets anything pass.
func unconstrained(clause ast.IsScopeNode) bool {
	_, all := clause.(ast.ScopeTypeAll)
	return all
}

// Same says what of effect, principal and resource two policies differ in; empty: in nothing of these.
func (p *Policy) Same(q *Policy) (differs string) {
	switch {
	case p.Effect != q.Effect:
		return "effect"
	case p.tree.Principal != q.tree.Principal:
		return "principal"
	case p.tree.Resource != q.tree.Resource:
		return "resource"
	}
	return ""
}
