package cerbos_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// A plan that lets through what a check denies shows people rows that they may not see. The releases after the pinned
// one mend such plans; here they are looked for: random policies, and for each plan every resource it could be about.
func TestNoPlanIsWiderThanChecks(t *testing.T) {
	t.Parallel()
	sets := 100
	if testing.Short() {
		sets = 20
	}
	r := rand.New(rand.NewPCG(2026, 1128))
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	plans, refused := 0, 0
	for n := range sets {
		files := randomPolicies(r)
		d, err := engine.Compile(t.Context(), files)
		if err != nil {
			continue // the lint refuses some
		}
		for range 6 {
			roles, scope := pick(r, []string{"user"}, []string{"admin"}, []string{"user", "admin"}, []string{"clerk"}, []string{"clerk", "user"}), pick(r, "", "acme")
			actions := pick(r, []string{"read"}, []string{"read", "write"})
			p := &enginev1.Principal{Id: pick(r, "alice", "bob"), Roles: roles}
			plan, err := d.Plan(t.Context(), &enginev1.PlanResourcesInput{Actions: actions, Principal: p, Resource: &enginev1.PlanResourcesInput_Resource{Kind: "doc", Scope: scope}})
			if fault.Is(err, fault.Precondition, "") {
				refused++
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			plans++
			for x := range 3 {
				for y := range 3 {
					attr := map[string]*structpb.Value{"x": structpb.NewNumberValue(float64(x)), "y": structpb.NewNumberValue(float64(y))}
					out, err := d.Check(t.Context(), []*enginev1.CheckInput{{Actions: actions, Principal: p, Resource: &enginev1.Resource{Kind: "doc", Id: "1", Scope: scope, Attr: attr}}})
					if err != nil {
						t.Fatal(err)
					}
					allowed := true
					for _, a := range actions {
						allowed = allowed && out[0].GetActions()[a].GetEffect() == effectv1.Effect_EFFECT_ALLOW
					}
					if planned := passes(t, plan.GetFilter(), attr); planned && !allowed {
						t.Fatalf("set %d, %v of %v with roles %v in scope %q, x=%d y=%d: the plan says %v, the check %v\n%s\n%s",
							n, actions, p.GetId(), roles, scope, x, y, planned, allowed, plan.GetFilter(), text(files))
					}
				}
			}
		}
	}
	t.Log(plans, "plans,", refused, "refused")
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomPolicies(r *rand.Rand) fstest.MapFS {
	files := fstest.MapFS{}
	put := func(text string) {
		files[fmt.Sprintf("%d.yaml", len(files))] = &fstest.MapFile{Data: []byte("apiVersion: api.cerbos.dev/v1\n" + text)}
	}
	condition := func() string {
		return pick(r, "", "", ", condition: {match: {expr: R.attr.x == 1}}", ", condition: {match: {expr: R.attr.y != 2}}",
			", condition: {match: {none: {of: [{expr: R.attr.x == 0}]}}}", ", condition: {match: {any: {of: [{expr: R.attr.x == 2}, {expr: R.attr.y == 0}]}}}")
	}
	denyOnly := r.IntN(4) == 0
	rules := func() string {
		var b strings.Builder
		for i := range 1 + r.IntN(3) {
			effect := pick(r, "EFFECT_ALLOW", "EFFECT_ALLOW", "EFFECT_DENY")
			if denyOnly {
				effect = "EFFECT_DENY"
			}
			fmt.Fprintf(&b, "    - {name: r%d, actions: [%s], effect: %s, roles: [%s]%s}\n", i, pick(r, "read", "write", "'*'"), effect, pick(r, "user", "admin", "'*'"), condition())
		}
		return b.String()
	}
	put("resourcePolicy:\n  resource: doc\n  version: default\n  rules:\n" + rules())
	if r.IntN(2) == 0 {
		denyOnly = r.IntN(4) == 0
		consent := pick(r, "", "  scopePermissions: SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS\n")
		put("resourcePolicy:\n  resource: doc\n  version: default\n  scope: acme\n" + consent + "  rules:\n" + rules())
	}
	if r.IntN(3) == 0 {
		put(fmt.Sprintf("rolePolicy:\n  role: clerk\n  version: default\n  scope: %s\n  parentRoles: [user]\n  rules:\n    - {resource: doc, allowActions: [read]%s}\n", pick(r, "''", "acme"), condition()))
	}
	if r.IntN(4) == 0 {
		put(fmt.Sprintf("principalPolicy:\n  principal: bob\n  version: default\n  rules:\n    - resource: doc\n      actions: [{action: read, effect: %s%s}]\n", pick(r, "EFFECT_ALLOW", "EFFECT_DENY"), condition()))
	}
	return files
}

func text(files fstest.MapFS) string {
	var b strings.Builder
	for _, f := range files {
		b.Write(f.Data)
		b.WriteString("---\n")
	}
	return b.String()
}

// passes evaluates a filter as a database would.
func passes(t *testing.T, f *enginev1.PlanResourcesFilter, attr map[string]*structpb.Value) bool {
	t.Helper()
	switch f.GetKind() {
	case enginev1.PlanResourcesFilter_KIND_ALWAYS_ALLOWED:
		return true
	case enginev1.PlanResourcesFilter_KIND_CONDITIONAL:
		return value(t, f.GetCondition(), attr).GetBoolValue()
	}
	return false
}

func value(t *testing.T, o *enginev1.PlanResourcesFilter_Expression_Operand, attr map[string]*structpb.Value) *structpb.Value {
	t.Helper()
	if o.GetVariable() != "" {
		return attr[strings.TrimPrefix(o.GetVariable(), "request.resource.attr.")]
	}
	if o.GetExpression() == nil {
		return o.GetValue()
	}
	var of []*structpb.Value
	for _, one := range o.GetExpression().GetOperands() {
		of = append(of, value(t, one, attr))
	}
	result := false
	switch o.GetExpression().GetOperator() {
	case "eq":
		result = of[0].AsInterface() == of[1].AsInterface()
	case "ne":
		result = of[0].AsInterface() != of[1].AsInterface()
	case "not":
		result = !of[0].GetBoolValue()
	case "and":
		result = true
		for _, v := range of {
			result = result && v.GetBoolValue()
		}
	case "or":
		for _, v := range of {
			result = result || v.GetBoolValue()
		}
	default:
		t.Fatalf("unknown operator %s", o.GetExpression().GetOperator())
	}
	return structpb.NewBoolValue(result)
}
