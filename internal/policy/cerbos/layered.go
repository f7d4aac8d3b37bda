package cerbos

import (
	"cmp"
	"context"
	"slices"
	"sync"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/cerbos/cerbos/private/ruletable"

	"cognate.dev/cognate/internal/policy"
)

// layered decides with a base and what changed since. Where a principal has a policy, the engine is asked twice: what that
// policy leaves open is for those of resources and roles, which is how the engine goes about it in one table.
type layered struct {
	base    *base
	above   layer
	changed map[string]*piece   // groups above the base; nil: gone
	kinds   map[string]struct{} // of resources, as the engine spells them, that changed
	people  map[string]string   // groups of principals with a policy, by id
	doubts  doubts
	pieces  map[string]*piece

	validates, rejects bool // by schemas

	list    sync.Once
	actions actions // see Actions
}

// Check is policy.Decider's.
func (t *layered) Check(ctx context.Context, inputs []*enginev1.CheckInput) (outputs []*enginev1.CheckOutput, err error) {
	err = guard("check", func() error {
		outputs = make([]*enginev1.CheckOutput, len(inputs))
		for i, in := range inputs {
			if err := ctx.Err(); err != nil {
				return err // nobody waits for the rest
			}
			if outputs[i], err = t.check(ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
	return outputs, err
}

// about gives the table that knows a kind.
func (t *layered) about(kind string) ruletable.Evaluator {
	if len(t.kinds) > 0 {
		if _, ok := t.kinds[spelled(kind)]; ok {
			return t.above.resources.engine
		}
	}
	return t.base.resources.engine
}

func (t *layered) check(ctx context.Context, in *enginev1.CheckInput) (*enginev1.CheckOutput, error) {
	resources := t.about(in.GetResource().GetKind())
	group, special := t.people[in.GetPrincipal().GetId()]
	if !special {
		return one(ctx, resources, in)
	}
	var valid *enginev1.CheckOutput
	if t.validates {
		// Schemas come before all else and are told all actions; a principal without roles is asked nothing more.
		var err error
		if valid, err = one(ctx, resources, asking(in, in.GetActions(), nil)); err != nil || t.rejects && len(valid.GetValidationErrors()) > 0 {
			return valid, err
		}
	}
	principals := t.base.principals.engine
	if _, ok := t.changed[group]; ok {
		principals = t.above.principals.engine
	}
	out, err := one(ctx, principals, in)
	if err != nil {
		return nil, err
	}
	if open := undecided(in.GetActions(), out); len(open) > 0 {
		rest, err := one(ctx, resources, asking(in, open, in.GetPrincipal().GetRoles()))
		if err != nil {
			return nil, err
		}
		complete(out, rest, in.GetActions())
	}
	out.ValidationErrors = valid.GetValidationErrors()
	return out, nil
}

// one decides about one input.
func one(ctx context.Context, engine ruletable.Evaluator, in *enginev1.CheckInput) (*enginev1.CheckOutput, error) {
	outputs, _, err := engine.Check(ctx, []*enginev1.CheckInput{in})
	if err != nil {
		return nil, err
	}
	return outputs[0], nil
}

// asking is a copy of an input, for some of its actions.
func asking(in *enginev1.CheckInput, actions, roles []string) *enginev1.CheckInput {
	p := in.GetPrincipal()
	return &enginev1.CheckInput{
		RequestId: in.GetRequestId(), Resource: in.GetResource(), AuxData: in.GetAuxData(), Actions: actions,
		Principal: &enginev1.Principal{Id: p.GetId(), Roles: roles, Attr: p.GetAttr(), PolicyVersion: p.GetPolicyVersion(), Scope: p.GetScope()},
	}
}

// noMatch is what the engine names as the policy of an action about which no policy says anything.
const noMatch = "NO_MATCH"

// undecided are the actions that a principal's policy leaves open.
func undecided(actions []string, out *enginev1.CheckOutput) (open []string) {
	for _, action := range actions {
		if e := out.GetActions()[action]; e.GetEffect() == effectv1.Effect_EFFECT_DENY && e.GetPolicy() == noMatch {
			open = append(open, action)
		}
	}
	return open
}

// complete adds to an output what was found about the actions that it left open, in the order of all actions.
func complete(out, rest *enginev1.CheckOutput, actions []string) {
	for action, effect := range rest.GetActions() {
		out.Actions[action] = effect
	}
	out.EffectiveDerivedRoles = rest.GetEffectiveDerivedRoles()
	said := slices.Concat(out.GetOutputs(), rest.GetOutputs())
	slices.SortStableFunc(said, func(a, b *enginev1.OutputEntry) int {
		return slices.Index(actions, a.GetAction()) - slices.Index(actions, b.GetAction())
	})
	out.Outputs = said
	errors := slices.Concat(out.GetEvaluationErrors(), rest.GetEvaluationErrors())
	order := func(a, b *enginev1.EvaluationError) int {
		x, y := a.GetCelError(), b.GetCelError()
		return cmp.Or(cmp.Compare(x.GetExpression(), y.GetExpression()), cmp.Compare(x.GetMessage(), y.GetMessage()))
	}
	slices.SortFunc(errors, order)
	out.EvaluationErrors = slices.CompactFunc(errors, func(a, b *enginev1.EvaluationError) bool { return order(a, b) == 0 })
}

// Plan is policy.Decider's. No plan is made for a principal with a policy, so those of resources and roles suffice.
func (t *layered) Plan(ctx context.Context, input *enginev1.PlanResourcesInput) (output *enginev1.PlanResourcesOutput, err error) {
	if err := t.doubts.about(input); err != nil {
		return nil, err
	}
	err = guard("plan", func() error {
		output, _, err = t.about(input.GetResource().GetKind()).Plan(ctx, input)
		return err
	})
	return output, err
}

// Actions is policy.Lister's.
func (t *layered) Actions(kind string) []string {
	t.list.Do(func() {
		t.actions = actions{}
		for _, p := range t.pieces {
			t.actions.merge(p.actions)
		}
	})
	return t.actions.about(kind)
}

var (
	_ policy.Decider = (*layered)(nil)
	_ policy.Lister  = (*layered)(nil)
)
