package cerbos

import (
	"maps"
	"regexp"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cognate.dev/cognate/internal/fault"
)

// doubts are the plans that the pinned engine is known to make too wide: it ignores the precedence of principal
// policies, and takes has() of anything it does not know yet for true. A filter that lets too much through shows
// people rows they may not see, so such a plan is refused; single checks of the same policies are right.
// https://docs.cerbos.dev/cerbos/latest/releases/v0.56.0.html and v0.57.0.html
type doubts struct {
	principals map[string]struct{} // with a policy of their own
	kinds      map[string]struct{} // whose rules use has(), under the engine's spelling
	everyKind  bool                // a role policy uses has()
}

// unplannable finds them. Mayhap says whether a text of the table may use has(); looking closely takes a while.
func unplannable(table *runtimev1.RuleTable, mayhap bool) doubts {
	d := doubts{principals: map[string]struct{}{}, kinds: map[string]struct{}{}}
	for _, r := range table.GetRules() {
		switch {
		case r.GetPolicyKind() == policyv1.Kind_KIND_PRINCIPAL:
			d.principals[r.GetPrincipal()] = struct{}{}
		case !mayhap || d.known(r) || !guesses(r):
		case r.GetFromRolePolicy():
			d.everyKind = true
		default:
			d.kinds[r.GetResource()] = struct{}{}
		}
	}
	for id, roles := range table.GetPolicyDerivedRoles() { // a plan works out those of the kind alone
		if mayhap && guesses(roles) {
			d.kinds[table.GetMeta()[id].GetResource()] = struct{}{}
		}
	}
	return d
}

func (d *doubts) merge(other doubts) {
	maps.Copy(d.principals, other.principals)
	maps.Copy(d.kinds, other.kinds)
	d.everyKind = d.everyKind || other.everyKind
}

// known saves another look at a kind: a policy is spread into many rules.
func (d doubts) known(r *runtimev1.RuleTable_RuleRow) bool {
	_, ok := d.kinds[r.GetResource()]
	return ok || d.everyKind
}

// about refuses an input whose plan may be too wide.
func (d doubts) about(input *enginev1.PlanResourcesInput) error {
	id, kind := input.GetPrincipal().GetId(), input.GetResource().GetKind()
	if _, ok := d.principals[id]; ok {
		return fault.Newf(fault.Precondition, "", "No plan for principal %q: it has a principal policy, whose precedence this version of the policy engine ignores in plans. Check the resources one by one.", id)
	}
	_, ok := d.kinds[spelled(kind)]
	if ok || d.everyKind {
		return fault.Newf(fault.Precondition, "", "No plan for resources of kind %q: their policies use has() on resource attributes, which this version of the policy engine takes for true in plans. Compare the attribute instead, or check the resources one by one.", kind)
	}
	return nil
}

// spelled is how the engine spells a kind in its table.
func spelled(kind string) string {
	if !plainName.MatchString(kind) {
		return kind
	}
	return replaced.ReplaceAllLiteralString(kind, "_")
}

var (
	replaced = regexp.MustCompile(`[^\w.]+`)
	has      = regexp.MustCompile(`\bhas\s*\(`)
	hasSure  = regexp.MustCompile(`\bhas\s*\(\s*(P|request\s*\.\s*principal)\s*\.`) // the principal is known in a plan
)

// guesses reports whether any expression inside m uses has() on something that a plan does not know.
func guesses(m proto.Message) bool {
	return anyText(m.ProtoReflect(), func(expr string) bool {
		return len(has.FindAllString(expr, -1)) > len(hasSure.FindAllString(expr, -1))
	})
}

// anyText looks at every string of a message, at any depth: conditions, variables and constants nest freely.
func anyText(m protoreflect.Message, match func(string) bool) (found bool) {
	look := func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch fd.Kind() {
		case protoreflect.StringKind:
			return match(v.String())
		case protoreflect.MessageKind:
			// A checked expression repeats its source as a large tree.
			return fd.Message().Name() != "CheckedExpr" && anyText(v.Message(), match)
		}
		return false
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap():
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				found = look(fd.MapValue(), v)
				return !found
			})
		case fd.IsList():
			for i := 0; i < v.List().Len() && !found; i++ {
				found = look(fd, v.List().Get(i))
			}
		default:
			found = look(fd, v)
		}
		return !found
	})
	return found
}
