package pdp

import (
	"fmt"
	"slices"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
)

// check answers POST /api/check/resources: enrich, validate, decide.
func (c *call) check() error {
	req := &requestv1.CheckResourcesRequest{}
	if err := c.decode(req); err != nil {
		return err
	}
	c.event.RequestID, c.event.Resources = req.GetRequestId(), len(req.GetResources())
	if err := withoutTokens(req.GetAuxData()); err != nil {
		return err
	}
	if err := c.enrich(req.GetPrincipal()); err != nil {
		return err
	}
	enriched := c.server.parts.Now()
	if err := c.checkLimits(req); err != nil {
		return err
	}
	outputs, err := c.decide(req)
	if err != nil {
		return err
	}
	c.timing(enriched, c.server.parts.Now())
	c.event.CallID = callID(c.began)
	return c.answer(c.checkResponse(req, outputs))
}

func (c *call) checkLimits(req *requestv1.CheckResourcesRequest) error {
	if err := validate(req); err != nil {
		return err
	}
	if n, most := len(req.GetResources()), c.server.cfg.MaxResources; n > most {
		return refuse(invalidArgument, fmt.Sprintf("number of resources in batch (%d) exceeds configured limit (%d)", n, most))
	}
	for _, entry := range req.GetResources() {
		if n, most := len(entry.GetActions()), c.server.cfg.MaxActions; n > most {
			return refuse(invalidArgument, fmt.Sprintf("number of actions (%d) exceeds configured limit (%d)", n, most))
		}
	}
	return nil
}

func (c *call) decide(req *requestv1.CheckResourcesRequest) ([]*enginev1.CheckOutput, error) {
	inputs := make([]*enginev1.CheckInput, len(req.GetResources()))
	for i, entry := range req.GetResources() {
		inputs[i] = &enginev1.CheckInput{
			RequestId: req.GetRequestId(), Actions: entry.GetActions(), Principal: req.GetPrincipal(), Resource: entry.GetResource(),
		}
	}
	if c.event.Trace.Denied() {
		return denyAll(inputs), nil
	}
	outputs, err := c.server.parts.Decider.Check(c.r.Context(), inputs)
	if err != nil {
		return nil, engineError("Policy check failed", err)
	}
	if len(outputs) != len(inputs) {
		return nil, engineError("Policy check failed", fmt.Errorf("%d outputs for %d inputs", len(outputs), len(inputs)))
	}
	return outputs, nil
}

// missingUser stands where a policy's name would: the id has no user, and that settled it.
const missingUser = "enrichment.missing_user"

func denyAll(inputs []*enginev1.CheckInput) []*enginev1.CheckOutput {
	outputs := make([]*enginev1.CheckOutput, len(inputs))
	for i, in := range inputs {
		actions := make(map[string]*enginev1.CheckOutput_ActionEffect, len(in.GetActions()))
		for _, action := range in.GetActions() {
			actions[action] = &enginev1.CheckOutput_ActionEffect{Effect: effectv1.Effect_EFFECT_DENY, Policy: missingUser}
		}
		outputs[i] = &enginev1.CheckOutput{Actions: actions}
	}
	return outputs
}

func (c *call) checkResponse(req *requestv1.CheckResourcesRequest, outputs []*enginev1.CheckOutput) *responsev1.CheckResourcesResponse {
	res := &responsev1.CheckResourcesResponse{
		RequestId: req.GetRequestId(), CerbosCallId: c.event.CallID,
		Results: make([]*responsev1.CheckResourcesResponse_ResultEntry, len(outputs)),
	}
	for i, out := range outputs {
		r := req.GetResources()[i].GetResource()
		entry := &responsev1.CheckResourcesResponse_ResultEntry{
			Resource: &responsev1.CheckResourcesResponse_ResultEntry_Resource{
				Id: r.GetId(), Kind: r.GetKind(), PolicyVersion: r.GetPolicyVersion(), Scope: r.GetScope(),
			},
			ValidationErrors: out.GetValidationErrors(),
			Actions:          make(map[string]effectv1.Effect, len(out.GetActions())),
			Outputs:          out.GetOutputs(),
		}
		for action, effect := range out.GetActions() {
			entry.Actions[action] = effect.GetEffect()
			if effect.GetEffect() == effectv1.Effect_EFFECT_ALLOW {
				c.event.Allowed++
			} else {
				c.event.Denied++
			}
		}
		if req.GetIncludeMeta() {
			entry.Meta = meta(out)
		}
		res.Results[i] = entry
	}
	return res
}

func meta(out *enginev1.CheckOutput) *responsev1.CheckResourcesResponse_ResultEntry_Meta {
	m := &responsev1.CheckResourcesResponse_ResultEntry_Meta{
		EffectiveDerivedRoles: slices.Sorted(slices.Values(out.GetEffectiveDerivedRoles())),
		Actions:               make(map[string]*responsev1.CheckResourcesResponse_ResultEntry_Meta_EffectMeta, len(out.GetActions())),
	}
	for action, effect := range out.GetActions() {
		m.Actions[action] = &responsev1.CheckResourcesResponse_ResultEntry_Meta_EffectMeta{
			MatchedPolicy: effect.GetPolicy(), MatchedScope: effect.GetScope(),
		}
	}
	return m
}
