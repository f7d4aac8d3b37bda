package cerbos

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"google.golang.org/protobuf/proto"
)

// What the pinned engine decides wrongly, and where that is told. Each is refused when policies are loaded, since a
// wrong decision is worse than none; lint_test.go shows the engine still wrong, and fails when a newer one is not.
const (
	mixedLink   = "https://github.com/cerbos/cerbos/issues/3382"
	specialLink = "https://docs.cerbos.dev/cerbos/latest/releases/v0.56.0.html"
	clashLink   = "https://docs.cerbos.dev/cerbos/latest/releases/v0.57.0.html"
)

type rows = []*runtimev1.RuleTable_RuleRow

// lint finds the rules that must not be left to the engine.
func lint(rules rows) error {
	found := slices.Concat(mixedPermissions(rules), lostNames(rules), clashes(rules))
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	return errors.New(strings.Join(slices.Compact(found), "\n"))
}

// mixedPermissions: the engine keeps one scopePermissions per scope, whichever it happens to read last.
func mixedPermissions(rules rows) (found []string) {
	first := map[string]*runtimev1.RuleTable_RuleRow{}
	for _, r := range rules {
		if r.GetFromRolePolicy() {
			continue // role policies have none
		}
		other := first[r.GetScope()]
		switch {
		case other == nil:
			first[r.GetScope()] = r
		case other.GetScopePermissions() != r.GetScopePermissions():
			a, b := ordered(name(other), name(r))
			found = append(found, fmt.Sprintf("scope %q: %s and %s differ in scopePermissions; all policies of a scope must have the same, or the engine picks one at random (%s)",
				r.GetScope(), a, b, mixedLink))
		}
	}
	return found
}

// special are the characters that the engine replaces in the kind of a request, but not in these patterns.
const special = "@-/:"

// plainName is a name whose special characters the engine does replace.
var plainName = regexp.MustCompile(`^[[:alpha:]][[:word:]@.\-/]*(:[[:alpha:]][[:word:]@.\-/]*)*$`)

// lostNames: a role policy's resource, or a principal policy's resource pattern, with such a character never matches.
// For a role that denies what should be allowed; for a principal it also loses denials.
func lostNames(rules rows) (found []string) {
	for _, r := range rules {
		resource := r.GetResource()
		pattern := strings.ContainsAny(resource, "*?[{")
		lost := strings.ContainsAny(resource, special) && (pattern || plainName.MatchString(resource))
		if lost && (r.GetFromRolePolicy() || r.GetPolicyKind() == policyv1.Kind_KIND_PRINCIPAL) {
			found = append(found, fmt.Sprintf("%s: resource %q never matches, because of one of %q in it; name the kinds one by one in a principal policy, and use letters, digits, _ and . only in a role policy (%s)",
				name(r), resource, special, specialLink))
		}
	}
	return found
}

// clashes: the engine remembers each rule's condition under a key that different rules may share. The first one
// evaluated then answers for the other.
func clashes(rules rows) (found []string) {
	sharing := map[ruleKey]rows{}
	for _, r := range rules {
		if r.GetEvaluationKeyTuple() == nil || harmless(r) {
			continue
		}
		key := keyOf(r.GetEvaluationKeyTuple())
		if !slices.ContainsFunc(sharing[key], func(o *runtimev1.RuleTable_RuleRow) bool { return sameRule(o, r) }) {
			sharing[key] = append(sharing[key], r)
		}
	}
	for _, group := range sharing {
		for i, a := range group {
			for _, b := range group[i+1:] {
				if mayOverlap(a.GetResource(), b.GetResource()) {
					found = append(found, clash(a, b))
				}
			}
		}
	}
	return found
}

func clash(a, b *runtimev1.RuleTable_RuleRow) string {
	x, y := ordered(fmt.Sprintf("%q", a.GetResource()), fmt.Sprintf("%q", b.GetResource()))
	if a.GetFromRolePolicy() {
		return fmt.Sprintf("%s: the resources %s and %s overlap and their rules stand at the same place; the engine takes the condition of one for the other's (%s)",
			name(a), x, y, clashLink)
	}
	return fmt.Sprintf("%s: two rules for %s and %s are both named %s; the engine takes the condition of one for the other's (%s)",
		name(a), x, y, a.GetName(), clashLink)
}

// ruleKey is the engine's key, as a value that can be compared.
type ruleKey struct {
	prefix, principal, resource, role, derivedRole, version, scope, rule string
	index                                                                uint32
}

func keyOf(t *runtimev1.EvaluationKeyTuple) ruleKey {
	return ruleKey{t.GetPrefix(), t.GetPrincipal(), t.GetResource(), t.GetRole(), t.GetDerivedRole(), t.GetVersion(), t.GetScope(), t.GetRuleName(), t.GetRuleId()}
}

// harmless rules leave nothing to remember: an unconditional allowance of a role policy is not evaluated.
func harmless(r *runtimev1.RuleTable_RuleRow) bool {
	return r.GetFromRolePolicy() && r.GetCondition() == nil && r.GetEmitOutput() == nil
}

// sameRule: rows that one rule was spread into, or that answer alike.
func sameRule(a, b *runtimev1.RuleTable_RuleRow) bool {
	if a.GetResource() != b.GetResource() {
		return false
	}
	same := func(x, y proto.Message) bool { return x == y || proto.Equal(x, y) }
	return same(a.GetCondition(), b.GetCondition()) && same(a.GetDerivedRoleCondition(), b.GetDerivedRoleCondition()) &&
		same(a.GetParams(), b.GetParams()) && same(a.GetDerivedRoleParams(), b.GetDerivedRoleParams())
}

// mayOverlap errs towards yes: it compares what stands before the first and after the last wildcard.
func mayOverlap(a, b string) bool {
	const wild = "*?[]{}"
	literalA, literalB := !strings.ContainsAny(a, wild), !strings.ContainsAny(b, wild)
	if literalA && literalB {
		return a == b
	}
	before := func(s string) string { head, _, _ := cutAny(s, wild); return head }
	after := func(s string) string { return s[strings.LastIndexAny(s, wild)+1:] }
	headA, headB, tailA, tailB := before(a), before(b), after(a), after(b)
	if literalA {
		headA, tailA = a, a
	}
	if literalB {
		headB, tailB = b, b
	}
	return (strings.HasPrefix(headA, headB) || strings.HasPrefix(headB, headA)) &&
		(strings.HasSuffix(tailA, tailB) || strings.HasSuffix(tailB, tailA))
}

func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func name(r *runtimev1.RuleTable_RuleRow) string {
	return strings.TrimPrefix(r.GetOriginFqn(), "cerbos.")
}

func ordered(a, b string) (string, string) { return min(a, b), max(a, b) }
