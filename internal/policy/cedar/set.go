package cedar

import (
	"iter"
	"slices"
	"strings"

	cedargo "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// Request is one question: may this principal do this to that resource, in this context?
type Request struct {
	Principal, Action, Resource UID
	Context                     Record
	Entities                    Entities
}

// Decision is the answer. Policies are the ids of those that decided, sorted: the forbidding ones, or else the permitting ones.
type Decision struct {
	Allowed  bool
	Policies []string
	Errors   []EvaluationError
}

// EvaluationError is a policy that could not be evaluated and so did not count.
type EvaluationError struct{ Policy, Text string }

// Set is many policies, found by what their scopes compare with. It does not change and may be shared.
type Set struct {
	schema *Schema
	all    int
	// Each policy stands in one place: under its principal, else under its resource, else under each of its actions, else among the rest.
	principal, resource, action map[UID][]entry
	rest                        []entry
}

type entry struct {
	id     types.PolicyID
	policy *cedargo.Policy
}

// NewSet makes a set of policies by id. The schema, which may be nil, knows the groups of actions.
func NewSet(policies map[string]*Policy, schema *Schema) *Set {
	s := &Set{
		schema: schema, all: len(policies),
		principal: map[UID][]entry{}, resource: map[UID][]entry{}, action: map[UID][]entry{},
	}
	for id, p := range policies {
		e := entry{types.PolicyID(id), p.compiled}
		switch {
		case p.Principal != nil:
			s.principal[*p.Principal] = append(s.principal[*p.Principal], e)
		case p.Resource != nil:
			s.resource[*p.Resource] = append(s.resource[*p.Resource], e)
		case !unconstrained(p.tree.Action):
			for _, a := range distinct(p.tree.Action) {
				s.action[a] = append(s.action[a], e)
			}
		default:
			s.rest = append(s.rest, e)
		}
	}
	return s
}

func distinct(clause ast.IsActionScopeNode) []UID {
	var list []UID
	for _, a := range actionsOf(clause) {
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// Len is how many policies there are.
func (s *Set) Len() int { return s.all }

// Decide answers a request. No policy that permits, or one that forbids, is a denial.
func (s *Set) Decide(r Request) Decision {
	k := known{r.Entities, s.schema}
	decided, why := cedargo.Authorize(s.candidates(k, r), k, types.Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Context: r.Context})
	d := Decision{Allowed: decided == cedargo.Allow, Policies: make([]string, len(why.Reasons))}
	for i, reason := range why.Reasons {
		d.Policies[i] = string(reason.PolicyID)
	}
	slices.Sort(d.Policies)
	d.Policies = slices.Compact(d.Policies)
	for _, e := range why.Errors {
		d.Errors = append(d.Errors, EvaluationError{string(e.PolicyID), e.Message})
	}
	slices.SortFunc(d.Errors, func(a, b EvaluationError) int { return strings.Compare(a.Policy, b.Policy) })
	d.Errors = slices.Compact(d.Errors)
	return d
}

// candidates are the policies whose scope may match. A scope that does not match is no error and no reason, so nobody misses the
// others.
func (s *Set) candidates(k known, r Request) candidates {
	return func(yield func(types.PolicyID, *cedargo.Policy) bool) {
		each := func(list []entry) bool {
			for _, e := range list {
				if !yield(e.id, e.policy) {
					return false
				}
			}
			return true
		}
		for _, by := range []struct {
			index map[UID][]entry
			uid   UID
		}{{s.principal, r.Principal}, {s.resource, r.Resource}, {s.action, r.Action}} {
			if len(by.index) == 0 {
				continue
			}
			for _, uid := range k.ancestry(by.uid) {
				if !each(by.index[uid]) {
					return
				}
			}
		}
		each(s.rest)
	}
}

type candidates iter.Seq2[types.PolicyID, *cedargo.Policy]

// All is cedar-go's PolicyIterator.
func (c candidates) All() iter.Seq2[types.PolicyID, *cedargo.Policy] {
	return iter.Seq2[types.PolicyID, *cedargo.Policy](c)
}

// known are the entities of a request, and the actions of the schema: what a caller says of those does not count.
type known struct {
	given  Entities
	schema *Schema
}

// Get is cedar-go's EntityGetter.
func (k known) Get(uid UID) (Entity, bool) {
	if k.schema != nil {
		if e, ok := k.schema.actions[uid]; ok {
			return e, true
		}
	}
	e, ok := k.given[uid]
	return e, ok
}

// ancestry is an entity and all that it is in.
func (k known) ancestry(uid UID) []UID {
	list := []UID{uid}
	var seen map[UID]bool // callers choose how many there are
	for i := 0; i < len(list); i++ {
		e, ok := k.Get(list[i])
		if !ok || e.Parents.Len() == 0 {
			continue
		}
		if seen == nil {
			seen = map[UID]bool{uid: true}
		}
		for p := range e.Parents.All() {
			if !seen[p] {
				seen[p], list = true, append(list, p)
			}
		}
	}
	return list
}

var (
	_ cedargo.PolicyIterator = candidates(nil)
	_ types.EntityGetter     = known{}
)
